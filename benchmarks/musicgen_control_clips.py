"""Clips that the project's own synthesiser plays, with known onsets, and a codec small enough to be made in seconds.

The codec hears a frame of 20 ms as the logarithm of its spectrum, on its principal axes, rounded by several books of
k-means one after the other; it sounds again by Griffin and Lim's method. No weights from anywhere.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2, vq

from backend.audio.performance import PlayedNote
from backend.audio.soundfont import Preset, open_font
from backend.audio.voice import Touch, play
from backend.evaluation.onsets import detect_onsets
from backend.evaluation.sound import Sound

RATE, HOP, WINDOW = 16_000, 320, 640
CLIP_S = 3.0
CODES, BOOKS, AXES = 64, 4, 32
INSTRUMENTS = {"piano": 0, "marimba": 12, "guitar": 24, "harp": 46}
SCALE = (0, 2, 4, 7, 9)
STEPS_S = (0.16, 0.24, 0.32, 0.5)
WITHIN_S = 0.07
_FLOOR = 0.2
"""Fainter is silence: what the books round would else be heard as onsets."""


@dataclass(frozen=True)
class Take:
    """What was played: times and strengths 1 .. 3 of the notes, on which instrument, and the sound."""

    times_s: NDArray[np.float64]
    strengths: NDArray[np.int64]
    instrument: str
    sound: NDArray[np.float32]


def rhythm(rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Uneven times from one of the steps to the next, on no grid, and strengths."""
    gaps = rng.choice(STEPS_S, 40) + rng.uniform(-0.02, 0.02, 40)
    times = np.cumsum(np.append(rng.uniform(0.05, 0.4), gaps))
    times = times[times < CLIP_S - 0.1]
    return times, rng.integers(1, 4, len(times))


def takes(count: int, seed: int) -> list[Take]:
    """Random rhythms on a random walk through a pentatonic scale."""
    rng, font = np.random.default_rng(seed), open_font(None, RATE)
    out = []
    for _ in range(count):
        times, strengths = rhythm(rng)
        instrument = str(rng.choice(list(INSTRUMENTS)))
        out.append(Take(times, strengths, instrument, _played(font, times, strengths, instrument, rng)))
    return out


def _played(font: object, times: NDArray[np.float64], strengths: NDArray[np.int64], instrument: str,
            rng: np.random.Generator) -> NDArray[np.float32]:
    preset, samples = Preset(INSTRUMENTS[instrument]), round(CLIP_S * RATE)
    places = np.clip(np.cumsum(rng.integers(-2, 3, len(times))) + 5, 0, 10)
    ends = np.append(times[1:], CLIP_S)
    notes = [PlayedNote(round(start * RATE), round(end * RATE), 60 + 12 * (place // 5) + SCALE[place % 5],
                        60 + 20 * int(strength), preset)
             for start, end, place, strength in zip(times, ends, places, strengths, strict=True)]
    sound = play(font, [(note.start, note) for note in notes], (0, samples), Touch({preset: 1.0}, 1.0), RATE)
    mono = sound.mean(1)
    return (0.5 * mono / max(1e-9, float(np.abs(mono).max()))).astype(np.float32)


class Codec:
    """Learns its axes and books from sounds. ``codes``: [BOOKS, frames], 50 a second."""

    def __init__(self, sounds: list[NDArray[np.float32]], seed: int = 0) -> None:
        frames = np.concatenate([_spectrum(sound) for sound in sounds])
        self._mean = frames.mean(0)
        _, _, axes = np.linalg.svd(frames[::3] - self._mean, full_matrices=False)
        self._axes = axes[:AXES]
        left = (frames - self._mean) @ self._axes.T
        self._books = []
        for number in range(BOOKS):
            book, nearest = kmeans2(left, CODES, iter=12, minit="++", seed=seed + number)
            self._books.append(book)
            left = left - book[nearest]

    def codes(self, sound: NDArray[np.float32]) -> NDArray[np.uint16]:
        left = (_spectrum(sound) - self._mean) @ self._axes.T
        out = []
        for book in self._books:
            nearest, _ = vq(left, book)
            out.append(nearest)
            left = left - book[nearest]
        return np.stack(out).astype(np.uint16)

    def sound(self, codes: NDArray[np.integer]) -> NDArray[np.float32]:
        frames = sum(book[row] for book, row in zip(self._books, codes, strict=True))
        magnitude = np.maximum(np.exp(frames @ self._axes + self._mean) - _FLOOR, 0)
        phase = np.exp(2j * np.pi * np.random.default_rng(0).random(magnitude.shape))
        for _ in range(24):
            spectrum = _stft(_istft(magnitude * phase, len(magnitude) * HOP))
            phase = spectrum / np.maximum(np.abs(spectrum), 1e-9)
        return _istft(magnitude * phase, len(magnitude) * HOP).astype(np.float32)


_HANN = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW))


def _stft(sound: NDArray[np.floating]) -> NDArray[np.complexfloating]:
    """Frame n lies around the middle of code n."""
    side = (WINDOW - HOP) // 2
    padded = np.pad(sound, (side, side))
    return np.fft.rfft(np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP] * _HANN, axis=1)


def _istft(spectrum: NDArray[np.complexfloating], samples: int) -> NDArray[np.float64]:
    side = (WINDOW - HOP) // 2
    out = np.zeros(samples + WINDOW)
    for number, frame in enumerate(np.fft.irfft(spectrum, WINDOW, axis=1) * _HANN):
        out[number * HOP:number * HOP + WINDOW] += frame
    return out[side:side + samples]


def _spectrum(sound: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.log(np.abs(_stft(sound)) + _FLOOR)


def hit_f1(sound: NDArray[np.float32], times_s: NDArray[np.float64]) -> float:
    """F1 of the sound's onsets (the project's detector) against wished times, each matched once within 70 ms."""
    heard = detect_onsets(Sound(sound[:, None], RATE)).times_s
    pairs = sorted((abs(a - b), i, j) for i, a in enumerate(heard) for j, b in enumerate(times_s)
                   if abs(a - b) <= WITHIN_S)
    used_heard: set[int] = set()
    used_wished: set[int] = set()
    for _, i, j in pairs:
        if i not in used_heard and j not in used_wished:
            used_heard.add(i)
            used_wished.add(j)
    return 2 * len(used_heard) / max(1, len(heard) + len(times_s))
