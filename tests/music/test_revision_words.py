"""What is said of a change: in people's terms, from what to what, and how much of the rest was compared."""
from __future__ import annotations

from dataclasses import replace

from backend.domain.revision import Operation
from tests.music.test_revision import BARS, part, revised, standing


def everybody() -> tuple[str, ...]:
    return tuple(one.id for one in standing().score.parts)


def test_a_field_is_told_from_what_to_what_and_that_no_note_changed() -> None:
    lead = part(standing(), "melody")
    old = next(track for track in standing().scheme.tracks if track.part == "melody").panning
    _, said = revised(Operation("pan", ("melody",), 1, 0, 0.7))
    assert said == f"{lead.name} pan {round(old, 2):g} -> 0.7; every note as it was"


def test_two_steps_of_one_field_are_one_move() -> None:
    track = next(track for track in standing().scheme.tracks if track.part == "melody")
    _, said = revised(Operation("gain", ("melody",), 1, 0, -2.0), Operation("gain", ("melody",), 1, 0, -1.0))
    name, old = part(standing(), "melody").name, track.gain_db
    others = BARS * (len(standing().score.parts) - 1)
    assert said == (f"{name} gain {round(old, 2) + 0.0:g} -> {round(old - 3, 2) + 0.0:g} dB; everything else identical "
                    f"({others} of {others} bars, counted by track)")


def test_tracks_of_one_former_value_are_told_together() -> None:
    state = standing()
    places = (0.1, 0.1, -0.3)
    tracks = tuple(replace(track, reverb_space=abs(places[i % 3])) for i, track in enumerate(state.scheme.tracks))
    _, said = revised(Operation("reverb", everybody(), 1, 0, 0.9), state=replace(state, scheme=replace(
        state.scheme, tracks=tracks)))
    assert " reverb 0.1 -> 0.9; " in said and " reverb 0.3 -> 0.9; every note as it was" in said


def test_many_former_values_are_not_listed() -> None:
    state = standing()
    tracks = tuple(replace(track, panning=i / 20) for i, track in enumerate(state.scheme.tracks))
    _, said = revised(Operation("pan", everybody(), 1, 0, -0.9), state=replace(state, scheme=replace(
        state.scheme, tracks=tracks)))
    assert said == "all tracks pan -> -0.9; every note as it was"


def test_louder_everywhere_leaves_every_note_and_has_no_rest_to_count() -> None:
    _, said = revised(Operation("level", everybody(), 1, 0, -4.0))
    assert said == "all tracks -4 dB; every note as it was"


def test_notes_everywhere_leave_nothing_to_call_identical() -> None:
    _, said = revised(Operation("keep_only", ("melody",), 1, 0))
    assert "identical" in said and "0 of 0" not in said
    _, said = revised(Operation("mute", everybody(), 1, 0))
    assert "notes out" in said and "identical" not in said and "as it was" not in said
