"""What the melody model learns from, and how its lines are compared with composers'."""
from __future__ import annotations

from fractions import Fraction as F
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from backend.models.melody_events import CHORD, HOME, NO_CHORD, NOTE, chord_class
from backend.training.melody_chords import heard_classes, read_symbols, symbol_classes
from backend.training.melody_material import MelodyPiece, Window, cut_window, draw_window
from backend.training.melody_scores import FIGURES, figures, known, likeness, overlap_area, random_line
from backend.training.musicxml_pieces import WrittenBar, read_piece

TUNE = (0, 4, 7, 4, 5, 9, 5, 4, 2, 7, 5, 2, 0, 4, 2, 0)


def piece(bars: int = 16, tonic: int = 62, tune: tuple[int, ...] = TUNE) -> MelodyPiece:
    """Quarters; below them the tonic's triad in every bar."""
    steps = [tune[i % len(tune)] for i in range(4 * bars)]
    melody = tuple((F(i), F(1), tonic + step) for i, step in enumerate(steps))
    triads = [(4.0 * b, 4.0 * b + 4, tonic - 12 + step) for b in range(bars) for step in (0, 4, 7)]
    sounding = np.array([*triads, *((float(o), float(o + d), p) for o, d, p in melody)])
    return MelodyPiece("tune", "lieder", "train", tuple(WrittenBar(F(4 * b), F(4), 4, 4) for b in range(bars)), melody,
                       sounding, (), 100.0)


def window(one: MelodyPiece, thinned: float = 0.0) -> Window:
    found = cut_window(one, 0, len(one.bars), thinned, np.random.default_rng(1))
    assert found is not None
    return found


def test_a_window_counts_from_the_tonic_in_every_key() -> None:
    low, high = window(piece(tonic=60)), window(piece(tonic=67))
    assert (low.key.tonic_pc, high.key.tonic_pc) == (0, 7)
    notes = low.events.classes["kind"] == NOTE
    assert np.array_equal(low.tokens, high.tokens)
    assert (low.tokens[notes][:4] - HOME).tolist() == [0, 4, 7, 4]
    assert set(low.tokens[low.events.classes["kind"] == CHORD].tolist()) == {chord_class(0, "M")}
    assert low.controls == high.controls and low.controls["style"] == 1


def test_thinning_leaves_notes_out_and_moves_none() -> None:
    whole, thin = window(piece()), window(piece(), 0.4)
    assert 0.4 < len(thin.pitches) / len(whole.pitches) < 0.8
    sung = {spot.onset_q: int(p) for spot, p in zip(whole.spots.spots, whole.pitches, strict=True)}
    assert all(sung[spot.onset_q] == p for spot, p in zip(thin.spots.spots, thin.pitches, strict=True))


def test_windows_begin_where_the_melody_sounds_and_a_silent_piece_has_none() -> None:
    one = piece(24)
    rng = np.random.default_rng(2)
    for _ in range(10):
        found = draw_window(one, (8, 12), rng, thin=False)
        assert found is not None and found.spots.spots[0].onset_q == 0 and 8 <= found.tempo_map.bar_count <= 12
    silent = MelodyPiece(**{**one.__dict__, "melody": one.melody[:4] + one.melody[-4:]})
    assert draw_window(silent, (8, 12), rng, thin=False) is None


def test_chords_that_are_heard() -> None:
    notes = np.array([(0, 4, 60), (0, 4, 64), (0, 4, 67), (4, 6, 57), (4, 6, 60), (4, 6, 64), (4.5, 5, 62)], float)
    assert heard_classes(notes, [F(0), F(4), F(6), F(8)], 0) == [chord_class(0, "M"), chord_class(9, "m"), NO_CHORD]
    cluster = np.array([(0, 4, p) for p in range(60, 68)], float)
    assert heard_classes(cluster, [F(0), F(4)], 0) == [NO_CHORD]


def test_chord_symbols_of_a_lead_sheet(shared_data: Path) -> None:
    path = sorted((shared_data / "symbolic/openewld_leadsheets").glob("0000_*.mxl"))[0]
    written = read_piece(path)
    symbols = read_symbols(path, written)
    assert len(symbols) > 8 and [s.onset_q for s in symbols] == sorted(s.onset_q for s in symbols)
    places = [symbols[0].onset_q, symbols[1].onset_q]
    first = symbols[0]
    assert symbol_classes(symbols, places, first.root_pc)[0] % 12 == 0
    assert symbol_classes(symbols, [F(-2)], 0) == [NO_CHORD]


def test_figures_of_a_tune_that_is_known() -> None:
    found = figures(window(piece()), window(piece()).tokens)
    assert set(found) == set(FIGURES)
    assert found["scale consistency"] == 1.0 and found["range"] == 9.0 and found["ends at home"] == 1.0
    assert found["bar repeat"] == pytest.approx(12 / 15) and found["repeated notes"] == pytest.approx(3 / 63)
    assert found["chord tones"] == pytest.approx(3 / 8)


def test_overlap_of_figures() -> None:
    bell = np.array([NormalDist().inv_cdf((i + 0.5) / 300) for i in range(300)])
    assert overlap_area(list(bell), list(bell)) == pytest.approx(1.0, abs=1e-3)
    assert overlap_area(list(bell), list(bell + 1)) == pytest.approx(0.617, abs=0.05), "two bells one deviation apart"
    assert overlap_area(list(bell), list(bell + 9)) < 0.01
    assert overlap_area([1.0, float("nan")], [1.0, 1.0]) > 0.95


def test_copies_of_the_training_material_are_found_in_any_key() -> None:
    training = known([piece(tonic=60)])
    assert training.share(window(piece(tonic=66)).pitches.tolist()) == 1.0
    assert training.copies(window(piece(tonic=66)).pitches.tolist()) > 0
    other = np.random.default_rng(3).integers(50, 70, 80).tolist()
    assert training.share(other) == 0.0 and training.copies(other) == 0


def test_likeness_tells_a_composer_from_the_random_control() -> None:
    rng = np.random.default_rng(4)
    tunes = [window(piece(tune=tuple(np.clip(np.cumsum(rng.integers(-2, 3, 16)), -8, 12).tolist()))) for _ in range(24)]
    training = known([piece()])
    same = likeness(tunes[:12], [w.tokens for w in tunes[:12]], training)
    random = likeness(tunes[:12], [random_line(w, rng) for w in tunes[:12]], training)
    assert same.mean_overlap > 0.97 and random.mean_overlap < 0.5
    assert same.known_real == same.known_made and same.pieces == 12
