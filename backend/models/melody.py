"""The melody model at run time: a rhythm and wishes in, several lines at once out.

A causal transformer over the events of backend/models/melody_events.py writes one pitch a spot and one chord a half
bar. What it wrote at the place that a bar looks back to is given to it again: that is how motifs come back.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from backend.models import melody_controls
from backend.models.melody_events import (
    CHORDS,
    HOME,
    INTERVALS,
    METRE_WEIGHTS,
    NO_CHORD,
    NO_INTERVAL,
    NOTE,
    NOTHING,
    PITCHES,
    SIZES,
    TOKENS,
    Events,
    Ints,
    chord_tones,
)
from backend.models.melody_theme import Theme, Wish
from backend.models.transformer import Array, Cache, Stack, linear, softmax
from backend.models.weights import Weights

OCTAVE = 12
DYNAMIC_SIZES = {"before": TOKENS, "recalled": TOKENS, "chord": CHORDS + 1, "note": PITCHES + 1, "turn": INTERVALS}
"""What is known only while writing: the event before, the event looked back to, the chord that holds, the last note,
and the interval by which the recalled note was reached."""


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn. ``copy_bias`` is added to the logit of the recalled pitch and ``sequence`` to that of the
    recalled interval (more thematic); a line takes 1 - ``spread`` to 1 + ``spread`` of both, as some songs repeat more
    than others. ``repeat`` is taken from the logit of the last note, ``scale`` from pitches outside ``mode_pcs``
    (semitones above the tonic, None: free), ``strong`` added to tones of the chord on bar lines (less on weaker places,
    by METRE_WEIGHTS), ``step`` taken per semitone beyond a third. ``theme`` is added to the interval of the head motif
    where the frame has it return, and to a beginning from which it would lie in the harmony."""

    temperature: float = 1.0
    top_p: float = 0.98
    copy_bias: float = 0.0
    sequence: float = 0.0
    spread: float = 0.0
    repeat: float = 0.0
    scale: float = 0.0
    mode_pcs: tuple[int, ...] | None = None
    strong: float = 0.0
    step: float = 0.0
    theme: float = 0.0


@dataclass(frozen=True)
class Frame:
    """What must hold: ``low``/``high`` pitch classes (inclusive), ``last`` the degrees (semitones above the tonic) that
    the last note may have, ``fixed`` tokens by event (kept notes, given chords), ``heads`` the note events of the head
    motif and then of every return of it."""

    low: int = 0
    high: int = PITCHES - 1
    last: tuple[int, ...] | None = None
    fixed: Mapping[int, int] = field(default_factory=dict)
    heads: tuple[tuple[int, ...], ...] = ()


class MelodyTransformer:
    """Weights of a trained melody model, ready to write."""

    def __init__(self, weights: Weights) -> None:
        self._tensors = weights.tensors
        self._stack = Stack(self._tensors, "decoder", int(weights.card["heads"]))

    def known(self, events: Events, controls: Mapping[str, int]) -> Array:
        """[events, width]: everything that does not depend on what is written."""
        x = sum(self._tensors[f"{name}.weight"][events.classes[name]] for name in SIZES)
        return np.asarray(x + sum(self._tensors[f"wish_{name}.weight"][controls.get(name, 0)]
                                  for name in melody_controls.SIZES), np.float32)

    def write(self, events: Events, controls: Mapping[str, int], sampling: Sampling, frame: Frame,
              seeds: tuple[int, ...]) -> Ints:
        """Tokens [seeds, events], one line a seed: pitch classes at notes, chord classes at chords."""
        return _Writing(self, events, sampling, frame, seeds).run(self.known(events, controls))

    def score(self, events: Events, controls: Mapping[str, int], tokens: Ints) -> NDArray[np.float64]:
        """Mean log probability of the notes of each line of ``tokens`` [lines, events] (natural log)."""
        whole = _Writing(self, events, Sampling(), Frame(fixed=dict.fromkeys(range(events.count), 0)),
                         tuple(range(len(tokens))))
        return whole.judge(self.known(events, controls), tokens)

    def logits(self, x: Array, state: dict[str, Ints], cache: Cache) -> tuple[Array, Array]:
        """Pitch and chord logits after the event whose known part is ``x`` [width] in lines with this ``state``."""
        x = x + sum(self._tensors[f"{name}.weight"][state[name]] for name in DYNAMIC_SIZES)
        hidden = self._stack.step(np.asarray(x, np.float32), cache)
        return linear(hidden, self._tensors, "pitch_of"), linear(hidden, self._tensors, "chord_of")

    def cache(self, lines: int, steps: int) -> Cache:
        return self._stack.cache(lines, steps)


class _Writing:
    """One run over all events, lines side by side."""

    def __init__(self, model: MelodyTransformer, events: Events, sampling: Sampling, frame: Frame,
                 seeds: tuple[int, ...]) -> None:
        self._model, self._events, self._sampling, self._frame = model, events, sampling, frame
        self._rngs = [np.random.default_rng(seed) for seed in seeds]
        self._lines = len(seeds)
        self._thematic = np.array([1 + sampling.spread * (2 * rng.random() - 1) for rng in self._rngs])
        self._out = np.zeros((self._lines, events.count), np.int64)
        self._note = np.full(self._lines, PITCHES)
        self._chord = np.full(self._lines, CHORDS)
        self._notes_before = _note_before(events)
        self._theme = Theme(events, frame.heads, frame.fixed, (frame.low, frame.high),
                            Wish(sampling.theme, sampling.mode_pcs))

    def run(self, known: Array) -> Ints:
        cache = self._model.cache(self._lines, self._events.count)
        for event in range(self._events.count):
            state = self._state(event)
            pitch, chord = self._model.logits(known[event], state, cache)
            if event in self._frame.fixed:
                chosen = np.full(self._lines, self._frame.fixed[event])
            elif self._is_note(event):
                chosen = self._draw(self._shaped(pitch, event, state))
            else:
                chosen = self._draw(chord)
            self._take(event, chosen)
        return self._out

    def judge(self, known: Array, tokens: Ints) -> NDArray[np.float64]:
        cache = self._model.cache(self._lines, self._events.count)
        found = []
        for event in range(self._events.count):
            pitch, _ = self._model.logits(known[event], self._state(event), cache)
            if self._is_note(event):
                chances = softmax(pitch)[np.arange(self._lines), tokens[:, event]]
                found.append(np.log(np.maximum(chances, 1e-9)))
            self._take(event, tokens[:, event])
        return np.asarray(np.mean(found, axis=0), np.float64)

    def _is_note(self, event: int) -> bool:
        return bool(self._events.classes["kind"][event] == NOTE)

    def _take(self, event: int, chosen: Ints) -> None:
        self._out[:, event] = chosen
        if self._is_note(event):
            self._note = chosen
        else:
            self._chord = chosen

    def _state(self, event: int) -> dict[str, Ints]:
        nothing = np.full(self._lines, NOTHING)
        source = int(self._events.look_back[event])
        before = self._token(event - 1) if event else nothing
        recalled = self._token(source) if source >= 0 else nothing
        return {"before": before, "recalled": recalled, "chord": self._chord, "note": self._note,
                "turn": self._turn(event, source)}

    def _token(self, event: int) -> Ints:
        return np.asarray(self._out[:, event] + (0 if self._is_note(event) else PITCHES), np.int64)

    def _turn(self, event: int, source: int) -> Ints:
        """The interval from the note before the recalled one to it."""
        earlier = self._notes_before[source] if source >= 0 and self._is_note(event) else -1
        if earlier < 0:
            return np.full(self._lines, NO_INTERVAL)
        return np.asarray(np.clip(self._out[:, source] - self._out[:, earlier], -OCTAVE, OCTAVE) + OCTAVE, np.int64)

    def _shaped(self, logits: Array, event: int, state: dict[str, Ints]) -> NDArray[np.float64]:
        """Pitch logits [lines, PITCHES] after the wishes, -inf where the frame forbids."""
        wish, frame = self._sampling, self._frame
        shaped = logits.astype(np.float64)
        pitches = np.arange(PITCHES)
        degrees = (pitches - HOME) % 12
        rows = np.arange(self._lines)
        self._recall(shaped, state)
        if wish.mode_pcs is not None:
            for row in rows:
                inside = {*wish.mode_pcs, *(chord_tones(int(self._chord[row])) if self._chord[row] < NO_CHORD else ())}
                shaped[row] -= wish.scale * ~np.isin(degrees, list(inside))
        if wish.step:
            far = np.maximum(0, np.abs(pitches[None] - self._note[:, None]) - 4)
            shaped -= wish.step * np.where(self._note[:, None] < PITCHES, far, 0)
        shaped += self._theme.pull(event, self._out, self._note)
        weight = wish.strong * float(METRE_WEIGHTS[self._events.classes["metric"][event]])
        for row in np.flatnonzero(self._chord < NO_CHORD) if weight else ():
            shaped[row] += weight * np.isin(degrees, chord_tones(int(self._chord[row])))
        allowed = (pitches >= frame.low) & (pitches <= frame.high)
        if frame.last is not None and event == self._events.count - 1:
            allowed &= np.isin(degrees, frame.last)
        return np.where(allowed, shaped, -np.inf)

    def _recall(self, shaped: NDArray[np.float64], state: dict[str, Ints]) -> None:
        """Favour what was heard at the place looked back to, its pitch and its interval; else shun the last note."""
        wish, rows = self._sampling, np.arange(self._lines)
        recalled, turn = state["recalled"], state["turn"]
        if recalled[0] != NOTHING:
            shaped[rows, recalled] += wish.copy_bias * self._thematic
        moved = self._note + turn - OCTAVE
        known = (turn != NO_INTERVAL) & (self._note < PITCHES) & (moved >= 0) & (moved < PITCHES)
        shaped[rows[known], moved[known]] += wish.sequence * self._thematic[known]
        shunned = (self._note < PITCHES) & (recalled != self._note)
        shaped[rows[shunned], self._note[shunned]] -= wish.repeat

    def _draw(self, logits: NDArray[np.floating]) -> Ints:
        """From the likeliest tokens that together reach ``top_p``, a draw a line from the line's own generator."""
        scaled = np.asarray(logits, np.float64) / self._sampling.temperature
        chances = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
        chances /= chances.sum(axis=-1, keepdims=True)
        order = np.argsort(-chances, axis=-1, kind="stable")
        ranked = np.take_along_axis(chances, order, -1)
        ranked[np.cumsum(ranked, axis=-1) - ranked >= self._sampling.top_p] = 0
        reached = np.cumsum(ranked, axis=-1)
        draws = np.array([rng.random() for rng in self._rngs]) * reached[:, -1]
        place = np.minimum((reached <= draws[:, None]).sum(axis=-1), (ranked > 0).sum(axis=-1) - 1)
        return np.asarray(np.take_along_axis(order, place[:, None], -1)[:, 0], np.int64)


def _note_before(events: Events) -> list[int]:
    """For every event the note before it, -1 for none."""
    out, last = [], -1
    for event, kind in enumerate(events.classes["kind"]):
        out.append(last)
        if kind == NOTE:
            last = event
    return out
