"""Four-voice skeleton under a soprano line: which pitches a chord is made of, moving as little as the rules allow.

Craft 4.3: every voicing of a chord within the voices' ranges is rated alone (missing tones, doublings, spacing), the 80
best are kept, and Viterbi finds the path with the least movement and no parallel fifths or octaves.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.music.theory import chord_pcs

VOICE_RANGES = {"S": (60, 81), "A": (55, 74), "T": (48, 67), "B": (40, 62)}
_KEPT = 80
_PARALLEL, _HIDDEN, _OVERLAP, _LEADING = 8.0, 1.2, 1.0, 0.8
# Lowest pitch of the lower note of an interval that still sounds clear (low interval limits as taught in
# orchestration: the thirds and fourths need more room than the fifth and the octave).
LOW_INTERVAL_LIMITS = {1: 52, 2: 51, 3: 48, 4: 47, 5: 46, 6: 46, 7: 37, 8: 43, 9: 41, 10: 41, 11: 41}
_FUNCTIONAL = frozenset({"major", "harmonic_minor", "aeolian"})


@dataclass(frozen=True)
class VoicingSlot:
    """What has to be voiced: chord and the soprano pitch above it."""

    root_pc: int
    quality: str
    soprano: int


@dataclass(frozen=True)
class Voicing:
    """Sounding pitches from top to bottom."""

    soprano: int
    alto: int
    tenor: int
    bass: int

    @property
    def pitches(self) -> tuple[int, int, int, int]:
        return self.soprano, self.alto, self.tenor, self.bass


def fold_soprano(pitch: int) -> int:
    """The octave of a melody pitch that lies within the soprano's range, high ones low and low ones high."""
    low, high = VOICE_RANGES["S"]
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return pitch


def _range_of(voice: str, pcs: tuple[int, ...]) -> np.ndarray:
    low, high = VOICE_RANGES[voice]
    return np.array([p for p in range(low, high + 1) if p % 12 in pcs])


def _static_cost(slot: VoicingSlot, voices: np.ndarray, leading_pc: int | None) -> np.ndarray:
    """[N] cost of voicings [N, 4] taken alone."""
    pcs = voices % 12
    tones = chord_pcs(slot.root_pc, slot.quality)
    third = next((pc for pc in tones if (pc - slot.root_pc) % 12 in (3, 4)), None)
    fifth = (slot.root_pc + 7) % 12
    cost = 3.0 * ~(pcs == slot.root_pc).any(axis=1)
    if third is not None:
        count = (pcs == third).sum(axis=1)
        cost += 3.0 * (count == 0) + 0.8 * (count > 1)
    if len(tones) == 4:
        cost += 1.5 * ~(pcs == tones[3]).any(axis=1)
    bass = pcs[:, 3]
    cost += np.where(bass == slot.root_pc, 0.0, np.where(bass == fifth, 3.0, 1.2))
    if leading_pc is not None:
        cost += 4.0 * ((pcs == leading_pc).sum(axis=1) > 1)
    gap = voices[:, 2] - voices[:, 3]
    limits = np.array([LOW_INTERVAL_LIMITS.get(i, 0) for i in range(0, 64)])
    cost += 1.0 * (gap > 19) + 1.5 * (voices[:, 3] < limits[np.clip(gap, 0, 63)])
    cost += 0.02 * np.abs(voices[:, 1:] - np.array([65, 58, 50])).sum(axis=1)
    return np.asarray(cost, dtype=float)


def _candidates(slot: VoicingSlot, leading_pc: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Up to 80 voicings [N, 4] and their costs [N], cheapest first."""
    tones = chord_pcs(slot.root_pc, slot.quality)
    grid = np.meshgrid(_range_of("A", tones), _range_of("T", tones), _range_of("B", tones), indexing="ij")
    alto, tenor, bass = (axis.ravel() for axis in grid)
    spaced = (tenor <= alto) & (bass <= tenor) & (alto - tenor <= 12)
    below = (alto <= slot.soprano) & (slot.soprano - alto <= 12)
    keep = spaced & below if (spaced & below).any() else spaced
    top = np.full(int(keep.sum()), slot.soprano)
    voices = np.stack([top, alto[keep], tenor[keep], bass[keep]], axis=1)
    cost = _static_cost(slot, voices, leading_pc)
    order = np.argsort(cost, kind="stable")[:_KEPT]
    return voices[order], cost[order]


def _transition_cost(before: np.ndarray, after: np.ndarray, leading_pc: int | None) -> np.ndarray:
    """[M, N] cost of going from voicings [M, 4] to [N, 4]."""
    x, y = before[:, None, :], after[None, :, :]
    step = y - x
    size = np.abs(step)
    cost = 0.12 * size[..., 1:].sum(axis=-1) + 0.6 * (size[..., 1:3] > 5).sum(axis=-1)
    bass = size[..., 3]
    cost += 1.5 * ((bass == 6) | (bass == 10) | (bass == 11) | (bass > 12))
    moved = np.sign(step)
    for i in range(4):
        for j in range(i + 1, 4):
            was, now = (x[..., i] - x[..., j]) % 12, (y[..., i] - y[..., j]) % 12
            same_way = (moved[..., i] == moved[..., j]) & (moved[..., i] != 0)
            perfect = (now == 0) | (now == 7)
            cost += _PARALLEL * (same_way & perfect & (was == now))
            if (i, j) == (0, 3):
                cost += _HIDDEN * (same_way & perfect & (was != now) & (size[..., 0] > 2))
    for i in range(3):
        cost += _OVERLAP * ((y[..., i + 1] > x[..., i]) | (y[..., i] < x[..., i + 1]))
        if leading_pc is not None and i != 1:
            cost += _LEADING * ((x[..., i] % 12 == leading_pc) & (step[..., i] != 0) & (step[..., i] != 1))
    return np.asarray(cost, dtype=float)


def voice(slots: Sequence[VoicingSlot], tonic_pc: int, mode: str) -> tuple[Voicing, ...]:
    """The cheapest path of voicings. Modes without a leading tone drop its rules."""
    if not slots:
        return ()
    leading_pc = (tonic_pc + 11) % 12 if mode in _FUNCTIONAL else None
    voices, value = _candidates(slots[0], leading_pc)
    layers, back = [voices], []
    for slot in slots[1:]:
        voices, cost = _candidates(slot, leading_pc)
        reached = value[:, None] + _transition_cost(layers[-1], voices, leading_pc)
        back.append(reached.argmin(axis=0))
        value = reached.min(axis=0) + cost
        layers.append(voices)
    index = int(value.argmin())
    path = [index]
    for pointer in reversed(back):
        path.append(int(pointer[path[-1]]))
    return tuple(Voicing(*(int(p) for p in layer[i])) for layer, i in zip(layers, reversed(path), strict=True))


def count_parallels(voicings: Sequence[Voicing]) -> int:
    """Parallel unisons, fifths and octaves between any two voices."""
    found = 0
    for before, after in zip(voicings, voicings[1:], strict=False):
        x, y = before.pitches, after.pitches
        for i in range(4):
            for j in range(i + 1, 4):
                was, now = (x[i] - x[j]) % 12, (y[i] - y[j]) % 12
                same_way = (y[i] - x[i]) * (y[j] - x[j]) > 0
                found += same_way and was == now and now in (0, 7)
    return found
