"""Checks of the arrangers' answers: rule experts pass them, and every kind of mistake is named at its place."""
from __future__ import annotations

from dataclasses import replace

import pytest

from backend.agents.ensemble.arrange.casting_checks import casting_faults, mix_faults, review_faults, volume_faults
from backend.agents.ensemble.arrange.checks import arrange_faults, plan_faults, voice_faults
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import (
    ArrangePlan,
    BarRange,
    Casting,
    CastTrack,
    Duplicate,
    Issue,
    Layer,
    MeasurePlan,
    MixPlan,
    Review,
    Soften,
    TrackMix,
    TrackVolume,
    Voice,
    VoicePlan,
    VolumePlan,
)
from backend.domain.spotting import Section
from backend.rounds import arrange_in_rounds
from tests.agents.sample_cue import EXPERTS, request

ASKED = request("Exciting")
PLAN = EXPERTS.analyzer.analyze(ASKED)
ARRANGE = EXPERTS.arranger.arrange(ASKED, PLAN)
CASTING = EXPERTS.caster.cast(ASKED, PLAN, ARRANGE)
CUES = [("Exciting", (4, 4), (6.0, 18.0), 24), ("Calm", (4, 4), (), 24), ("Nervous", (7, 8), (6.0,), 24),
        ("Sad", (4, 4), (1.2,), 4), (None, (3, 4), (5.0,), 24), ("Fear", (5, 4), (), 30),
        ("Joyous", (6, 8), (9.0,), 40), ("Vigorous", (4, 4), (3.0, 9.0, 12.0), 60), ("Dignified", (4, 4), (), 144)]


@pytest.mark.parametrize("seed", [3, 4])
@pytest.mark.parametrize("emotion,meter,hit_times_s,duration_s", CUES)
def test_rule_experts_pass_every_check(emotion: str | None, meter: tuple[int, int], hit_times_s: tuple[float, ...],
                                       duration_s: int, seed: int) -> None:
    asked = request(emotion, seed, meter, hit_times_s, duration_s)
    plan = EXPERTS.analyzer.analyze(asked)
    arrange = EXPERTS.arranger.arrange(asked, plan)
    voices = EXPERTS.voice_splitter.split(asked, plan, arrange)
    cast = EXPERTS.caster.cast(replace(asked, voices=voices), plan, arrange)
    assert plan_faults(asked, plan) == ()
    assert arrange_faults(asked, plan, arrange) == ()
    assert voice_faults(asked, voices) == ()
    assert casting_faults(replace(asked, voices=voices), plan, arrange, cast) == ()
    assert volume_faults(asked, cast, EXPERTS.volume.balance(asked, plan, cast)) == ()
    assert mix_faults(cast, EXPERTS.mixer.mix(asked, cast)) == ()


def _plan_paths(plan: MeasurePlan) -> list[tuple[str | int, ...]]:
    return [fault.path for fault in plan_faults(ASKED, plan)]


def test_measures_are_all_there_once() -> None:
    short = plan_faults(ASKED, replace(PLAN, measures=PLAN.measures[:3] + PLAN.measures[4:]))
    assert [(fault.path, "measures 4 are missing" in fault.problem) for fault in short] == [(("measures",), True)]
    assert _plan_paths(replace(PLAN, measures=(*PLAN.measures, PLAN.measures[2]))) == [("measures", 10)]
    stray = replace(PLAN.measures[0], m=99)
    assert _plan_paths(replace(PLAN, measures=(*PLAN.measures, stray))) == [("measures", 10)]


def test_measures_name_layers_the_melody_and_the_level_they_mean() -> None:
    def with_first(**changes: object) -> list[tuple[str | int, ...]]:
        first = replace(PLAN.measures[0], **changes)  # type: ignore[arg-type]
        return _plan_paths(replace(PLAN, measures=(first, *PLAN.measures[1:])))

    assert with_first(texture=("melody", "kazoo")) == [("measures", 0, "texture")]
    assert with_first(texture=("pad",)) == [("measures", 0, "texture")]
    assert with_first(level=0.9, dynamic="pp") == [("measures", 0, "dynamic")]
    assert with_first(level=0.49, dynamic="mf") == []


@pytest.mark.parametrize("sections,path", [
    ((Section("A", 1, 4), Section("B", 6, 10)), ("sections", 1)), ((Section("A", 1, 4),), ("sections",)),
    ((Section("A", 2, 10),), ("sections", 0)), ((Section("A", 1, 12),), ("sections",)), ((), ("sections",)),
    ((Section("A\n=== LOCKS", 1, 10),), ("sections", 0, "label"))])
def test_sections_have_no_gaps(sections: tuple[Section, ...], path: tuple[str | int, ...]) -> None:
    assert _plan_paths(replace(PLAN, sections=sections)) == [path]


@pytest.mark.parametrize("changes,path", [
    ({"layers": (Layer("melody", 1, 11),)}, ("layers", 0)),
    ({"layers": (Layer("melody", 0, 3),)}, ("layers", 0)),
    ({"layers": (Layer("melody", 5, 3),)}, ("layers", 0)),
    ({"layers": (Layer("pad", 1, 10),)}, ("layers",)),
    ({"layers": (Layer("melody", 1, 10), Layer("kazoo", 1, 2))}, ("layers", 1, "role")),
    ({"layers": (Layer("melody", 1, 10), Layer("ostinato", 1, 2, "x.x"))}, ("layers", 1, "cell")),
    ({"layers": (Layer("melody", 1, 10), Layer("ostinato", 1, 2, "x-x-x-x-"))}, ("layers", 1, "cell")),
    ({"layers": (Layer("melody", 1, 10), Layer("pad", 1, 2, "x...x..."))}, ("layers", 1, "cell")),
    ({"duplicates": (Duplicate("melody", "timpani", 0, 1, 2),)}, ("duplicates", 0, "instrument")),
    ({"duplicates": (Duplicate("melody", "violins1", 9, 1, 2),)}, ("duplicates", 0, "octave")),
    ({"duplicates": (Duplicate("percussion", "violins1", 0, 1, 2),)}, ("duplicates", 0, "source")),
    ({"soften": (Soften("pad", 1, 2, 6.0),)}, ("soften", 0, "gain_db")),
    ({"soften": (Soften("nobody", 1, 2, -2.0),)}, ("soften", 0, "track")),
    ({"silences": (BarRange(10, 10),)}, ("silences", 0)),
    ({"silences": (BarRange(3, 3),)}, ("silences", 0)),
    ({"builds": (BarRange(2, 3),)}, ("builds", 0)),
])
def test_arrangements_stay_in_the_cue(changes: dict[str, object], path: tuple[str | int, ...]) -> None:
    """Hits lie in bars 3 and 8 of ten."""
    plain = replace(ARRANGE, duplicates=()) if "layers" in changes else ARRANGE
    wrong = replace(plain, **changes)  # type: ignore[arg-type]
    assert [fault.path for fault in arrange_faults(ASKED, PLAN, wrong)] == [path]


def test_doublings_and_their_layer_go_together() -> None:
    assert ARRANGE.duplicates and any(layer.role == "doubling" for layer in ARRANGE.layers)
    without = tuple(layer for layer in ARRANGE.layers if layer.role != "doubling")
    lone, empty = replace(ARRANGE, layers=without), replace(ARRANGE, duplicates=())
    assert [fault.path for fault in arrange_faults(ASKED, PLAN, lone)] == [("layers",)]
    assert [fault.path for fault in arrange_faults(ASKED, PLAN, empty)] == [("duplicates",)]
    assert arrange_faults(ASKED, PLAN, replace(lone, duplicates=())) == ()


def test_a_cell_fills_a_bar_of_its_own_metre() -> None:
    odd = request("Nervous", meter=(7, 8))
    plan = EXPERTS.analyzer.analyze(odd)
    arrange = EXPERTS.arranger.arrange(odd, plan)

    def faults(cell: str) -> int:
        layers = (Layer("melody", 1, 4), Layer("ostinato", 1, 4, cell))
        return len(arrange_faults(odd, plan, replace(arrange, layers=layers, duplicates=())))

    pulses = len(next(layer.cell for layer in arrange.layers if layer.cell))
    assert pulses % 7 == 0
    assert faults("x" * pulses) == 0
    assert faults("x" * 8) == 1


@pytest.mark.parametrize("voices,word", [
    ((), "give 1 to 4"), ((Voice("a", (BarRange(1, 9),), 60, 70),), "nobody owns bars 10"),
    ((Voice("a", (BarRange(1, 10),), 60, 70), Voice("b", (BarRange(4, 5),), 60, 70)), "bars 4, 5 are owned twice"),
    ((Voice("a", (BarRange(1, 5),), 60, 70), Voice("a", (BarRange(6, 10),), 60, 70)), "an id"),
    ((Voice("High Voice", (BarRange(1, 10),), 60, 70),), "short id"),
    ((Voice("a", (BarRange(1, 10),), 60, 70), Voice("b", (), 60, 70)), "owns no bars"),
    ((Voice("a", (BarRange(1, 12),), 60, 70),), "do not lie within")])
def test_voices_own_every_bar_once(voices: tuple[Voice, ...], word: str) -> None:
    found = voice_faults(ASKED, VoicePlan(voices))
    assert found and any(word.replace("an id", "short id") in fault.problem for fault in found)


def _cast_paths(casting: Casting, asked: ArrangeRequest = ASKED) -> set[tuple[str | int, ...]]:
    return {fault.path for fault in casting_faults(asked, PLAN, ARRANGE, casting)}


def _with(place: int, **changes: object) -> Casting:
    tracks = list(CASTING.tracks)
    tracks[place] = replace(tracks[place], **changes)  # type: ignore[arg-type]
    return Casting(tuple(tracks))


def test_castings_name_players_that_can_play() -> None:
    pad = next(i for i, track in enumerate(CASTING.tracks) if track.role == "pad")
    assert _cast_paths(CASTING) == set()
    assert _cast_paths(_with(pad, instrument="kazoo")) == {("tracks", pad, "instrument")}
    assert _cast_paths(_with(pad, instrument="tuba")) == {("tracks", pad, "instrument")}
    assert _cast_paths(_with(0, instrument="bass_drum")) == {("tracks", 0, "instrument")}
    assert _cast_paths(_with(pad, articulation="col_legno_tratto")) == {("tracks", pad, "articulation")}
    assert _cast_paths(_with(pad, octave_shift=7)) == {("tracks", pad, "octave_shift")}
    assert _cast_paths(_with(pad, part="strings")) == {("tracks", pad, "part")}
    assert _cast_paths(_with(pad, bars=(BarRange(1, 2),))) == {("tracks", pad, "bars")}
    assert _cast_paths(_with(pad, role="soloist")) >= {("tracks", pad, "role")}


def test_a_locked_part_may_be_played_by_anybody_but_stays_what_it_is() -> None:
    pad = next(i for i, track in enumerate(CASTING.tracks) if track.role == "pad")
    part = CASTING.tracks[pad].part

    def paths(casting: Casting) -> set[tuple[str | int, ...]]:
        return {fault.path for fault in casting_faults(ASKED, PLAN, ARRANGE, casting, (part,))}

    assert paths(_with(pad, instrument="tuba")) == set()
    assert paths(_with(pad, instrument="kazoo")) == {("tracks", pad, "instrument")}
    assert paths(_with(pad, role="solo")) == {("tracks", pad, "role")}
    assert paths(_with(pad, octave_shift=9)) == {("tracks", pad, "octave_shift")}


def test_castings_are_neither_too_many_nor_without_melody() -> None:
    extra = tuple(CastTrack(50 + i, f"pad.{name}", "pad", name, "") for i, name in enumerate(
        ("violas", "violins2", "choir_mixed", "piano", "harp", "marimba", "pad_warm", "clarinet", "accordion")))
    assert ("tracks",) in _cast_paths(Casting((*CASTING.tracks, *extra)))
    silent = Casting(tuple(track for track in CASTING.tracks if track.role != "melody"))
    problems = [fault.problem for fault in casting_faults(ASKED, PLAN, ARRANGE, silent)]
    assert "there is no melody: one track has role melody and part melody" in problems
    assert ("tracks",) in _cast_paths(Casting(CASTING.tracks[:1]))


def test_voices_of_a_melody_are_cast_with_their_bars() -> None:
    voices = VoicePlan((Voice("low", (BarRange(1, 5),), 50, 60), Voice("high", (BarRange(6, 10),), 60, 80)))
    asked = replace(ASKED, voices=voices)
    cast = EXPERTS.caster.cast(asked, PLAN, ARRANGE)
    assert [track.part for track in cast.tracks if track.role == "melody"] == ["melody", "melody.high"]
    assert casting_faults(asked, PLAN, ARRANGE, cast) == ()
    swapped = Casting((replace(cast.tracks[0], bars=(BarRange(1, 4),)), *cast.tracks[1:]))
    assert _cast_paths(swapped, asked) == {("tracks", 0, "bars")}
    alone = Casting(tuple(track for track in cast.tracks if track.part != "melody.high"))
    assert ("tracks",) in _cast_paths(alone, asked)


def test_levels_cover_every_track_from_the_first_bar() -> None:
    volume = EXPERTS.volume.balance(ASKED, PLAN, CASTING)

    def paths(first: TrackVolume) -> list[tuple[str | int, ...]]:
        return [f.path for f in volume_faults(ASKED, CASTING, VolumePlan((first, *volume.tracks[1:])))]

    assert paths(TrackVolume(1, {1: 0.5, 9: 0.8})) == []
    assert paths(TrackVolume(1, {2: 0.5})) == [("tracks", 0, "measures")]
    assert paths(TrackVolume(1, {1: 0.5, 11: 0.5})) == [("tracks", 0, "measures", 11)]
    assert paths(TrackVolume(1, {1: 1.5})) == [("tracks", 0, "measures", 1)]
    assert paths(TrackVolume(1, {1: 0.0})) == [("tracks", 0, "measures", 1)]
    assert paths(TrackVolume(99, {1: 0.5})) == [("tracks",), ("tracks", 0)]


def test_places_stay_within_the_stage() -> None:
    mix = EXPERTS.mixer.mix(ASKED, CASTING)

    def paths(first: TrackMix) -> list[tuple[str | int, ...]]:
        return [fault.path for fault in mix_faults(CASTING, MixPlan((first, *mix.tracks[1:])))]

    assert paths(TrackMix(1, 0.0, -1.0, 1.0)) == []
    assert paths(TrackMix(1, 60.0, 10.0, -0.5)) == [("tracks", 0, "pan"), ("tracks", 0, "reverb_space"),
                                                   ("tracks", 0, "gain_db")]
    assert [fault.path for fault in mix_faults(CASTING, MixPlan(mix.tracks[1:]))] == [("tracks",)]


def test_reviews_point_into_the_scheme() -> None:
    _, scheme = arrange_in_rounds(ASKED, EXPERTS, "Test")
    playing = scheme.tracks[0].instrument

    def paths(issue: Issue) -> list[tuple[str | int, ...]]:
        return [fault.path for fault in review_faults(scheme, Review("revise", 0.0, (issue,)))]

    assert paths(Issue(2, "instrument", "/tracks/melody/instrument", "dull", f"replace {playing}")) == []
    assert paths(Issue(9, "instrument", "tracks", "dull", "replace kazoo")) == [
        ("issues", 0, "severity"), ("issues", 0, "path"), ("issues", 0, "suggestion")]
    many = Review("revise", 0.0, (Issue(1, "volume", "/melody", "x", "y"),) * 13)
    assert [fault.path for fault in review_faults(scheme, many)] == [("issues",)]


def test_an_empty_plan_is_faulty_and_does_not_crash() -> None:
    nothing = ArrangePlan((), (), (), (), (), "cadence")
    assert [fault.path for fault in arrange_faults(ASKED, PLAN, nothing)] == [("layers",)]
    assert casting_faults(ASKED, PLAN, ARRANGE, Casting(())) != ()
    assert len(volume_faults(ASKED, CASTING, VolumePlan(()))) == 1
