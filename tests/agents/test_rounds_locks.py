"""Locked fields stand in the scheme, whatever the experts say; the music stays playable."""
from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from backend.domain.ensemble import Lock
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import (
    DYNAMICS,
    ArrangementScheme,
    ArrangePlan,
    Casting,
    MeasurePlan,
    MixPlan,
    TrackMix,
    TrackVolume,
    VolumePlan,
)
from backend.domain.score import Score
from backend.errors import EditError
from backend.music.consistency import check_scheme, check_score
from backend.music.instruments import instruments
from backend.music.locks import ENDINGS, MEASURE_FIELDS, ROLES, can_play, read_locks
from backend.music.locks_held import waiting
from backend.music.playback import playback_offset_ms
from backend.music.ranges import full_share
from backend.rounds import arrange_in_rounds
from tests.agents.sample_cue import EXPERTS, request


class Hostile:
    """Rules that lose tracks, swap instruments and turn every knob the wrong way, differently for every seed."""

    name = "hostile"

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)

    def analyze(self, asked: ArrangeRequest) -> MeasurePlan:
        plan = EXPERTS.analyzer.analyze(asked)
        return replace(plan, measures=tuple(replace(
            m, level=self._rng.random(), tension=self._rng.random(), dynamic=self._rng.choice(DYNAMICS),
            texture=tuple(self._rng.sample(ROLES, 3))) for m in plan.measures))

    def arrange(self, asked: ArrangeRequest, plan: MeasurePlan) -> ArrangePlan:
        return replace(EXPERTS.arranger.arrange(asked, plan), ending="segue")

    def cast(self, asked: ArrangeRequest, plan: MeasurePlan, arrange: ArrangePlan) -> Casting:
        tracks = []
        for track in EXPERTS.caster.cast(asked, plan, arrange).tracks:
            options = [i.id for i in instruments().values() if can_play(track.role, i)]
            if track.part == "melody" or self._rng.random() < 0.5:
                tracks.append(replace(track, instrument=self._rng.choice(options),
                                      octave_shift=self._rng.choice((-1, 0, 1))))
        return Casting(tuple(tracks))

    def balance(self, asked: ArrangeRequest, plan: MeasurePlan, casting: Casting) -> VolumePlan:
        return VolumePlan(tuple(TrackVolume(t.track_index, {1: self._rng.random(), 3: self._rng.random()})
                                for t in casting.tracks))

    def mix(self, asked: ArrangeRequest, casting: Casting) -> MixPlan:
        return MixPlan(tuple(TrackMix(t.track_index, self._rng.uniform(-20, 0), self._rng.uniform(-1, 1),
                                      self._rng.random()) for t in casting.tracks))


def _arranged(asked: ArrangeRequest, hostile: Hostile | None = None) -> tuple[Score, ArrangementScheme]:
    experts = EXPERTS
    if hostile:
        experts = replace(EXPERTS, analyzer=hostile, arranger=hostile, caster=hostile, volume=hostile, mixer=hostile)
    return arrange_in_rounds(asked, experts, "T")


def _value(scheme: ArrangementScheme, path: str) -> Any:
    """The field a lock names, read from the scheme without the code under test."""
    pieces = path.split("/")[1:]
    if pieces == ["ending"]:
        return scheme.ending
    if pieces[0] == "measures":
        return getattr(next(m for m in scheme.measures if m.m == int(pieces[1])), pieces[2])
    track = next(t for t in scheme.tracks if t.part == pieces[1])
    return track.volume_envelope[int(pieces[3])] if pieces[2] == "volume_envelope" else getattr(track, pieces[2])


def _random_locks(rng: random.Random, scheme: ArrangementScheme, bars: int) -> tuple[Lock, ...]:
    found: dict[str, Any] = {}
    for track in rng.sample(scheme.tracks, min(4, len(scheme.tracks))):
        base = f"/tracks/{track.part}"
        chosen = rng.choice([i for i in instruments().values() if can_play(track.role, i) and i.articulations])
        choices: dict[str, Any] = {
            f"{base}/instrument": chosen.id, f"{base}/panning": rng.uniform(-1, 1),
            f"{base}/gain_db": rng.uniform(-30, 6), f"{base}/reverb_space": rng.random(),
            f"{base}/volume_envelope/{rng.randint(1, bars)}": rng.random()}
        for path in rng.sample(sorted(choices), 3):
            found[path] = choices[path]
        if f"{base}/instrument" in found and rng.random() < 0.5:
            found[f"{base}/articulation"] = rng.choice(sorted(chosen.articulations))
    for name in MEASURE_FIELDS:
        value: Any = {"level": rng.random(), "tension": rng.random(), "dynamic": rng.choice(DYNAMICS),
                      "texture": tuple(rng.sample(ROLES, rng.randint(1, 5)))}[name]
        found[f"/measures/{rng.randint(1, bars)}/{name}"] = value
    if rng.random() < 0.5:
        found["/ending"] = rng.choice(ENDINGS)
    return tuple(Lock(path, value) for path, value in found.items())


@pytest.mark.parametrize("seed", range(12))
def test_locked_fields_stand_and_every_note_can_be_played(seed: int) -> None:
    rng = random.Random(seed)
    asked = request(rng.choice(("Exciting", "Sad", "Fear")), hit_times_s=(3.0, 8.4), duration_s=11)
    standing = _arranged(asked)[1]
    locks = _random_locks(rng, standing, asked.tempo_map.bar_count)
    for other in (None, Hostile(seed)):
        score, scheme = _arranged(replace(asked, seed=asked.seed + 100 + seed, locks=locks), other)
        playing, held = {t.part for t in scheme.tracks}, read_locks(locks, asked.tempo_map.bar_count)
        assert playing >= set(held.players) and set(waiting(scheme, held)) == set(held.parts) - playing
        for lock in locks:
            if not lock.path.startswith("/tracks/") or lock.path.split("/")[2] in playing:
                assert _value(scheme, lock.path) == lock.value, lock.path
        check_score(score, asked.tempo_map)
        check_scheme(scheme, score)
        assert {t.part for t in scheme.tracks} == {p.id for p in score.parts}
        for part in score.parts:
            assert full_share(part.notes, instruments()[part.instrument]) == 1.0, part.id
        for track in scheme.tracks:
            assert next(p for p in score.parts if p.id == track.part).instrument == track.instrument
            assert track.playback_offset_ms == playback_offset_ms(track.instrument, track.articulation)


def test_a_dropped_track_comes_back_in_place_of_a_free_one_of_its_role() -> None:
    asked = request("Exciting")
    before = _arranged(asked)[1]
    pads = [t for t in before.tracks if t.role == "pad"]
    used = {t.instrument for t in before.tracks}
    other = next(i.id for i in instruments().values() if i.pitched and "pad" in i.roles and i.id not in used)
    locks = (Lock(f"/tracks/pad.{other}/panning", 0.33), Lock(f"/tracks/pad.{other}/instrument", other))
    score, scheme = _arranged(replace(asked, locks=locks))
    track = next(t for t in scheme.tracks if t.part == f"pad.{other}")
    assert (track.panning, track.instrument, track.made_by) == (0.33, other, "rule+user(panning, instrument)")
    assert len([t for t in scheme.tracks if t.role == "pad"]) == len(pads)
    assert next(p for p in score.parts if p.id == f"pad.{other}").notes


def test_a_locked_place_or_level_holds_nobody_and_waits(caplog: pytest.LogCaptureFixture) -> None:
    asked = request("Exciting")
    before = _arranged(asked)[1]
    locks = tuple(Lock(f"/tracks/{part}/{field}", value) for part in ("pad.violin_solo", "counter.viola_solo", "melody")
                  for field, value in (("gain_db", -3.0), ("volume_envelope/2", 0.5)))
    scheme = _arranged(replace(asked, locks=locks))[1]
    assert [t.part for t in scheme.tracks] == [t.part for t in before.tracks]
    assert (scheme.tracks[0].gain_db, scheme.tracks[0].volume_envelope[2]) == (-3.0, 0.5)
    told = [record.getMessage() for record in caplog.records if "not cast this time" in record.getMessage()]
    assert len(told) == 1 and "pad.violin_solo, counter.viola_solo." in told[0] and "melody" not in told[0]


def test_the_melody_keeps_its_notes_on_the_locked_instrument() -> None:
    asked = request("Sad")
    score, scheme = _arranged(replace(asked, locks=(Lock("/tracks/melody/instrument", "bassoon"),)))
    part = next(p for p in score.parts if p.id == "melody")
    assert part.instrument == "bassoon" and part.name == "Bassoon"
    assert {n.onset_q for p in score.parts if p.role == "melody" for n in p.notes} >= {
        n.onset_q for n in asked.melody.notes}
    assert scheme.tracks[0].playback_offset_ms == playback_offset_ms("bassoon", scheme.tracks[0].articulation)


def test_dynamic_and_level_go_together() -> None:
    asked = replace(request("Sad"), locks=(Lock("/measures/2/dynamic", "fff"), Lock("/measures/3/level", 0.1)))
    measures = _arranged(asked)[1].measures
    assert (measures[1].dynamic, measures[1].level) == ("fff", 7.5 / 8)
    assert (measures[2].dynamic, measures[2].level) == ("ppp", 0.1)


def test_a_locked_texture_is_what_plays() -> None:
    asked = replace(request("Exciting"), locks=(Lock("/measures/4/texture", ["melody", "bass"]),))
    score, scheme = _arranged(asked)
    bar = asked.tempo_map.bars[3]
    playing = {p.role for p in score.parts for n in p.notes if bar.start_q <= n.onset_q < bar.end_q}
    assert "bass" in playing and playing <= {"melody", "bass", "accent"}
    assert scheme.measures[3].texture == ("melody", "bass")
    assert scheme.made_by == "rule+user(measure 4)"


def test_a_locked_level_changes_no_other_bar() -> None:
    asked = request("Exciting")
    before, after = _arranged(asked)[1], _arranged(replace(asked, locks=(
        Lock("/tracks/melody/volume_envelope/5", 0.0123456789),)))[1]
    assert after.tracks[0].volume_envelope == {**before.tracks[0].volume_envelope, 5: 0.0123456789}
    assert after.tracks[1:] == before.tracks[1:]


@pytest.mark.parametrize(("path", "value", "says"), [
    ("tracks/melody/panning", 0, "a path begins with /"),
    ("", 0, "a path begins with /"),
    ("/tracks/melody/colour", "red", "no such field"),
    ("/tracks/melody", {}, "no such field"),
    ("/sections/0/name", "A", "no such field"),
    ("/tracks/kazoo/panning", 0, "there is no part 'kazoo'"),
    ("/tracks/pad.kazoo/panning", 0, "there is no instrument 'kazoo'"),
    ("/tracks/melody/instrument", "kazoo", "no instrument 'kazoo' (did you mean koto?)"),
    ("/tracks/melody/instrument", 7, "no instrument 7 ("),
    ("/tracks/melody/instrument", "bass_drum", "bass_drum cannot play the role melody"),
    ("/tracks/percussion.snare/instrument", "flute", "flute cannot play the role percussion"),
    ("/tracks/melody/articulation", "yodel", "no articulation"),
    ("/tracks/melody/panning", 7, "no number within -1 and 1"),
    ("/tracks/melody/panning", "left", "no number within -1 and 1"),
    ("/tracks/melody/panning", True, "no number within -1 and 1"),
    ("/tracks/melody/reverb_space", float("nan"), "no number within 0 and 1"),
    ("/tracks/melody/volume_envelope/99", 0.5, "there is no bar 99"),
    ("/tracks/melody/volume_envelope/x", 0.5, "there is no bar x"),
    ("/measures/0/level", 0.5, "there is no bar 0"),
    ("/measures/2/level", 2, "no number within 0 and 1"),
    ("/measures/2/dynamic", "loud", "none of ppp, pp"),
    ("/measures/2/texture", "pad", "no list of melody"),
    ("/measures/2/texture", ["kazoo"], "no list of melody"),
    ("/ending", "bang", "none of cadence"),
])
def test_a_lock_that_cannot_be_is_one_line(path: str, value: Any, says: str) -> None:
    with pytest.raises(EditError) as error:
        _arranged(replace(request("Sad"), locks=(Lock(path, value),)))
    assert says in str(error.value) and "\n" not in str(error.value)
    assert str(error.value).startswith(f"locks.json: {path.removesuffix('/panning')}")


def test_a_field_locked_twice_and_an_articulation_the_instrument_lacks() -> None:
    twice = (Lock("/ending", "fade"), Lock("/ending", "cadence"))
    with pytest.raises(EditError, match="it is there twice"):
        _arranged(replace(request("Sad"), locks=twice))
    lacking = (Lock("/tracks/melody/instrument", "piano"), Lock("/tracks/melody/articulation", "pizzicato"))
    with pytest.raises(EditError, match="piano has no 'pizzicato', but note, pedal"):
        _arranged(replace(request("Sad"), locks=lacking))
