"""The written project, read back by two libraries that are not ours and compared value by value."""
from __future__ import annotations

from fractions import Fraction

import pytest

from backend.daw.rpp.writer import session_text
from backend.domain.session import TICKS_PER_QUARTER, Session, Track
from backend.music.ticks import TickClock


@pytest.fixture(scope="module")
def project(outside, session):
    return outside(session_text(session))


def _times(session: Session) -> dict[int, float]:
    """Seconds of every tick that carries something, summed up in plain floats from the tempo markers."""
    ticks = sorted({t.tick for t in session.tempo} | {r.start_tick for r in session.regions}
                   | {r.end_tick for r in session.regions}
                   | {p.tick for t in session.tracks for p in (*t.volume_envelope, *t.pan_envelope)}
                   | {i.start_tick + i.length_ticks for t in session.tracks for i in t.midi} | {0})
    out, time, at, us = {}, 0.0, 0, session.tempo[0].us_per_quarter
    changes = {t.tick: t.us_per_quarter for t in session.tempo}
    for tick in ticks:
        time += (tick - at) / TICKS_PER_QUARTER * us / 1e6
        at, us = tick, changes.get(tick, us)
        out[tick] = time
    return out


def test_markers(project, session):
    rows = [row for row in project.lines("MARKER") if row[6] == "B"]
    assert [(int(r[0]), r[2], int(r[3])) for r in rows] == [
        (i, " ".join(m.name.split()), 0) for i, m in enumerate(session.markers, start=1)]
    for row, marker in zip(rows, session.markers, strict=True):
        assert float(row[1]) == pytest.approx(marker.time_s, abs=1e-9)
        red, green, blue = int(row[4]) & 255, int(row[4]) >> 8 & 255, int(row[4]) >> 16 & 255
        assert (red << 16 | green << 8 | blue) == marker.color
        assert int(row[4]) & 0x1000000


def test_regions(project, session):
    rows = [row for row in project.lines("MARKER") if row[6] == "R"]
    times = _times(session)
    assert len(rows) == 2 * len(session.regions)
    for number, region in enumerate(session.regions, start=1):
        start, end = rows[2 * number - 2:2 * number]
        assert (int(start[0]), int(end[0]), start[2], end[2]) == (number, number, region.name, "")
        assert int(start[3]) == int(end[3]) == 1
        assert float(start[1]) == pytest.approx(times[region.start_tick], abs=1e-9)
        assert float(end[1]) == pytest.approx(times[region.end_tick], abs=1e-9)


def test_tempo_and_metre(project, session):
    """BPM to 1e-10, square shape, metre as denominator * 65536 + numerator."""
    rows = project.chunks("TEMPOENVEX")[0].lines("PT")
    times = _times(session)
    assert len(rows) == len(session.tempo)
    for row, marker in zip(rows, session.tempo, strict=True):
        assert float(row[0]) == pytest.approx(times[marker.tick], abs=1e-9)
        assert float(row[1]) == pytest.approx(60e6 / marker.us_per_quarter, abs=1e-10)
        assert round(60e6 / float(row[1])) == marker.us_per_quarter
        assert int(row[2]) == 1
        assert [int(v) for v in row[3:]] == (
            [marker.denominator * 65536 + marker.numerator, 0, 1] if marker.numerator else [])
    assert project.value("TEMPO") == rows[0][1] or float(project.value("TEMPO")) == float(rows[0][1])


def test_hit_markers_fall_on_their_beats_when_counted_from_the_file_alone(project, film):
    """Quarters integrated from the file's own tempo points: every anchored hit within 1 ms of its sync position."""
    points = [(float(r[0]), float(r[1])) for r in project.chunks("TEMPOENVEX")[0].lines("PT")]
    markers = [float(r[1]) for r in project.lines("MARKER") if r[6] == "B"]
    checked = 0
    for sync in film.tempo_map.sync:
        quarters, hit_s = 0.0, markers[sync.hit]
        for (start, bpm), (end, _) in zip(points, [*points[1:], (1e9, 0.0)], strict=True):
            quarters += max(0.0, min(end, hit_s) - start) * bpm / 60
        error_s = abs(quarters - float(sync.position_q)) * 60 / bpm
        if sync.anchored:
            assert error_s < 0.001
            checked += 1
    assert checked == 2


def _events(source) -> list[tuple[int, str, str, str]]:
    now, out = 0, []
    for row in source.lines("E"):
        now += int(row[0])
        out.append((now, *(v.zfill(2) for v in row[1:4])))
    return out


def _wanted(track: Track) -> set[tuple[int, str, str, str]]:
    item, = track.midi
    out = {(n.tick, f"{0x90 | n.channel:02x}", f"{n.pitch:02x}", f"{n.velocity:02x}") for n in item.notes}
    out |= {(n.tick + n.length_ticks, f"{0x80 | n.channel:02x}", f"{n.pitch:02x}", "00") for n in item.notes}
    out |= {(c.tick, f"{0xB0 | c.channel:02x}", f"{c.number:02x}", f"{c.value:02x}") for c in item.controls}
    out |= {(p.tick, f"{0xC0 | p.channel:02x}", f"{p.program:02x}", "00") for p in item.programs}
    return out | {(item.start_tick + item.length_ticks, "b0", "7b", "00")}


def test_notes_controllers_and_programs_tick_by_tick(project, session):
    times = _times(session)
    seen = 0
    for chunk, track in zip(project.chunks("TRACK"), session.tracks, strict=True):
        items = [item for item in chunk.chunks("ITEM") if item.chunks("SOURCE")[0].params == ["MIDI"]]
        assert len(items) == len(track.midi)
        for item in items:
            source = item.chunks("SOURCE")[0]
            assert source.lines("HASDATA") == [["1", "960", "QN"]]
            events = _events(source)
            assert set(events) == _wanted(track)
            assert len(events) == len(_wanted(track))
            assert events == sorted(events, key=lambda e: e[0])
            assert float(item.value("POSITION")) == 0.0
            end = track.midi[0].length_ticks
            assert float(item.value("LENGTH")) == pytest.approx(times[end], abs=1e-9)
            seen += len(track.midi[0].notes)
    assert seen == 4 + 8 + 4 + 2 + 3


def test_at_one_tick_what_ends_comes_before_what_begins(project):
    for item in (i for t in project.chunks("TRACK") for i in t.chunks("ITEM")):
        rank = {"8": 0, "c": 1, "b": 2, "9": 3}
        events = [e for e in _events(item.chunks("SOURCE")[0]) if e[2] != "7b"]
        assert [(e[0], rank[e[1][0]]) for e in events] == sorted((e[0], rank[e[1][0]]) for e in events)


def test_volume_envelopes_are_linear_amplitude(project, session):
    times, seen = _times(session), 0
    for chunk, track in zip(project.chunks("TRACK"), session.tracks, strict=True):
        envelopes = chunk.chunks("VOLENV2")
        assert len(envelopes) == int(bool(track.volume_envelope))
        for envelope in envelopes:
            assert envelope.lines("ACT")[0][0] == "1"
            rows = envelope.lines("PT")
            for row, point in zip(rows, track.volume_envelope, strict=True):
                assert float(row[0]) == pytest.approx(times[point.tick], abs=1e-9)
                assert float(row[1]) == pytest.approx(10 ** (point.value / 20), abs=1e-9)
                assert 0 < float(row[1]) <= 1
                seen += 1
    assert seen > 20


def test_faders_pan_mute_offset_and_colour(project, session):
    for chunk, track in zip(project.chunks("TRACK"), session.tracks, strict=True):
        volume, pan, law = (float(v) for v in chunk.lines("VOLPAN")[0][:3])
        assert volume == pytest.approx(10 ** (track.gain_db / 20), abs=1e-9)
        assert pan == track.pan
        assert law == (-1 if track.kind in ("instrument", "spots") else 1)
        assert chunk.value("MUTESOLO") == str(int(track.muted))
        assert chunk.value("NAME") == " ".join(track.name.split())
        offset, bypassed = chunk.lines("PLAYOFFS")[0]
        assert float(offset) == track.playback_offset_ms / 1000
        assert int(bypassed) == int(track.playback_offset_ms == 0)
        color = int(chunk.value("PEAKCOL"))
        assert color & 0x1000000 and (color & 255) == track.color >> 16


def test_sends_stand_on_their_destination(project, session):
    found = {(session.tracks[int(row[0])].id, track.id): float(row[2])
             for chunk, track in zip(project.chunks("TRACK"), session.tracks, strict=True)
             for row in chunk.lines("AUXRECV") if row[1] == "0"}
    wanted = {(t.id, s.target): 10 ** (s.gain_db / 20) for t in session.tracks for s in t.sends}
    assert found.keys() == wanted.keys() and len(found) == 3
    assert all(found[key] == pytest.approx(wanted[key], abs=1e-9) for key in wanted)


def test_folders_enclose_exactly_their_tracks(project, session):
    """Depths counted from ISBUS alone give every track its parent."""
    parents: list[str] = []
    for chunk, track in zip(project.chunks("TRACK"), session.tracks, strict=True):
        assert track.parent == (parents[-1] if parents else "")
        state, change = (int(v) for v in chunk.lines("ISBUS")[0])
        assert state == {1: 1, 0: 0}.get(change, 2)
        if change == 1:
            parents.append(track.id)
        for _ in range(-change):
            parents.pop()
    assert parents == []


def test_picture_and_printed_stems(project, session):
    first = project.chunks("TRACK")[0]
    item, = first.chunks("ITEM")
    source, = item.chunks("SOURCE")
    assert source.params == ["VIDEO"] and source.value("FILE") == "../clips/film clip – été.mp4"
    assert float(item.value("SOFFS")) == 2.75 and float(item.value("LENGTH")) == 14.5
    assert item.value("LOCK") == "1" and first.value("BEAT") == "0"
    files = [s.value("FILE") for s in project.walk() if s.name == "SOURCE" and s.params == ["WAVE"]]
    assert files == ["stems/strings.wav", "stems/brass.wav", "stems/percussion.wav"]


def test_render_timecode_and_locks(project, session):
    assert project.lines("RENDER_FMT") == [["0", "2", "48000"]]
    assert project.lines("SAMPLERATE")[0][:2] == ["48000", "1"]
    assert project.chunks("RENDER_CFG")[0].rows == [["ZXZhdxgAAQ=="]]
    assert project.value("RENDER_STEMS") == "1"
    assert float(project.lines("SELECTION")[0][1]) == session.length_s
    assert float(project.value("PROJOFFS")) == pytest.approx(session.project_offset_s, abs=1e-9)
    assert project.lines("TIMEMODE")[0][3:5] == ["24", "2"]
    assert int(project.value("LOCK")) == 16384 | 8
    assert project.value("TIMELOCKMODE") == "0"


def test_effects_are_reasynth_bypassed_and_reaverbate_wet(project, session):
    seen = []
    for chunk in project.chunks("TRACK"):
        for chain in chunk.chunks("FXCHAIN"):
            vst, = chain.chunks("VST")
            seen.append((vst.params[0], chain.value("BYPASS")))
    assert seen.count(("VSTi: ReaSynth (Cockos)", "1")) == 4
    assert seen.count(("VST: ReaVerbate (Cockos)", "0")) == 3
    assert len(seen) == 7


def test_guids_are_unique_and_shared_only_by_a_track_and_itself(project):
    found: dict[str, int] = {}
    for chunk in project.walk():
        for row in (chunk.params, *(r for r in chunk.rows if isinstance(r, list))):
            for token in row:
                if token.startswith("{"):
                    assert len(token) == 38 and token == token.upper()
                    found[token] = found.get(token, 0) + 1
    tracks = {chunk.params[0] for chunk in project.chunks("TRACK")}
    assert all(count == (2 if guid in tracks else 1) for guid, count in found.items())
    assert len(found) > 50


def test_ticks_of_the_file_are_the_ticks_of_the_clock(session):
    clock = TickClock(session.tempo)
    for tick, time_s in _times(session).items():
        assert float(clock.time_s(tick)) == pytest.approx(time_s, abs=1e-9)
        assert clock.nearest_tick(Fraction(time_s)) == tick
