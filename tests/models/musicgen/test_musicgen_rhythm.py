"""Spots to condition: the filter bank is upstream's, spots can be read back, masking is what the weights expect."""
from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers.audio_utils import chroma_filter_bank

from backend.models.musicgen.chroma import Chromagram, chroma_filters
from backend.models.musicgen.conditioner import RhythmConditioner, repeated, silence
from backend.models.musicgen.spots_audio import (
    ADD50,
    FINE25,
    PAPER,
    RhythmMode,
    raster_spots,
    read_spots,
    render_spots,
    strength_class,
)

Spots = tuple[np.ndarray, np.ndarray]


def random_spots(seed: int, shortest_s: float, longest_s: float, duration_s: float = 12.0) -> Spots:
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.uniform(shortest_s, longest_s, 400))
    times = times[times < duration_s - 0.05]
    return times, rng.integers(1, 4, len(times))


def chromagram(spots: Spots, mode: RhythmMode, duration_s: float = 12.0) -> torch.Tensor:
    return Chromagram(mode)(torch.from_numpy(render_spots(*spots, duration_s))[None])[0]


def found(spots: Spots, mode: RhythmMode) -> float:
    """Share of the spots of a clip with a spot of the same strength read within 20 ms, each read one used once; one
    read too many counts as one missed."""
    times, strengths = spots
    read_s, read_strengths = read_spots(chromagram(spots, mode).numpy(), mode)
    free, right = np.ones(len(read_s), bool), 0
    for time_s, strength in zip(times, strengths, strict=True):
        fits = np.flatnonzero(free & (np.abs(read_s - time_s) <= 0.02) & (read_strengths == strength))
        if len(fits):
            free[fits[0]] = False
            right += 1
    return right / max(len(times), len(read_s))


def shares(mode: RhythmMode, shortest_s: float) -> np.ndarray:
    return np.array([found(random_spots(seed, shortest_s, 0.6), mode) for seed in range(20)])


@pytest.mark.parametrize("window", [2_048, 4_096, 16_384])
def test_the_filter_bank_is_upstreams(window: int) -> None:
    upstream = chroma_filter_bank(num_frequency_bins=window, num_chroma=12, sampling_rate=32_000, tuning=0)
    assert np.abs(chroma_filters(window) - upstream).max() < 1e-5


def test_the_stock_chromagram_is_upstreams() -> None:
    """Upstream's steps written with numpy, on noise: 235 frames of 30 s, each with the same bin."""
    wave = np.random.default_rng(0).normal(0, 0.1, 30 * 32_000).astype(np.float32)
    padded = np.pad(wave, 8_192, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, 16_384)[::4_096]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(16_384) / 16_384)
    filters = chroma_filter_bank(num_frequency_bins=16_384, num_chroma=12, sampling_rate=32_000, tuning=0)
    bins = (np.abs(np.fft.rfft(frames * hann)) ** 2 @ filters.T).argmax(-1)
    ours = Chromagram(PAPER)(torch.from_numpy(wave)[None])
    assert ours.shape == (1, 235, 12) and ours.sum() == 235
    assert np.array_equal(ours[0].argmax(-1).numpy(), bins)


def test_spots_can_be_read_back_within_20_ms_from_the_fine_modes_and_not_from_the_stock_one() -> None:
    """At 100 (70) ms and more between spots. The stock chromagram tells no clip's rhythm whole."""
    assert shares(FINE25, 0.1).min() >= 0.95
    assert shares(ADD50, 0.07).min() >= 0.95
    stock = shares(PAPER, 0.1)
    assert stock.mean() <= 0.2 and stock.max() < 0.4


@pytest.mark.parametrize(("mode", "shortest_s"), [(FINE25, 0.104), (ADD50, 0.072)])
def test_the_drawn_chromagram_is_the_one_of_the_sound(mode: RhythmMode, shortest_s: float) -> None:
    for seed in range(10):
        spots = random_spots(seed, shortest_s, 0.3)
        spots = (np.append(0.0, spots[0]), np.append(1, spots[1]))
        assert np.array_equal(raster_spots(*spots, 12.0, mode), chromagram(spots, mode).numpy())


def test_the_stock_mode_is_not_drawn() -> None:
    with pytest.raises(ValueError, match="comes from the waveform"):
        raster_spots([1.0], [1], 2.0, PAPER)


def test_strengths_have_three_classes() -> None:
    assert [strength_class(s) for s in (0.0, 0.3, 0.4, 0.6, 0.7, 1.0)] == [1, 1, 2, 2, 3, 3]


def test_a_burst_begins_at_its_spot_and_never_runs_over_the_end() -> None:
    wave = render_spots([0.5, 0.99], [2, 1], 1.0)
    sounding = np.flatnonzero(wave)
    assert len(wave) == 32_000 and 16_000 <= sounding[0] <= 16_001 and sounding[-1] < 16_640
    assert np.array_equal(render_spots([], [], 0.25), np.zeros(8_000, np.float32))


def test_no_rhythm_is_bin_0_over_the_full_length_and_equals_a_silent_wave() -> None:
    conditioner = RhythmConditioner(PAPER, 8)
    waves = torch.from_numpy(render_spots([0.3, 0.9], [1, 3], 30.0))[None]
    dropped = conditioner.from_waves(waves, absent=torch.tensor([True]))
    expected = conditioner.project.weight[:, 0] + conditioner.project.bias
    assert dropped.shape == (1, 235, 8) and torch.allclose(dropped, expected.expand(1, 235, 8), atol=1e-6)
    assert torch.allclose(dropped, conditioner.nothing(1), atol=1e-6)
    assert torch.allclose(dropped, conditioner.from_waves(torch.zeros(1, 960_000)), atol=1e-6)
    assert torch.allclose(dropped, conditioner(silence(1, 235)), atol=1e-6)


@pytest.mark.parametrize("mode", [PAPER, FINE25, ADD50])
def test_what_lies_beyond_a_clips_own_length_cannot_be_heard(mode: RhythmMode) -> None:
    conditioner = RhythmConditioner(mode, 8, most_frames=100)
    one = torch.from_numpy(render_spots([0.2, 0.7, 1.5], [1, 2, 3], 2.0))[None]
    other = one.clone()
    other[:, 32_000:] = torch.randn(1, 32_000, generator=torch.Generator().manual_seed(1))
    samples = torch.tensor([32_000])
    first, second = conditioner.from_waves(one, samples), conditioner.from_waves(other, samples)
    valid = -(-32_000 // mode.hop)
    assert torch.equal(first, second)
    assert (first[:, :valid].abs().sum(-1) > 0).all() and (first[:, valid:] == 0).all()
    assert not torch.equal(conditioner.from_waves(one), conditioner.from_waves(other))


def test_an_added_frame_stands_at_the_code_in_which_the_burst_begins() -> None:
    conditioner = RhythmConditioner(ADD50, 12, most_frames=50)
    torch.nn.init.eye_(conditioner.project.weight)
    torch.nn.init.zeros_(conditioner.project.bias)
    for time_s in (0.2001, 0.205, 0.21, 0.215, 0.2199):
        heard = conditioner(torch.from_numpy(raster_spots([time_s], [2], 1.0, ADD50))[None])[0]
        assert heard[10, 5] == 1 and heard[8].argmax() == 0 and heard[12].argmax() == 0


def test_a_short_chromagram_is_repeated_as_upstream_does() -> None:
    chroma = torch.arange(6.0).view(1, 3, 2)
    assert torch.equal(repeated(chroma, 7), torch.cat([chroma, chroma, chroma[:, :1]], 1))
    assert torch.equal(repeated(chroma, 2), chroma[:, :2])
