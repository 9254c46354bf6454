"""Spots and melody the user touched between two requests become edits of their documents."""
from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from backend.domain.assessment import AssessmentReport
from backend.errors import EditError, InputError
from bridge.messages import SeenNote, Span
from tests.cue_folder import hashes
from tests.live.open_session import Make, OpenSession, read

F = Fraction


def spots(session: OpenSession) -> list[tuple[str, str, int, bool]]:
    return [(str(s.onset_q), s.kind, s.strength, s.locked) for s in read(session).spots.spots]


def nth_fill(session: OpenSession, number: int) -> int:
    assert session.spots is not None
    return [i for i, note in enumerate(session.spots) if note.pitch == 64][number]


def test_spots_that_are_dragged_added_removed_and_struck_harder(open_session: Make) -> None:
    session = open_session()
    session.run("spot")
    before = spots(session)
    assert session.spots is not None
    dragged, removed, struck = (nth_fill(session, n) for n in (1, 3, 4))
    old, gone, hard = session.spots[dragged], session.spots[removed], session.spots[struck]
    session.spots[dragged] = replace(old, onset_q=old.onset_q + 0.25, length_q=0.125)
    session.spots[struck] = replace(hard, velocity=127, pitch=60)
    session.spots.append(SeenNote(15.75, 0.25, 62, 91))
    del session.spots[removed]
    outcome = session.run("spot")
    expected = {row[0]: row for row in before}
    del expected[str(F(old.onset_q))], expected[str(F(gone.onset_q))]
    for onset, row in ((F(old.onset_q) + F(1, 4), ("fill", 1 if old.velocity < 75 else 2, True)),
                       (F(hard.onset_q), ("fill", 3, True)), (F(63, 4), ("hit", 2, True))):
        expected[str(onset)] = (str(onset), *row)
    assert sorted(spots(session)) == sorted(expected.values())
    assert any(line.startswith("Rhythm: ") for line in outcome.lines)
    assert session.run("spot").plan == outcome.plan and "spot" not in session.made()


def test_rounding_of_the_session_is_no_edit(open_session: Make) -> None:
    session = open_session()
    session.run("spot")
    before = hashes(session.folder)
    assert session.spots is not None
    session.spots = [replace(n, onset_q=n.onset_q + 1e-9, length_q=n.length_q - 1e-4) for n in reversed(session.spots)]
    session.run("spot")
    assert hashes(session.folder) == before


def test_a_moved_hit_spots_again_and_keeps_what_the_user_drew(open_session: Make) -> None:
    """The tempo map is another one: the user's spot keeps its moment, the place they emptied stays empty."""
    session = open_session()
    session.run("spot")
    old_map = read(session).tempo_map
    assert session.spots is not None
    removed = session.spots[nth_fill(session, 2)]
    session.spots.remove(removed)
    session.spots.append(SeenNote(12.75, 0.25, 64, 120))
    session.run("spot")
    session.change(0, time_s=13.37)
    session.run("spot")
    job = read(session)
    assert job.tempo_map.points != old_map.points
    drawn = [s for s in job.spots.spots if s.locked and s.kind == "fill"]
    assert len(drawn) == 1 and abs(job.tempo_map.time_s(drawn[0].onset_q) - old_map.time_s(F(51, 4))) <= F(1, 20)
    empty_s = old_map.time_s(F(removed.onset_q))
    assert all(abs(job.tempo_map.time_s(s.onset_q) - empty_s) > F(1, 30) for s in job.spots.spots)
    hit_s = [job.tempo_map.time_s(s.onset_q) for s in job.spots.spots if s.kind == "hit"]
    assert any(abs(time - F("3.37")) < F(1, 1000) for time in hit_s), "unedited spots follow the hits"
    assert session.run("spot").plan is not None and "spot" not in session.made()


def test_an_empty_item_is_refused_in_a_line_and_a_deleted_one_spotted_again(open_session: Make) -> None:
    session = open_session()
    session.run("spot")
    before = spots(session)
    assert session.spots is not None
    session.spots.append(SeenNote(15.75, 0.25, 64, 120))
    session.run("compose")
    session.spots = []
    with pytest.raises(EditError, match="holds no notes"):
        session.run("compose")
    session.spots = None
    session.run("compose")
    assert ("63/4", "fill", 3, True) in spots(session), "without the item the document stands"
    session.spots = None
    session.run("spot")
    assert spots(session) == before


def test_notes_counted_from_another_start_are_no_edits(open_session: Make) -> None:
    session = open_session()
    session.run("spot")
    before = hashes(session.folder)
    session.span = Span("1M1", "Chase", 10.005, 18.0)
    assert session.spots is not None
    session.spots = [replace(n, onset_q=n.onset_q - 0.01) for n in session.spots]
    session.run("spot")
    assert hashes(session.folder) == before


@pytest.mark.parametrize("note", [SeenNote(float("nan"), 1, 60, 80), SeenNote(0, float("inf"), 60, 80),
                                  SeenNote(0, 1, 200, 80), SeenNote(0, 1, 60, 0)])
def test_notes_that_are_none_are_refused(open_session: Make, note: SeenNote) -> None:
    session = open_session()
    session.run("spot")
    session.spots = [note]
    with pytest.raises(InputError):
        session.run("spot")


# the melody

def notes(session: OpenSession) -> list[tuple[str, str, int, int]]:
    return [(str(n.onset_q), str(n.duration_q), n.pitch, n.velocity) for n in read(session).melody.notes]


def test_the_melody_is_edited_and_kept(open_session: Make) -> None:
    session = open_session()
    first = session.run("compose")
    assert first.plan is not None and [t.kind for t in first.plan.tracks] == ["cue", "spots", "melody"]
    assert [fx.bypassed for t in first.plan.tracks if t.kind == "melody" for fx in t.fx] == [False]
    before = notes(session)
    assert session.run("compose") == first and session.made() == set()
    assert session.melody is not None
    session.melody[2] = replace(session.melody[2], pitch=session.melody[2].pitch + 5)
    outcome = session.run("compose")
    after = notes(session)
    assert [a[2] - b[2] for a, b in zip(after, before, strict=True)] == [5 if i == 2 else 0 for i in range(len(before))]
    assert "Melody: as you edited it (1 note)" in outcome.lines
    assert session.run("compose").plan == outcome.plan
    assert [c.assessment.advisory for c in
            read(session).folder.load(AssessmentReport, "assessment.json").candidates] == [True]


def test_chords_become_a_line_and_notes_may_come_and_go(open_session: Make) -> None:
    session = open_session()
    session.run("compose")
    assert session.melody is not None
    first = session.melody[0]
    session.melody = [replace(first, length_q=9.0), replace(first, pitch=first.pitch - 12), *session.melody[2:],
                      SeenNote(1.5, 0.25, 70, 99)]
    session.run("compose")
    made = notes(session)
    assert made[0][:1] == ("0",) and made[0][2] == first.pitch
    assert ("3/2", "1/4", 70, 99) in made
    ends = [F(onset) + F(length) for onset, length, _, _ in made]
    assert all(end <= F(row[0]) for end, row in zip(ends, made[1:], strict=False))


def test_a_moved_hit_keeps_the_moments_of_an_edited_melody(open_session: Make) -> None:
    session = open_session()
    session.run("compose")
    assert session.melody is not None
    session.melody[1] = replace(session.melody[1], pitch=84)
    session.run("compose")
    old = read(session)
    old_map, pitches = old.tempo_map, [n.pitch for n in old.melody.notes]
    moments = [float(old_map.time_s(n.onset_q)) for n in old.melody.notes]
    session.change(0, time_s=13.37)
    session.run("compose")
    new = read(session)
    assert new.tempo_map.points != old_map.points
    assert [n.pitch for n in new.melody.notes] == pitches
    assert [float(new.tempo_map.time_s(n.onset_q)) for n in new.melody.notes] == pytest.approx(moments, abs=0.051)


def test_no_melody_in_the_session_is_no_edit(open_session: Make) -> None:
    session = open_session()
    session.run("compose")
    session.melody[0] = replace(session.melody[0], pitch=50)  # type: ignore[index]
    session.run("compose")
    kept = notes(session)
    session.melody = None
    session.run("compose")
    assert notes(session) == kept and kept[0][2] == 50
    session.melody = []
    with pytest.raises(InputError, match="holds no notes"):
        session.run("compose")


