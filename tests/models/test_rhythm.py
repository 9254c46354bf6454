"""The CRT at run time: hits always sound, nothing outside the bar, the same as the network that was trained."""
from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from backend.errors import InputError
from backend.models import weights
from backend.models.rhythm import RhythmTransformer, Sampling
from backend.models.rhythm_steps import (
    BITS,
    NEW_BAR,
    TICKS,
    BarWish,
    allowed,
    conditions,
    density_class,
    progress_class,
    steps_in,
)
from backend.models.weights import bundled, read_weights

LENGTHS = [Fraction(4), Fraction(7, 2), Fraction(3), Fraction(5, 2), Fraction(3, 2), Fraction(5)]


def bars_of(lengths: list[Fraction], density: int = 5) -> list[BarWish]:
    return [BarWish(length, density, 4, NEW_BAR, progress_class(i, len(lengths))) for i, length in enumerate(lengths)]


def some_hints(lengths: list[Fraction], seed: int) -> np.ndarray:
    """A hit on one tick in seven, inside the bars."""
    rng = np.random.default_rng(seed)
    rows = [(rng.random(steps_in(length) * TICKS) < 1 / 7) & (np.arange(steps_in(length) * TICKS) < length * TICKS)
            for length in lengths]
    return np.concatenate(rows).reshape(-1, TICKS)


@pytest.mark.parametrize("seed", range(6))
def test_every_hit_sounds_and_nothing_outside_the_bars(seed: int) -> None:
    hints = some_hints(LENGTHS, seed)
    wished = conditions(bars_of(LENGTHS), 3, hints)
    targets = np.full(wished.steps, np.nan)
    onsets = BITS[RhythmTransformer(bundled("rhythm")).write(wished, targets, Sampling(), seed)]
    outside = np.arange(TICKS)[None] >= wished.classes["ticks"][:, None]
    assert hints.any() and not (hints & ~onsets).any()
    assert outside.any() and not (onsets & outside).any()


def test_forbidden_ticks_stay_silent_unless_hit() -> None:
    hints = some_hints(LENGTHS, 1)
    wished = conditions(bars_of(LENGTHS, density=10), 0, hints)
    forbidden = np.zeros_like(hints)
    forbidden[:, 1::2] = True
    network = RhythmTransformer(bundled("rhythm"))
    onsets = BITS[network.write(wished, np.full(wished.steps, 12.0), Sampling(), 2, forbidden)]
    assert not (onsets & forbidden & ~hints).any() and (onsets & forbidden & hints).any()


def test_more_onsets_where_more_are_wished_and_the_same_again_for_the_same_seed() -> None:
    network = RhythmTransformer(bundled("rhythm"))

    def count(wish: int, seed: int) -> int:
        bars = [BarWish(Fraction(4), density_class(wish, Fraction(4)), 0, NEW_BAR, i) for i in range(8)]
        wished = conditions(bars, 0, np.zeros((32, TICKS), bool))
        return int(BITS[network.write(wished, np.full(32, float(wish)), Sampling(), seed)].sum())

    assert 8 * 1 <= count(1, 1) <= 8 * 2 + 2
    assert 8 * 7 - 8 <= count(7, 1) <= 8 * 7 + 8
    assert count(4, 5) == count(4, 5)


def test_a_repeated_bar_takes_up_the_rhythm_of_the_bar_it_names() -> None:
    bars = [BarWish(Fraction(4), 6, 0, NEW_BAR if i < 2 else NEW_BAR + 2, i) for i in range(8)]
    wished = conditions(bars, 4, np.zeros((32, TICKS), bool))
    assert list(wished.look_back[:9]) == [-1] * 8 + [0] and wished.look_back[31] == 23
    network = RhythmTransformer(bundled("rhythm"))
    repeated = []
    for seed in range(5):
        patterns = network.write(wished, np.full(32, 5.0), Sampling(temperature=0.8, repeat=3.0), seed).reshape(8, 4)
        repeated += [np.array_equal(patterns[i], patterns[i - 2]) for i in range(2, 8)]
    assert sum(repeated) > 0.8 * len(repeated)


def test_allowed_patterns_by_hand() -> None:
    hints = np.array([[True, False, False, False], [False] * 4])
    possible = allowed(np.array([4, 2]), hints)
    assert [int(p) for p in np.flatnonzero(possible[0])] == [p for p in range(16) if p & 1]
    assert list(np.flatnonzero(possible[1])) == [0, 1, 2, 3]


def test_the_bundled_file_is_the_one_that_was_shipped(tmp_path: Path) -> None:
    card = bundled("rhythm").card
    assert card["test"]["crt"]["hit_recall"] == 1.0 and card["sampler"]["repeat"] == 3.0
    changed = tmp_path / "rhythm.safetensors"
    shutil.copyfile(weights.BUNDLED / "rhythm.safetensors", changed)
    data = bytearray(changed.read_bytes())
    data[-1] ^= 1
    changed.write_bytes(bytes(data))
    assert read_weights(changed).sha256 != bundled("rhythm").sha256


@pytest.mark.parametrize("data", [b"", b"no safetensors here", b"\x08\x00\x00\x00\x00\x00\x00\x00{}"])
def test_a_file_that_is_no_safetensors_is_refused_in_one_line(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "broken.safetensors"
    file.write_bytes(data)
    with pytest.raises(InputError, match="is not a whole safetensors file") as caught:
        read_weights(file)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="cannot be read"):
        read_weights(tmp_path / "missing.safetensors")
