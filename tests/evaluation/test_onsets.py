"""Onsets of sounds whose attacks are known to the sample."""
from __future__ import annotations

import numpy as np
import pytest

from backend.evaluation.onsets import detect_onsets
from backend.evaluation.sound import Sound

RATE = 48000


def tones(times_s: np.ndarray, attack_s: float, level: float | np.ndarray = 0.3, seconds: float = 12.0) -> Sound:
    """Decaying tones of five partials with a straight attack, over a held low tone."""
    t = np.arange(int(seconds * RATE)) / RATE
    rng = np.random.default_rng(1)
    out = 0.01 * np.sin(2 * np.pi * 130 * t)
    levels = np.broadcast_to(level, times_s.shape)
    for time_s, strength in zip(times_s, levels, strict=True):
        part = slice(int(time_s * RATE), int((time_s + 3) * RATE))
        since = t[part] - time_s
        envelope = np.clip(since / attack_s, 0, 1) * np.exp(-np.maximum(since, 0) / 0.4)
        hz = 220 * 2 ** (rng.integers(0, 12) / 12)
        out[part] += strength * envelope * sum(np.sin(2 * np.pi * hz * k * t[part]) / k for k in range(1, 6)) / 3
    return Sound(np.stack([out, out], axis=1).astype(np.float32), RATE)


TIMES = 0.7 + 0.9 * np.arange(12) + np.random.default_rng(0).uniform(-0.1, 0.1, 12)


def nearest(found: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    return np.array([found[np.argmin(np.abs(found - t))] - t for t in times_s])


@pytest.mark.parametrize(("attack_s", "within_s"), [(0.001, 0.002), (0.02, 0.003), (0.05, 0.006), (0.08, 0.01)])
def test_attack_is_where_the_energy_is_half(attack_s: float, within_s: float) -> None:
    onsets = detect_onsets(tones(TIMES, attack_s))
    half_energy = attack_s * 2 ** -0.5
    assert np.abs(nearest(onsets.times_s, TIMES) - half_energy).max() < within_s


def test_every_tone_and_little_else_is_an_accent_candidate() -> None:
    onsets = detect_onsets(tones(TIMES, 0.01))
    errors = np.abs(nearest(TIMES, onsets.times_s))
    strong = onsets.salience > 0.5 * np.median(onsets.salience)
    assert np.count_nonzero(strong) == len(TIMES)
    assert errors[strong].max() < 0.02


def test_louder_tones_are_the_accents() -> None:
    level = np.where(np.arange(12) % 4 == 0, 0.5, 0.05)
    onsets = detect_onsets(tones(TIMES, 0.01, level))
    accents = onsets.accents_s()
    assert np.abs(nearest(accents, TIMES[::4])).max() < 0.02
    assert len(accents) <= 4


def test_clicks_from_silence_and_at_the_very_start() -> None:
    samples = np.zeros((RATE, 1), np.float32)
    for at in (0, RATE // 2):
        samples[at:at + 480, 0] = np.random.default_rng(at).normal(size=480) * 0.2
    onsets = detect_onsets(Sound(samples, RATE))
    assert onsets.times_s == pytest.approx([0.0, 0.5], abs=0.004)


def test_silence_and_a_held_tone_have_no_accents_inside() -> None:
    silent = detect_onsets(Sound(np.zeros((RATE, 2), np.float32), RATE))
    assert len(silent.times_s) == 0 and silent.salience_p75() == 0.0 and len(silent.accents_s()) == 0
    t = np.arange(4 * RATE) / RATE
    faded = np.sin(2 * np.pi * 330 * t) * np.clip((4 - t) / 0.5, 0, 1)
    held = detect_onsets(Sound(faded[:, None].astype(np.float32), RATE))
    assert len(held.times_s) == 1 and held.times_s[0] < 0.01


def test_works_at_44100_too() -> None:
    samples = np.zeros((44100, 2), np.float32)
    samples[22050:23050] = 0.3 * np.sin(2 * np.pi * 440 * np.arange(1000) / 44100)[:, None]
    onsets = detect_onsets(Sound(samples, 44100))
    assert onsets.times_s == pytest.approx([0.5], abs=0.004)
