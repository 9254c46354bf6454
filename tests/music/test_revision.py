"""Operations on a score: they do what they say, touch nothing else, and leave every note playable."""
from __future__ import annotations

import random
from dataclasses import replace
from functools import cache

import pytest

from backend.domain.ensemble import Lock
from backend.domain.revision import ACTIONS, Operation
from backend.domain.score import Note, Part, Score
from backend.errors import CompositionError, InputError
from backend.music.consistency import check_scheme, check_score
from backend.music.harmony import anchored_hits
from backend.music.instruments import instruments
from backend.music.locks import LockedFields, read_locks
from backend.music.part_names import parts_called
from backend.music.ranges import full_share
from backend.music.revision import Done, Room, State, apply, ground_of
from backend.music.revision_cells import level_db, print_of
from backend.music.revision_faults import operation_faults
from backend.music.revision_summary import proved, summary
from backend.rounds import arrange_in_rounds
from tests.agents.sample_cue import EXPERTS, request

ASKED = request("Exciting", hit_times_s=(6.0, 17.4), duration_s=23)
BARS = ASKED.tempo_map.bar_count


@cache
def standing() -> State:
    score, scheme = arrange_in_rounds(ASKED, EXPERTS, "T")
    return State(score, scheme, ASKED.melody)


def _no_rewrite(state: State, bars: range, parts: frozenset[str]) -> State:
    raise AssertionError("nothing is written anew here")


def room(locks: tuple[Lock, ...] = (), first: Score | None = None) -> Room:
    return Room(ASKED.tempo_map, ASKED.hits, read_locks(locks, BARS), first, _no_rewrite)


def revised(*operations: Operation, state: State | None = None, at: Room | None = None) -> tuple[Done, str]:
    """What the operations do, proved; and what is said of it."""
    before = state or standing()
    done = apply(operations, before, at or room())
    found = proved(before, done, ASKED.tempo_map)
    return done, summary(operations, before, done, found, ASKED.tempo_map)


def leads() -> tuple[str, ...]:
    return tuple(p.id for p in standing().score.parts if p.role == "melody")


def part(state: State, id: str) -> Part:
    return next(one for one in state.score.parts if one.id == id)


def bar_of(note: Note) -> int:
    return ASKED.tempo_map.bar_at(note.onset_q).number


def sounds(one: Part, bar: int) -> bool:
    place = ASKED.tempo_map.bars[bar - 1]
    return any(note.onset_q < place.end_q and note.end_q > place.start_q for note in one.notes)


def test_only_the_strings_sound_in_the_named_bars() -> None:
    done, said = revised(Operation("keep_only", ("strings",), 3, 5))
    for old, new in zip(standing().score.parts, done.state.score.parts, strict=True):
        strings = instruments()[old.instrument].family == "strings"
        for bar in range(1, BARS + 1):
            if bar in range(3, 6) and not strings:
                assert not sounds(new, bar)
        inside = [note for note in old.notes if 3 <= bar_of(note) <= 5]
        assert [n for n in new.notes if bar_of(n) < 3 or bar_of(n) > 5] == [
            replace(n, duration_q=min(n.duration_q, ASKED.tempo_map.bars[2].start_q - n.onset_q))
            if not strings and bar_of(n) < 3 else n for n in old.notes if n not in inside]
    out = sum(1 for p in standing().score.parts for n in p.notes
              if 3 <= bar_of(n) <= 5 and instruments()[p.instrument].family != "strings")
    assert said.startswith("bars 3-5: ") and " silent" in said and f"{out} notes out" in said
    rest = len(print_of(done.state.score, done.state.scheme, ASKED.tempo_map).cells.keys() - done.cells)
    assert said.endswith(f"everything else identical ({rest} of {rest} bars, counted by track)") and rest > 0


def test_a_hit_is_met_by_whoever_still_holds_a_tone() -> None:
    hit = next(iter(anchored_hits(ASKED.hits, ASKED.tempo_map)))
    bar = ASKED.tempo_map.bar_at(hit)
    held = Part("pad.held", "Held", "strings1_ensemble", "pad",
                (Note(bar.start_q, bar.length_q, 60, 50), Note(bar.start_q, bar.length_q, 67, 50)))
    assert bar.start_q < hit < bar.end_q
    state = replace(standing(), score=replace(standing().score, parts=(*standing().score.parts, held)))
    done, said = revised(Operation("keep_only", ("pad.held",), bar.number, bar.number), state=state)
    struck = [n for n in part(done.state, "pad.held").notes if n.onset_q == hit]
    assert [n.pitch for n in struck] == [60, 67] and min(n.velocity for n in struck) > 90
    assert "Held strikes 1 hit that would be unmet" in said
    alone, said = revised(Operation("mute", ("all",), bar.number, bar.number), state=state)
    assert "1 hit unmet, nobody plays there" in said and not sounds(part(alone.state, "pad.held"), bar.number)


def test_what_was_silenced_comes_back_as_it_was() -> None:
    done, _ = revised(Operation("mute", ("melody",), 2, 4))
    back, said = revised(Operation("restore", ("melody",), 2, 4), state=done.state, at=room(first=standing().score))
    assert back.state.score == standing().score
    assert said.startswith("bars 2-4: ") and "as before" in said


def test_levels_of_some_bars_and_no_others() -> None:
    before = {t.part: t for t in standing().scheme.tracks}
    for amount in (-6.0, 6.0, 14.0):
        done, said = revised(Operation("level", leads(), 2, 3, amount))
        for track in done.state.scheme.tracks:
            for bar in range(1, BARS + 1):
                change = amount if track.role == "melody" and bar in (2, 3) else 0.0
                assert level_db(track, bar) - level_db(before[track.part], bar) == pytest.approx(change, abs=0.005)
            assert all(0 <= level <= 1 for level in track.volume_envelope.values())
        assert f"{amount:+g} dB" in said and done.state.score == standing().score


def test_a_locked_level_leaves_only_the_room_there_is() -> None:
    done, said = revised(Operation("level", ("melody",), 2, 2, 20.0),
                         at=room((Lock("/tracks/melody/volume_envelope/5", 0.5),)))
    before, after = (next(t for t in s.scheme.tracks if t.part == "melody") for s in (standing(), done.state))
    assert after.volume_envelope == {**before.volume_envelope, 2: 1.0} and after.gain_db == before.gain_db
    assert "has room for" in said


def test_another_instrument_for_the_whole_cue() -> None:
    done, said = revised(Operation("instrument", leads(), 1, BARS, name="bassoon"))
    for lead in (p for p in standing().score.parts if p.role == "melody"):
        new = part(done.state, lead.id)
        track = next(t for t in done.state.scheme.tracks if t.part == lead.id)
        assert (new.instrument, new.name, track.instrument, track.name) == ("bassoon", "Bassoon", "bassoon", "Bassoon")
        assert {n.onset_q for n in new.notes} >= {n.onset_q for n in lead.notes}
        assert full_share(new.notes, instruments()["bassoon"]) == 1.0 and new.controls
    assert "to Bassoon" in said


def test_another_instrument_for_some_bars_takes_over_there() -> None:
    lead = next(p for p in standing().score.parts if p.role == "melody" and any(bar_of(n) == 3 for n in p.notes))
    done, _ = revised(Operation("instrument", (lead.id,), 3, 3, name="cello_solo"),
                      Operation("keep_only", ("cello_solo",), 3, 3))
    new = part(done.state, "melody.cello_solo")
    assert {n.onset_q for n in new.notes} == {n.onset_q for n in lead.notes if bar_of(n) == 3}
    start = ASKED.tempo_map.bars[2].start_q
    assert list(part(done.state, lead.id).notes) == [
        replace(n, duration_q=min(n.duration_q, start - n.onset_q)) if bar_of(n) < 3 else n
        for n in lead.notes if bar_of(n) != 3]
    track = next(t for t in done.state.scheme.tracks if t.part == "melody.cello_solo")
    assert track.instrument == "cello_solo" and track.made_by == "revise"
    check_scheme(done.state.scheme, done.state.score)


def test_place_and_depth() -> None:
    done, said = revised(Operation("pan", leads(), 1, BARS, 0.7), Operation("reverb", leads(), 1, 0, 0.9),
                         Operation("gain", leads(), 1, 0, -2.0))
    for old, new in zip(standing().scheme.tracks, done.state.scheme.tracks, strict=True):
        if old.role == "melody":
            old = replace(old, panning=0.7, reverb_space=0.9, gain_db=old.gain_db - 2)
        assert new == old
    assert "-> 0.7" in said and "-> 0.9" in said and "gain 0 -> -2 dB" in said


def test_octaves_and_articulations() -> None:
    lead = next(p for p in standing().score.parts if p.role == "melody")
    way = sorted(instruments()[lead.instrument].articulations)[0]
    done, said = revised(Operation("articulation", (lead.id,), 1, 0, name=way))
    assert {n.articulation for n in part(done.state, lead.id).notes} == {way}
    assert next(t for t in done.state.scheme.tracks if t.part == lead.id).articulation == way and way.replace(
        "_", " ") in said
    bass = next(p for p in standing().score.parts if p.role == "bass")
    low = max(12 * k for k in (1, 2) if max(n.pitch for n in bass.notes) + 12 * k
              <= instruments()[bass.instrument].full_range[1])
    done, _ = revised(Operation("octave", (bass.id,), 1, 0, low // 12))
    assert [n.pitch for n in part(done.state, bass.id).notes] == [n.pitch + low for n in bass.notes]


@pytest.mark.parametrize(("operation", "says"), [
    (Operation("mute", ("kazoo",)), "there is no track 'kazoo' in this cue; there are melody"),
    (Operation("mute", ("melody",), 4, 2), "no bars 4-2: the cue has"),
    (Operation("mute", ("melody",), 0, 2), "no bars 0-2"),
    (Operation("mute", ("melody",), 1, 999), "no bars 1-999"),
    (Operation("keep_only"), "name the tracks that it is for, or all"),
    (Operation("level", (), 1, 0, -4.0), "name the tracks that it is for, or all"),
    (Operation("keep_only", ("All",)), "name those that go on playing, not all"),
    (Operation("restore", ("melody",)), "nothing was taken out"),
    (Operation("level", ("melody",), 1, 2, 0.0), "not 0"),
    (Operation("level", ("melody",), 1, 2, 99.0), "within -24 and 24"),
    (Operation("pan", ("melody",), 1, 2, 0.1), "from first bar to last"),
    (Operation("pan", ("melody",), 1, 0, 5.0), "-1 is left"),
    (Operation("reverb", ("melody",), 1, 0, 1.5), "0 is dry"),
    (Operation("gain", ("melody",), 1, 0, 24.0), ""),
    (Operation("octave", ("melody",), 1, 0, 3.0), "would need pitches"),
    (Operation("octave", ("melody",), 1, 0, 0.5), "whole octaves"),
    (Operation("instrument", ("melody",), 1, 0, name="kazoo"), "there is no instrument 'kazoo'"),
    (Operation("instrument", ("melody",), 1, 0, name="snare"), "snare cannot play melody"),
    (Operation("instrument", ("all",), 1, 0, name="flute"), "name the tracks that get"),
    (Operation("articulation", ("melody",), 1, 0, name="yodel"), "has no 'yodel'"),
    (Operation("elsewhere"), "say what another stage decides"),
])
def test_what_cannot_be_done_says_why_and_does_nothing(operation: Operation, says: str) -> None:
    faults = operation_faults(operation, ground_of(standing(), room()))
    if not says:
        assert faults == ()
        return
    assert any(says in problem for _, problem in faults), faults
    if operation.action != "elsewhere":
        with pytest.raises(InputError, match="Nothing was changed"):
            revised(Operation("pan", ("melody",), 1, 0, 0.1), operation)


@pytest.mark.parametrize(("operation", "path", "value"), [
    (Operation("instrument", ("melody",), 1, 0, name="flute"), "instrument", "oboe"),
    (Operation("articulation", ("melody",), 1, 0, name="legato"), "articulation", "long"),
    (Operation("pan", ("melody",), 1, 0, 0.5), "panning", 0.1),
    (Operation("reverb", ("melody",), 1, 0, 0.5), "reverb_space", 0.1),
    (Operation("gain", ("melody",), 1, 0, 0.5), "gain_db", 0.1),
    (Operation("level", ("melody",), 2, 4, 0.5), "volume_envelope/3", 0.1),
])
def test_what_the_user_locked_is_left_alone(operation: Operation, path: str, value: object) -> None:
    locked = room((Lock(f"/tracks/melody/{path}", value),))
    faults = operation_faults(operation, ground_of(standing(), locked))
    assert any("is locked by the user" in problem for _, problem in faults), faults


def test_a_stray_change_is_refused() -> None:
    done, _ = revised(Operation("pan", ("melody",), 1, 0, 0.5))
    stray = replace(done, state=replace(done.state, score=replace(done.state.score, title="other")))
    with pytest.raises(CompositionError, match="score/title"):
        proved(standing(), stray, ASKED.tempo_map)
    first, *rest = done.state.score.parts
    cut = replace(first, notes=first.notes[:-1], timing_ms=first.timing_ms[:-1])
    stray = replace(done, state=replace(done.state, score=replace(done.state.score, parts=(cut, *rest))))
    with pytest.raises(CompositionError, match=f"{first.id}, bar"):
        proved(standing(), stray, ASKED.tempo_map)


def test_names_of_parts() -> None:
    parts = standing().score.parts
    assert parts_called("melody", parts) == ("melody",)
    strings = {p.id for p in parts if instruments()[p.instrument].family == "strings"}
    assert strings and set(parts_called("Strings", parts)) >= strings
    assert parts_called(parts[1].name.upper(), parts)[0] in {p.id for p in parts if p.name == parts[1].name}
    assert parts_called("kazoo", parts) == () and parts_called("", parts) == ()


def _random_operation(rng: random.Random) -> Operation:
    first = rng.randint(1, BARS)
    action = rng.choice([a for a in ACTIONS if a not in ("elsewhere", "rewrite")])
    if action in ("pan", "reverb", "gain") or rng.random() < 0.2:
        first, last = 1, BARS
    else:
        last = rng.randint(first, BARS)
    parts = standing().score.parts
    tracks = tuple(rng.choice((p.id, p.role, p.instrument, instruments()[p.instrument].family))
                   for p in rng.sample(parts, rng.randint(1, 3)))
    name = rng.choice(sorted(instruments())) if action == "instrument" else rng.choice(
        ["legato", "staccato", "pizzicato", "hit", "long", "note"])
    amount = {"level": rng.uniform(-12, 12), "gain": rng.uniform(-6, 6), "pan": rng.uniform(-1, 1),
              "reverb": rng.random(), "octave": float(rng.choice((-1, 1)))}.get(action, 0.0)
    return Operation(action, tracks, first, last, amount, name)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_asked_notes_stay_in_range_and_the_rest_identical(seed: int) -> None:
    rng = random.Random(seed)
    state, at = standing(), room(first=standing().score)
    for _ in range(12):
        operation = _random_operation(rng)
        if operation_faults(operation, ground_of(state, at)):
            continue
        try:
            done = apply((operation,), state, at)
        except InputError as refused:
            assert "Nothing was changed" in str(refused)
            continue
        found = proved(state, done, ASKED.tempo_map)
        told = summary((operation,), state, done, found, ASKED.tempo_map)
        assert ("every note as it was" in told) <= (state.score.parts == done.state.score.parts)
        assert ("identical (" in told) == bool(found.cells and found.every - done.cells), told
        state = done.state
        check_score(state.score, ASKED.tempo_map)
        check_scheme(state.scheme, state.score)
        for one in state.score.parts:
            assert full_share(one.notes, instruments()[one.instrument]) == 1.0, one.id
        assert state.score.parts[0].id == standing().score.parts[0].id and at.locks == LockedFields()
