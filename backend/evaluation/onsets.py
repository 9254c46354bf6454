"""Onsets of a rendered mix: when they attack and how much louder they make the music.

Hop 2 ms, 21 ms Hann windows, 24 bands from 50 Hz to 14 kHz on a Bark-like scale. Each band's energy is compressed
to a loudness (exponent .3: S. S. Stevens, "The measurement of loudness", JASA 27, 1955), so a rise counts as it is
heard and neither a faint note after silence nor a strong one in a tutti is overrated. The detection function is the
summed rise over 20 ms (half-wave rectified flux: S. Dixon, "Onset detection revisited", DAFx 2006); peaks are picked by
local maximum and local mean (S. Boeck, F. Krebs, M. Schedl, "Evaluating the online capabilities of onset detection
methods", ISMIR 2012, eq. 4).
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.evaluation.sound import Sound

HOP_S = 0.002
WINDOW_S = 0.0213
BANDS = 24
BAND_LOW_HZ, BAND_HIGH_HZ = 50.0, 14000.0
LOUDNESS_EXPONENT = 0.3
FLOOR_DB = -80.0
"""Energies this far below the loudest band and moment count as silence."""
FLUX_LAG_S = 0.02
PEAK_REACH_S = 0.03
MEAN_REACH_S = 0.1
PEAK_OVER_MEAN = 1.6
"""A peak must exceed the local mean by this factor (docs/benchmarks/sync.md)."""
SALIENCE_FLOOR_SHARE = 0.1
"""A rise below this share of the cue's 95th percentile salience is ripple, not an onset (docs/benchmarks/sync.md)."""
RELATIVE_RISE = 0.1
"""A rise must add this share of the loudness already there (about 1.4 dB): held strings and reverb tails flutter by
less (docs/benchmarks/sync.md)."""
RISE_REACH_S = 0.08
"""How far around a peak the rise may begin and arrive. Covers attacks up to 120 ms."""
SALIENCE_REACH_S = 0.05
MERGE_S = 0.05
_BLOCK = 4096


@dataclass(frozen=True)
class Onsets:
    """``times_s``: attack at 50 % of the rise; ``salience``: loudness gained; ``relative``: the same as a share of the
    loudness before; all shape (onsets,), sorted by time."""

    times_s: np.ndarray
    salience: np.ndarray
    relative: np.ndarray
    duration_s: float

    def accents_s(self) -> np.ndarray:
        """Times of the onsets whose salience reaches the 75th percentile."""
        return self.times_s[self.salience >= self.salience_p75()] if len(self.times_s) else self.times_s

    def salience_p75(self) -> float:
        return float(np.percentile(self.salience, 75)) if len(self.salience) else 0.0

    def clear(self) -> Onsets:
        """Without ripple: rises that add enough to what sounds already, and are not faint beside the cue's others."""
        if not len(self.times_s):
            return self
        kept = (self.relative >= RELATIVE_RISE) & (
            self.salience >= SALIENCE_FLOOR_SHARE * np.percentile(self.salience, 95))
        return Onsets(self.times_s[kept], self.salience[kept], self.relative[kept], self.duration_s)


def detect_onsets(sound: Sound) -> Onsets:
    """The clear onsets of a mix. Silence gives none."""
    return find_rises(sound).clear()


def find_rises(sound: Sound) -> Onsets:
    """Every rise of loudness, ripple included."""
    energy, hop_s = band_energies(sound)
    if energy.size == 0 or energy.max() <= 0:
        return Onsets(np.zeros(0), np.zeros(0), np.zeros(0), sound.duration_s)
    floor = energy.max() * 10 ** (FLOOR_DB / 10)
    loudness = np.maximum(energy / floor, 1.0) ** LOUDNESS_EXPONENT - 1.0
    found = [_attack(energy, loudness, peak, hop_s) for peak in _peaks(_flux(loudness, hop_s), hop_s)]
    return Onsets(*_merge([item for item in found if item is not None]), sound.duration_s)


def band_energies(sound: Sound) -> tuple[np.ndarray, float]:
    """Energy per band and hop, shape (hops, BANDS), and the hop in seconds. Frame i is centred on i * hop."""
    from scipy.fft import next_fast_len, rfft

    rate = sound.sample_rate
    hop = max(1, int(rate * HOP_S))
    size = next_fast_len(int(rate * WINDOW_S), real=True)
    mono = sound.samples.mean(axis=1, dtype=np.float32)
    padded = np.pad(mono, (size // 2, size))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[: len(mono) : hop]
    window = np.hanning(size).astype(np.float32)
    weights = _band_weights(size, rate)
    energy = np.empty((len(frames), BANDS), np.float32)
    for start in range(0, len(frames), _BLOCK):
        spectrum = rfft(frames[start:start + _BLOCK] * window, axis=1)
        energy[start:start + _BLOCK] = (spectrum.real ** 2 + spectrum.imag ** 2) @ weights
    return energy, hop / rate


def _band_weights(size: int, rate: int) -> np.ndarray:
    """Rectangular bands, shape (bins, BANDS), equally wide on Traunmueller's Bark scale (JASA 88, 1990)."""
    def bark(hz: np.ndarray | float) -> np.ndarray:
        return 26.81 * np.asarray(hz) / (1960.0 + np.asarray(hz)) - 0.53

    hz = np.fft.rfftfreq(size, 1 / rate)
    edges = np.linspace(bark(BAND_LOW_HZ), bark(min(BAND_HIGH_HZ, rate * 0.45)), BANDS + 1)
    band = np.clip(np.searchsorted(edges, bark(hz), side="right") - 1, -1, BANDS)
    weights = np.zeros((len(hz), BANDS), np.float32)
    inside = (band >= 0) & (band < BANDS)
    weights[np.nonzero(inside)[0], band[inside]] = 1.0
    return weights


def _flux(loudness: np.ndarray, hop_s: float) -> np.ndarray:
    """Summed rise over FLUX_LAG_S, shape (hops,), centred on the rise."""
    lag = max(1, round(FLUX_LAG_S / hop_s))
    padded = np.pad(loudness, ((lag // 2, lag - lag // 2), (0, 0)), mode="edge")
    padded[: lag // 2] = 0.0
    return np.asarray(np.maximum(padded[lag:] - padded[:-lag], 0.0).sum(axis=1))


def _peaks(flux: np.ndarray, hop_s: float) -> np.ndarray:
    """Indices of the local maxima that stand out."""
    from scipy.ndimage import maximum_filter1d, uniform_filter1d

    reach, wide = (2 * round(s / hop_s) + 1 for s in (PEAK_REACH_S, MEAN_REACH_S))
    high = maximum_filter1d(flux, reach, mode="constant")
    mean = uniform_filter1d(flux, wide, mode="constant")
    return np.flatnonzero((flux >= high) & (flux > 0) & (flux >= PEAK_OVER_MEAN * mean))


def _attack(energy: np.ndarray, loudness: np.ndarray, peak: int, hop_s: float) -> tuple[float, float, float] | None:
    """Attack time, salience and relative rise of one peak; None when nothing got louder.

    The envelope is the energy of the bands that rise there, each scaled to its own maximum and weighted by the
    loudness it gains, so that a held chord in other bands does not hide the attack. The attack is where it
    passes half way from its lowest value before to its highest after. Salience is the mean loudness just after
    the peak less that just before, summed over the bands that gain.
    """
    reach, near = round(RISE_REACH_S / hop_s), round(SALIENCE_REACH_S / hop_s)
    first = max(0, peak - reach)
    at = peak - first
    after = loudness[peak:peak + near].mean(axis=0)
    before = loudness[max(0, peak - near):peak].mean(axis=0) if peak else np.zeros_like(after)
    gain = np.maximum(after - before, 0.0)
    salience = float(gain.sum())
    if salience <= 0:
        return None
    part = energy[first:peak + reach + 1]
    envelope = (part / np.maximum(part.max(axis=0), 1e-30)) @ (gain / salience)
    start = int(envelope[:at + 1].argmin())
    top = start + int(envelope[start:].argmax())
    time_s = max(0.0, (first + _crossing(envelope, start, top)) * hop_s)
    return time_s, salience, salience / (float(before.sum()) + 1e-9)


def _crossing(envelope: np.ndarray, start: int, top: int) -> float:
    """Where the envelope first passes half way between two of its points, interpolated."""
    half = (envelope[start] + envelope[top]) / 2
    over = start + int(np.argmax(envelope[start:top + 1] >= half))
    if over == start:
        return float(start)
    step = envelope[over] - envelope[over - 1]
    return over - 1 + float((half - envelope[over - 1]) / step)


def _merge(found: list[tuple[float, float, float]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Onsets closer than MERGE_S are one: the more salient one."""
    kept: list[tuple[float, float, float]] = []
    for item in sorted(found):
        if kept and item[0] - kept[-1][0] < MERGE_S:
            kept[-1] = max(kept[-1], item, key=lambda onset: onset[1])
        else:
            kept.append(item)
    table = np.array(kept, dtype=np.float64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]
