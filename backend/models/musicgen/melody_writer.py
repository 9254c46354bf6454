"""RC-MusicGen behind the MelodyWriter port: the melody sounds under text and rhythm spots, then is written down.

FilmComposer section 3.2: the rhythm spots condition MusicGen, its sound is transcribed. Onsets are the spots by
construction; the sound decides the pitches.
"""
from __future__ import annotations

import logging
import random
import tempfile
from pathlib import Path

from backend.domain.brief import CueBrief
from backend.domain.requests import MelodyRequest
from backend.domain.score import Key, Melody, Note
from backend.domain.transcription import Transcription
from backend.errors import CompositionError, OptionError
from backend.models.melody_span import rewritten_span
from backend.models.transcribe import BasicPitchTranscriber
from backend.models.weights import folder_hash
from backend.music.phrases import split_phrases
from backend.music.rule_melody.finish import note_duration, note_velocity, splice
from backend.music.rule_melody.slots import make_slots
from backend.music.rule_melody.style import make_style

_LOG = logging.getLogger(__name__)
TRIES = 3
"""Sounds made at most when the transcriber does not trust what it hears. By ear."""
_TAIL_S = 0.5


class MusicGenMelodyWriter:
    """``weights``: a folder in transformers' layout, or a name of the hub whose copy lies in its cache.

    Raises OptionError without weights, InputError for weights that cannot be used, MissingExtraError without torch.
    """

    name = "musicgen"

    def __init__(self, weights: str | None = None) -> None:
        if not weights:
            raise OptionError("--melody musicgen needs --weights: the folder of MusicGen's weights, or a name like "
                              "facebook/musicgen-melody that was fetched before.")
        from backend.models.musicgen.loading import LICENCE, LICENCE_LINE, weights_folder
        from backend.models.musicgen.rhythm_musicgen import load_rhythm_musicgen
        folder = weights_folder(weights)
        self.weights_sha256 = folder_hash(folder)
        self._model = load_rhythm_musicgen(folder)
        self._made_by = f"{self.name} ({Path(weights).name}, {LICENCE})"
        self._transcriber = BasicPitchTranscriber()
        _LOG.warning(LICENCE_LINE)

    def write(self, request: MelodyRequest) -> Melody:
        """A note on every spot. With ``keep`` and ``bars`` only the notes that start in those bars are new.

        Raises CompositionError without spots or when nothing sounds, OptionError for bars the cue does not have.
        """
        if not request.spots.spots:
            raise CompositionError("There is no rhythm spot to put a note on. Add a hit point or lengthen the cue.")
        span = rewritten_span(request)
        pitches = _in_range(self._heard(request), request)
        phrases = split_phrases(request.spots, request.tempo_map)
        slots = make_slots(request.spots, phrases, request.tempo_map)
        notes = tuple(Note(slot.onset_q, note_duration(slots, i, phrases, request.brief.articulation), pitches[i],
                           note_velocity(slot, request.brief)) for i, slot in enumerate(slots))
        if span is not None and request.keep is not None:
            notes = splice(request.keep.notes, notes, span)
        return Melody(notes, Key(request.brief.tonic_pc, request.brief.mode), request.spots.sections,
                      tuple(phrase.first_bar for phrase in phrases), self._made_by, request.seed)

    def _heard(self, request: MelodyRequest) -> Transcription:
        """The sound that the transcriber is surest of; it stops at the first one that it trusts."""
        best: Transcription | None = None
        for number in range(TRIES):
            heard = self._one_try(request, request.seed * TRIES + number)
            if best is None or heard.confidence > best.confidence:
                best = heard
            if heard.trusted:
                break
            _LOG.info("musicgen, try %d: %s", number + 1, heard.verdict)
        if best is None or not best.notes:
            raise CompositionError("MusicGen wrote nothing that can be heard as a melody. Take another --seed, or "
                                   "--melody rules.")
        return best

    def _one_try(self, request: MelodyRequest, seed: int) -> Transcription:
        import soundfile

        from backend.models.musicgen.generate import Draw
        from backend.models.musicgen.rhythm_musicgen import Spots
        times = [float(request.tempo_map.time_s(spot.onset_q)) for spot in request.spots.spots]
        last = request.spots.spots[-1]
        end_s = float(request.tempo_map.time_s(last.onset_q + last.duration_q)) + _TAIL_S
        wave = self._model.write(prompt(request.brief), Spots(times, [spot.strength for spot in request.spots.spots]),
                                 end_s, draw=Draw(seed=seed))
        with tempfile.TemporaryDirectory(prefix="filmcomposer-") as folder:
            file = Path(folder) / "melody.wav"
            soundfile.write(file, wave, self._model.companions.sample_rate)
            return self._transcriber.transcribe(file, request.tempo_map, request.spots)


def prompt(brief: CueBrief) -> str:
    """What is asked for in words: one line over nothing else, in the mood and tempo of the brief; behind it what the
    description says of the music."""
    measured = "dark" if brief.valence < -0.2 else "bright" if brief.valence > 0.2 else ""
    mood = brief.emotion.lower() if brief.emotion else measured
    player = brief.core[0].replace("_", " ") if brief.core else "violin"
    words = (mood, "film music", f"solo {player} melody", f"{brief.mode} mode", f"{brief.tempo_qpm:.0f} bpm",
             " ".join(brief.words.split()))
    return ", ".join(word for word in words if word)


def _in_range(heard: Transcription, request: MelodyRequest) -> list[int]:
    """One pitch per spot, brought into the register of the brief by octaves."""
    style = make_style(request.brief, request.fixes, random.Random(f"melody/{request.seed}"))
    return [_folded(note.pitch, style.low, style.high) for note in heard.notes]


def _folded(pitch: int, low: int, high: int) -> int:
    while pitch > high and pitch - 12 >= low:
        pitch -= 12
    while pitch < low and pitch + 12 <= max(high, low + 12):
        pitch += 12
    return pitch
