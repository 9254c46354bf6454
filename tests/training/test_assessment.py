"""The reader, the split and the controls; a fixed part of the dev pieces scored again (the test split stays unread)."""
from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from backend.music.criteria import fusion
from backend.training import assessment_fit as fit
from backend.training import assessment_material as material
from backend.training.musicxml_pieces import read_piece
from tests.music.criteria.made import song

PIECES = 20


def test_the_reader_agrees_with_music21() -> None:
    from music21 import corpus

    read = read_piece(Path(str(corpus.getWork("bach/bwv66.6"))))
    known = corpus.parse("bach/bwv66.6")
    for line, part in zip(read.lines, known.parts, strict=True):
        assert list(line) == [(Fraction(n.offset), Fraction(n.duration.quarterLength), n.pitch.midi)
                              for n in part.flatten().stripTies().notes]
    assert [bar.length_q for bar in read.bars] == [1, *[4] * 9]


def test_files_that_share_an_author_share_a_split() -> None:
    def item(*authors: str) -> material.Listed:
        return material.Listed("x", Path("x"), authors)

    found = material.groups([item("A", "B"), item("C"), item("B", "D"), item("D")])
    assert found[0] == found[2] == found[3] != found[1]
    assert material.split_of(material.BACH) == "train"


def test_controls_keep_what_they_should() -> None:
    piece, rng = song(), np.random.default_rng(1)
    original = piece.melody
    shuffled = material.control(piece, "shuffled", rng).melody
    assert sorted(shuffled.pitch) == sorted(original.pitch) and shuffled.pitch.tolist() != original.pitch.tolist()
    assert shuffled.onset_q.tolist() == original.onset_q.tolist()
    diatonic = material.control(piece, "random diatonic", rng).melody
    assert {int(p) % 12 for p in diatonic.pitch} <= {0, 2, 4, 5, 7, 9, 11}
    jittered = material.control(piece, "jittered", rng).melody
    assert 0 < float(np.abs(np.sort(jittered.onset_q) - original.onset_q).max()) <= material.JITTER_Q
    looped = material.control(piece, "looped bar", rng)
    assert len(set(looped.bar_steps.values())) == 1
    assert len(set(material.control(piece, "one note", rng).melody.pitch.tolist())) == 1
    with pytest.raises(ValueError, match="no control"):
        material.control(piece, "polka", rng)


def test_wilson_interval() -> None:
    assert fit.wilson(8, 10) == pytest.approx((.4902, .9433), abs=1e-4)
    assert fit.wilson(0, 20)[0] == 0


def test_a_fit_separates_and_keeps_weights_positive() -> None:
    rng = np.random.default_rng(2)
    samples = []
    for kind, centre in (("human", .8), ("shuffled", .3)):
        for _ in range(40):
            rated = np.clip(rng.normal(centre, .1, 19), 0, 1)
            samples.append(fit.Sample(kind, "x", tuple(
                material_criterion(n + 1, float(r) if n < 14 else None) for n, r in enumerate(rated))))
    fitted = fit.fit(samples, (3, 6, 7))
    assert all(w >= 0 for w in fitted.weight.values())
    assert fit.auc(samples, "shuffled", fitted) == 1


def material_criterion(number: int, rating: float | None) -> fit.Criterion:
    return fit.Criterion(number, "", "", rating, {}, "")


def test_a_part_of_the_dev_pieces_keeps_the_targets(shared_data: Path) -> None:
    files = material.listed(shared_data)
    chosen = [f for f, group in zip(files, material.groups(files), strict=True)
              if f.collection != "quartets" and material.split_of(group) == "dev"][::4][:PIECES]
    pieces = [material.Source(f.collection, f.authors[0], "dev", read_piece(f.path)) for f in chosen]
    rows = {row[0]: row for row in fit.report(fit.collect(pieces, "dev", "melody", 1), fusion.weights("melody"))}
    assert rows["human"][1] >= PIECES - 2
    assert rows["human"][2] >= .8
    wrong = sum(round(rows[kind][1] * rows[kind][2]) for kind in material.CONTROLS)
    assert wrong <= .03 * sum(rows[kind][1] for kind in material.CONTROLS)
    assert all(rows[kind][3] <= .03 for kind in material.CONTROLS)
