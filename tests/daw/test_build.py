"""The session: who lies where, how loud, when."""
from __future__ import annotations

import dataclasses
import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.daw.parts import part_notes
from backend.daw.tracks import send_gain_db
from backend.daw.volume import bar_levels, volume_envelope
from backend.domain.hits import HitPoints
from backend.domain.score import Note, Part
from backend.domain.session import Session, Track
from backend.domain.spotting import RhythmSpots
from backend.domain.tempo import Meter, TempoMap, TempoPoint
from backend.errors import EditError
from backend.music.instruments import instruments
from backend.music.ticks import TickClock, ticks

F = Fraction


def _track(session: Session, id: str) -> Track:
    return next(track for track in session.tracks if track.id == id)


def test_tracks_stand_in_the_order_a_composer_reads(session):
    assert [(track.id, track.kind, track.parent) for track in session.tracks] == [
        ("picture", "picture", ""), ("spots", "spots", ""),
        ("strings", "folder", ""), ("melody", "instrument", "strings"), ("pad.celli", "instrument", "strings"),
        ("strings.reverb", "reverb", "strings"),
        ("brass", "folder", ""), ("counter", "instrument", "brass"), ("brass.reverb", "reverb", "brass"),
        ("percussion", "folder", ""), ("part.percussion", "instrument", "percussion"),
        ("percussion.reverb", "reverb", "percussion"),
        ("printed", "folder", ""), ("printed.strings", "printed", "printed"), ("printed.brass", "printed", "printed"),
        ("printed.percussion", "printed", "printed")]
    assert len({track.id for track in session.tracks}) == len(session.tracks)


def test_the_picture_starts_where_the_cue_starts_on_the_files_clock(session):
    assert session.video.source_offset_s == 2.75
    assert session.length_s == session.video.length_s == 14.5
    assert session.video.name == "film clip – été.mp4"
    assert session.project_offset_s == pytest.approx((86400 + 48) * 1001 / 24000, abs=1e-9)
    assert (session.frame_rate_numerator, session.frame_rate_denominator) == (24000, 1001)


def test_hits_are_markers_at_their_own_times(film, session):
    assert [marker.time_s for marker in session.markers] == [float(hit.time_s) for hit in film.hits.hits]
    assert session.markers[0].name == "H01 impact: the door 'slams' \"hard\" (hard 0.90)"
    assert session.markers[2].name == "H03 flash (avoid 0.30)"
    assert len({marker.color for marker in session.markers}) == 4


def test_regions_begin_and_end_on_bar_lines(film, session):
    lines = {ticks(bar.start_q) for bar in film.tempo_map.bars} | {ticks(film.tempo_map.bars[-1].end_q)}
    assert [region.name for region in session.regions] == [
        "1M1 Nacht", "A (bars 1-4)", "B (bars 5-6)", "A' (bars 7-8)"]
    assert all({region.start_tick, region.end_tick} <= lines for region in session.regions)
    assert session.regions[1].color == session.regions[3].color != session.regions[2].color


def test_tempo_markers_give_the_maps_times_exactly(film, session):
    clock = TickClock(session.tempo)
    for quarter in range(0, 57):
        position = F(quarter, 2)
        assert clock.time_s(ticks(position)) == film.tempo_map.time_s(position)
    metres = [(m.tick, m.numerator, m.denominator) for m in session.tempo if m.numerator]
    assert metres == [(0, 4, 4), (15360, 3, 4), (21120, 7, 8), (24480, 4, 4)]


def test_every_note_is_there_on_its_humanised_tick(film, session):
    notes = _track(session, "melody").midi[0].notes
    part = film.score.parts[0]
    assert [note.pitch for note in notes] == [note.pitch for note in part.notes]
    for note, written, offset_ms in zip(notes, part.notes, part.timing_ms, strict=True):
        exact = film.tempo_map.position_q(film.tempo_map.time_s(written.onset_q)) * 960
        us = 60e6 / film.tempo_map.tempo_qpm(written.onset_q)
        wanted = exact if written.onset_q == 4 else exact + F(offset_ms) * 960_000 / F(us)
        assert abs(note.tick - wanted) <= F(1, 2)
        assert note.velocity == written.velocity
        assert note.tick + note.length_ticks == ticks(written.end_q)


def test_an_anchored_hard_hit_is_played_on_time_and_nothing_before_the_cue(film):
    early = dataclasses.replace(film.score.parts[0], timing_ms=(-50.0,) * 8)
    moved = dataclasses.replace(film, score=dataclasses.replace(film.score, parts=(early, *film.score.parts[1:])))
    notes = _track(moved.session(), "melody").midi[0].notes
    assert notes[0].tick == 0
    assert notes[3].tick == 4 * 960
    assert notes[4].tick == 19 * 480 - round(0.05 * 960e6 / 541_011)


def test_notes_of_one_pitch_never_overlap():
    part = Part("p", "P", "violins1", "pad", (
        Note(F(0), F(2), 60, 70), Note(F(1), F(1), 60, 90), Note(F(1), F(2), 60, 80), Note(F(1), F(1), 64, 50)))
    made = part_notes(part, (0, 960, 960, 960), 0)
    assert [(n.tick, n.length_ticks, n.pitch, n.velocity) for n in made] == [
        (0, 960, 60, 70), (960, 1920, 60, 90), (960, 960, 64, 50)]


def test_fader_and_envelope_together_are_the_schemes_level(film, session):
    """At the middle of every bar that does not slope, fader + envelope = scheme gain + 20 log10(level)."""
    track, row = _track(session, "melody"), film.scheme.tracks[0]
    levels = {1: 0.4, 2: 0.4, 3: 0.8, 4: 0.8, 5: 0.05, 6: 0.8, 7: 0.8, 8: 0.8}
    assert max(point.value for point in track.volume_envelope) == 0.0
    for bar in film.tempo_map.bars:
        middle = ticks(bar.start_q + bar.length_q / 2)
        held = [p.value for p in track.volume_envelope if p.tick <= middle][-1]
        assert track.gain_db + held == pytest.approx(row.gain_db + 20 * math.log10(levels[bar.number]), abs=1e-5)


def test_a_step_takes_60_to_120_ms_and_ends_on_the_bar_line(film, session):
    points = _track(session, "melody").volume_envelope
    clock = TickClock(session.tempo)
    bar = film.tempo_map.bars[2]
    at = [i for i, p in enumerate(points) if p.tick == ticks(bar.start_q)][0]
    start = max(i for i in range(at) if points[i].value == points[0].value)
    assert 0.06 <= clock.time_s(points[at].tick) - clock.time_s(points[start].tick) <= 0.12
    assert all(abs(a.value - b.value) <= 6.0 + 1e-6 for a, b in zip(points, points[1:], strict=False))
    assert min(p.value for p in points) >= -30.0


def test_a_crescendo_over_bars_is_a_slope_with_a_point_on_every_beat(film, session):
    points = {p.tick: p.value for p in _track(session, "pad.celli").volume_envelope}
    for beat in range(0, 13):
        assert beat * 960 in points
    db = [points[beat * 960] for beat in range(0, 13)]
    assert db == sorted(db)
    assert db[12] == 0.0
    assert db[4] - db[0] == pytest.approx(20 * math.log10(0.3 / 0.2), abs=1e-5)
    assert db[2] - db[0] == pytest.approx((db[4] - db[0]) / 2, abs=1e-5)


def test_a_constant_level_is_a_fader_only(session):
    horns = _track(session, "counter")
    assert horns.volume_envelope == ()
    assert horns.gain_db == pytest.approx(-4.0 + 20 * math.log10(0.5), abs=1e-5)
    assert _track(session, "part.percussion").gain_db == -6.0


def test_sends_follow_the_reverb_space_into_the_familys_own_room(session):
    assert send_gain_db(0.0) is None
    assert send_gain_db(0.3) == pytest.approx(-17.7)
    assert send_gain_db(1.0) == -3.0
    assert [(s.target, s.gain_db) for s in _track(session, "melody").sends] == [("strings.reverb", -17.7)]
    assert _track(session, "pad.celli").sends == ()
    assert [(s.target, s.gain_db) for s in _track(session, "counter").sends] == [("brass.reverb", -3.0)]


def test_the_project_sounds_through_the_printed_stems_alone(session):
    for track in session.tracks:
        if track.kind == "instrument":
            assert [(fx.kind, fx.bypassed) for fx in track.fx] == [("synth", True)]
        if track.kind == "printed":
            assert not track.muted
            assert track.audio[0].file == f"stems/{track.id.removeprefix('printed.')}.wav"
            assert track.audio[0].length_s == session.length_s
    assert _track(session, "spots").muted


def test_spots_are_one_item_that_tells_hits_from_fills(session):
    item, = _track(session, "spots").midi
    assert [(n.tick, n.pitch, n.velocity) for n in item.notes] == [
        (0, 64, 60), (960, 64, 90), (3840, 62, 120), (9120, 62, 90)]


def test_a_spot_ends_where_the_next_begins(film):
    long = tuple(dataclasses.replace(spot, duration_q=F(40)) for spot in film.spots.spots)
    spots = dataclasses.replace(film, spots=dataclasses.replace(film.spots, spots=long[::-1]))
    notes = _track(spots.session(), "spots").midi[0].notes
    assert [(n.tick, n.length_ticks) for n in notes] == [(0, 960), (960, 2880), (3840, 5280), (9120, 38_400)]


def test_no_spots_and_no_hits_and_no_notes_still_make_a_session(film):
    empty = dataclasses.replace(film, spots=RhythmSpots((), ()), hits=HitPoints(()),
                                score=dataclasses.replace(film.score, parts=()))
    session = empty.session()
    assert [track.id for track in session.tracks] == ["picture", "spots", "printed"]
    assert session.markers == () and _track(session, "spots").midi[0].notes == ()


def test_timing_that_does_not_fit_the_notes_is_the_users_to_mend(film):
    part = dataclasses.replace(film.score.parts[0], timing_ms=(1.0, 2.0))
    wrong = dataclasses.replace(film, score=dataclasses.replace(film.score, parts=(part,)))
    with pytest.raises(EditError, match="Part 'melody' has 8 notes but 2 values in timing_ms"):
        wrong.session()


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.integers(1, 8), st.floats(0, 1), max_size=8))
def test_any_levels_give_an_envelope_that_meets_them_on_every_bar_line(levels):
    map_ = TempoMap((TempoPoint(F(0), 487_805), TempoPoint(F(7), 612_001)), (Meter(1, 4), Meter(4, 5, 8)), 8, F(20))
    gain_db, points = volume_envelope(levels, map_)
    per_bar = bar_levels(levels, 8)
    loudest = max(20 * math.log10(max(v, 0.001)) for v in per_bar)
    assert gain_db == pytest.approx(loudest, abs=1e-5)
    assert [p.tick for p in points] == sorted({p.tick for p in points})
    assert all(abs(a.value - b.value) <= 6.0 + 1e-5 for a, b in zip(points, points[1:], strict=False))
    for bar, level in zip(map_.bars, per_bar, strict=True):
        wanted = max(-30.0, 20 * math.log10(max(level, 0.001)) - loudest)
        held = [p.value for p in points if p.tick <= ticks(bar.start_q)]
        assert (held[-1] if held else 0.0) == pytest.approx(wanted, abs=1e-5)


def test_drums_play_on_channel_ten_and_articulations_choose_programs(session):
    kit = _track(session, "part.percussion")
    assert kit.drum_kit and {note.channel for note in kit.midi[0].notes} == {9} and kit.midi[0].programs == ()
    melody = _track(session, "melody")
    pizzicato = melody.midi[0].notes[4].tick
    assert [(p.tick, p.program) for p in melody.midi[0].programs] == [
        (0, 48), (pizzicato, 45), (melody.midi[0].notes[6].tick, 48)]
    assert melody.playback_offset_ms == -40.0 and melody.pan == -0.45


def test_controllers_at_one_place_keep_the_last_value_and_repeats_go(session):
    controls = _track(session, "melody").midi[0].controls
    assert [(c.tick, c.number, c.value) for c in controls] == [(0, 1, 40), (0, 11, 100), (3840, 1, 97)]


def test_equal_inputs_give_equal_sessions(film, session):
    assert film.session() == session


def test_an_unknown_instrument_is_named(film):
    row = dataclasses.replace(film.scheme.tracks[0], instrument="theremin9")
    wrong = dataclasses.replace(film.scheme, tracks=(row, *film.scheme.tracks[1:]))
    with pytest.raises(EditError, match="'melody' asks for the instrument 'theremin9'"):
        dataclasses.replace(film, scheme=wrong).session()


def test_a_part_the_scheme_does_not_name_keeps_its_instruments_seat(film):
    fewer = dataclasses.replace(film.scheme, tracks=film.scheme.tracks[:1])
    horns = _track(dataclasses.replace(film, scheme=fewer).session(), "counter")
    assert horns.pan == instruments()["horns_a4"].pan
    assert horns.gain_db == 0.0
