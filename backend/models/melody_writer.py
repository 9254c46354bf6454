"""The learned melody writer: the bundled model behind the MelodyWriter port, in numpy.

The rhythm, the form, the loop of chords and the manner of playing come from where the rules take them; the pitches are
the model's. Several lines are written side by side, and the one that the computed criteria like best is handed in.
"""
from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from backend.domain.brief import CueBrief
from backend.domain.requests import MelodyRequest
from backend.domain.score import Key, Melody, Note
from backend.domain.tempo import TempoMap
from backend.errors import CompositionError, InputError
from backend.models.melody import DYNAMIC_SIZES, Frame, MelodyTransformer
from backend.models.melody_bend import bent_sampling, controls_of
from backend.models.melody_controls import Wishes, merged
from backend.models.melody_events import (
    HOME,
    NO_CHORD,
    PITCHES,
    SIZES,
    Events,
    Ints,
    chord_class,
    events_of,
    folded,
    home_pitch,
)
from backend.models.melody_span import rewritten_span
from backend.models.melody_theme import heads_of, returned
from backend.models.weights import Weights, bundled, bundled_hash, file_hash, read_weights
from backend.music.criteria import fusion, panel
from backend.music.criteria.features import Piece, beat_length_q, line_of
from backend.music.phrases import Phrase, split_phrases, whole_form
from backend.music.rule_melody.chords import ImpliedHarmony, plan_harmony
from backend.music.rule_melody.finish import note_duration, note_velocity, splice
from backend.music.rule_melody.slots import make_slots
from backend.music.rule_melody.style import Style, make_style
from backend.music.theory import is_minor_like

BUNDLED = "melody"
LINES = 32
"""Lines written side by side; on one core they cost little more than a few."""
NEEDED = frozenset(f"{name}.weight" for name in (*SIZES, *DYNAMIC_SIZES, "pitch_of", "chord_of", "decoder.norm"))
_NOTHING_WISHED = Wishes()


class LearnedMelodyWriter:
    """A note on every spot by the melody model; the same request gives the same melody."""

    name = "melody-model"

    def __init__(self, wishes: Wishes = _NOTHING_WISHED, weights: Path | None = None, lines: int = LINES) -> None:
        """``wishes`` outweigh the brief's emotion; ``weights`` of the user's own instead of the bundled ones; of
        ``lines`` candidates one is handed in: one that passes the computed criteria, whose theme comes back, that
        meets most of them and is surest. Raises InputError for weights that cannot be used."""
        self._wishes, self._file, self._lines = wishes, weights, lines
        self.weights_sha256 = bundled_hash(BUNDLED) if weights is None else file_hash(weights)
        self._loaded: tuple[Weights, MelodyTransformer] | None = None

    def write(self, request: MelodyRequest) -> Melody:
        """With ``keep`` and ``bars`` only the notes that start in those bars are new.

        Raises CompositionError without spots, OptionError for bars the cue does not have or ``bars`` without ``keep``.
        """
        if not request.spots.spots:
            raise CompositionError("There is no rhythm spot to put a note on. Add a hit point or lengthen the cue.")
        span = rewritten_span(request)
        weights, model = self._loaded = self._loaded or self._load()
        draft = _Draft(request, span)
        wishes = merged(request.brief, self._wishes)
        sampling = bent_sampling(weights.card.get("sampler", {}), request.brief, wishes, request.fixes)
        controls = controls_of(request.brief, wishes, draft.home, request.fixes)
        rng = random.Random(f"melody-model/{request.seed}")
        seeds = tuple(rng.getrandbits(48) for _ in range(self._lines))
        frame = draft.frame()
        rated = []
        for tokens in model.write(draft.events, controls, sampling, frame, seeds):
            melody = draft.melody(tokens, self.name)
            passes, met, probability = _liking(melody, request.tempo_map, request.brief)
            theme = returned(tokens, frame.heads) if sampling.theme else 1.0
            rated.append(((passes, theme, met, probability), melody))
        return max(rated, key=lambda pair: pair[0])[1]

    def _load(self) -> tuple[Weights, MelodyTransformer]:
        weights = bundled(BUNDLED) if self._file is None else read_weights(self._file)
        if NEEDED - set(weights.tensors) or "heads" not in weights.card:
            raise InputError(f"'{self._file}' holds no melody model. Train one with: filmcomposer train melody")
        return weights, MelodyTransformer(weights)


class _Draft:
    """A request as the model needs it, and the way back from tokens to a melody."""

    def __init__(self, request: MelodyRequest, span: tuple[Fraction, Fraction] | None) -> None:
        self._request, self._span = request, span
        brief = request.brief
        self._phrases = split_phrases(request.spots, request.tempo_map)
        self._slots = make_slots(request.spots, self._phrases, request.tempo_map)
        self.home = home_pitch(brief.tonic_pc, brief.register_pitch)
        self._style = make_style(brief, request.fixes, random.Random(f"melody/{request.seed}"))
        self.events = events_of(request.spots, request.tempo_map)

    def frame(self) -> Frame:
        low, high = (pitch - self.home + HOME for pitch in (self._style.low, self._style.high))
        last = (0, 3, 7) if is_minor_like(self._request.brief.mode) else (0, 4, 7)
        fixed = _planned_chords(self.events, _harmony(self._request, self._phrases, self._style),
                                self._request.brief.tonic_pc)
        heads = heads_of(self.events, self._request.spots, self._request.tempo_map)
        return Frame(max(0, low), min(PITCHES - 1, high), last, {**fixed, **self._kept()}, heads)

    def _kept(self) -> dict[int, int]:
        """Tokens of the notes outside the span, folded into the model's range: the context of what is rewritten."""
        if self._span is None or self._request.keep is None:
            return {}
        start, end = self._span
        pitch = {note.onset_q: note.pitch for note in self._request.keep.notes if not start <= note.onset_q < end}
        return {event: int(folded(np.array([pitch[onset] - self.home + HOME]))[0])
                for event, (onset, spot) in enumerate(zip(self.events.onsets_q, self.events.spot, strict=True))
                if spot >= 0 and onset in pitch}

    def melody(self, tokens: Ints, made_by: str) -> Melody:
        request, slots = self._request, self._slots
        pitches = tokens[self.events.spot >= 0] - HOME + self.home
        notes = tuple(Note(slot.onset_q, note_duration(slots, i, self._phrases, request.brief.articulation), int(pitch),
                           note_velocity(slot, request.brief))
                      for i, (slot, pitch) in enumerate(zip(slots, pitches, strict=True)))
        if self._span is not None and request.keep is not None:
            notes = splice(request.keep.notes, notes, self._span)
        return Melody(notes, Key(request.brief.tonic_pc, request.brief.mode), request.spots.sections,
                      tuple(phrase.first_bar for phrase in self._phrases), made_by, request.seed)


def _harmony(request: MelodyRequest, phrases: tuple[Phrase, ...], style: Style) -> ImpliedHarmony:
    labels = tuple(section.label for section in whole_form(request.spots, request.tempo_map))
    return plan_harmony(phrases, request.tempo_map, request.brief, style, labels)


def _planned_chords(events: Events, harmony: ImpliedHarmony, tonic_pc: int) -> dict[int, int]:
    """Chord event -> class of the chord that the plan has there."""
    out = {}
    for event, (onset, spot) in enumerate(zip(events.onsets_q, events.spot, strict=True)):
        if spot < 0:
            chord = harmony.at(onset)
            steps = {(pc - chord.root_pc) % 12 for pc in chord.pcs}
            quality = "M" if 3 not in steps else "d" if 6 in steps else "m"
            out[event] = chord_class((chord.root_pc - tonic_pc) % 12, quality) if chord.pcs else NO_CHORD
    return out


def _liking(melody: Melody, tempo_map: TempoMap, brief: CueBrief) -> tuple[bool, float, float]:
    """Whether the computed criteria pass, how many are met, and how surely they pass together."""
    bars = tempo_map.bars
    edges = np.asarray([float(bar.start_q) for bar in bars] + [float(bars[-1].end_q)])
    line = line_of(((float(n.onset_q), float(n.duration_q), n.pitch) for n in melody.notes), "melody")
    piece = Piece((line,), edges, np.asarray([beat_length_q(bar.numerator, bar.denominator) for bar in bars]))
    piece = replace(piece, tempo_qpm=60 * float(edges[-1]) / float(tempo_map.time_s(bars[-1].end_q)))
    criteria = panel.judge(piece, brief)
    fitted = fusion.weights(piece.kind)
    return fusion.passes(criteria, fitted), fusion.count_met(criteria), fusion.probability(criteria, fitted)
