"""A cast that lacks a player gets that player from the rules, and keeps its own."""
from __future__ import annotations

from dataclasses import replace

import pytest

from backend.agents.ensemble.arrange.experts import ModelCaster
from backend.agents.ensemble.arrange.options import needed_roles
from backend.agents.rules.palette import ranked
from backend.domain.scheme import Casting, CastTrack
from backend.music.instruments import instruments
from backend.music.layers.accents import FAST_ATTACK_MS
from tests.agents.ensemble.spoken_line import envelope, spoken_desk
from tests.agents.sample_cue import EXPERTS, request

ASKED = request("Exciting")
PLAN = EXPERTS.analyzer.analyze(ASKED)
ARRANGE = EXPERTS.arranger.arrange(ASKED, PLAN)


def others(without: str) -> Casting:
    """One player for every role but one; none is the rules' where another can be had."""
    theirs = {(track.role, track.instrument) for track in EXPERTS.caster.cast(ASKED, PLAN, ARRANGE).tracks}
    tracks = []
    for role in needed_roles(ARRANGE):
        if role == without or (role == "doubling" and not ARRANGE.duplicates):
            continue
        names = [item.instrument for item in ARRANGE.duplicates] if role == "doubling" else [
            instrument.id for instrument in ranked(role, ASKED)]
        name = next((name for name in names if (role, name) not in theirs and (
            role != "accent" or instruments()[name].attack_ms <= FAST_ATTACK_MS)), names[0])
        tracks.append(CastTrack(len(tracks) + 1, "melody" if role == "melody" else f"{role}.{name}", role, name, ""))
    return Casting(tuple(tracks))


@pytest.mark.parametrize("note", ["", "no brass, please"])
@pytest.mark.parametrize("lacking", ["counter", "bass", "pad"])
def test_one_missing_layer_does_not_cost_the_cast(lacking: str, note: str) -> None:
    said = others(lacking)
    desk, _ = spoken_desk(lambda message: envelope(said))
    got = ModelCaster(desk=desk).cast(replace(ASKED, note=note), PLAN, ARRANGE)
    theirs = {(track.part, track.instrument) for track in said.tracks}
    assert {(track.part, track.instrument) for track in got.tracks} >= theirs
    added = [track for track in got.tracks if (track.part, track.instrument) not in theirs]
    assert [track.role for track in added] == [lacking]
    ruled = [turn for turn in desk.record("arrange").turns if turn.source == "rule"]
    assert len(ruled) == 1 and len(ruled[0].problems) == 1
    assert f"the plan has {lacking}, but nobody plays it" in ruled[0].problems[0]
    assert ("rules cannot read it" in ruled[0].problems[0]) == bool(note)
    rules = [field.path for field in desk.record("arrange").fields if field.source == "rule"]
    assert rules == [f"/tracks/{added[0].part}"]
