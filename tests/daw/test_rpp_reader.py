"""Our reader against two libraries on every real project, and on damaged ones."""
from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest

from backend.daw.rpp.quoting import tokens
from backend.daw.rpp.reader import ProjectItem, RppProject, parse_rpp, read_rpp
from backend.daw.rpp.tree import Node, decode, parse
from backend.daw.rpp.writer import session_text
from backend.errors import EditError, InputError

REAL = ("exvertus_test_track_markers_midi.rpp", "griffin_19_tracks_88_items_40_midi.rpp",
        "iplug2_drumsynth_sends_v6.RPP", "iplug2_visualizer_v7.RPP",
        "onyx_caravan_6_video_items_544_tempo_points.RPP", "reacoma_16_items.rpp", "rpp_empty_v4.RPP",
        "rpp_vst_v5.RPP", "rppp_audio-file-with-take-fx.RPP", "rppp_audio-file-x4.RPP",
        "rppp_empty-item-x3-with-text.RPP", "rppp_midi-item.RPP", "rppp_send-receive.RPP",
        "rppp_tricky-strings.RPP", "rppp_two-vst3s.RPP", "rppp_vst-line-endings.RPP",
        "rppp_vst3-track-and-take-fx.RPP", "ultraschall_soundboard.RTrackTemplate",
        "yarg_template_24_tracks_23_midi_v7.rpp")


def _tracks(root) -> list:
    return [root] if root.name == "TRACK" else root.chunks("TRACK")


def _outside_markers(root) -> tuple[list, list]:
    """Plain markers, and regions paired by number."""
    markers, regions, started = [], [], {}
    for row in root.lines("MARKER"):
        number, time_s, name = int(row[0]), float(row[1]), row[2]
        if int(row[3]) % 2 == 0:
            markers.append((number, time_s, name, int(row[4])))
        elif number in started:
            regions.append((number, started[number][0], time_s, started.pop(number)[1]))
        else:
            started[number] = (time_s, name)
    return markers, regions


def _outside_notes(source) -> list[tuple[int, int, int, int, int]]:
    """(tick, length, pitch, velocity, channel); text chunks move the clock too."""
    now, sounding, notes = 0, {}, []
    for row in source.rows:
        if not isinstance(row, list):
            now += int(row.params[0]) if row.name.lower() == "x" else 0
            continue
        if row[0].lower() not in ("e", "em"):
            continue
        now += int(row[1])
        status, pitch, velocity = (int(v, 16) for v in row[2:5])
        key = (status % 16, pitch)
        if status // 16 == 9 and velocity > 0:
            sounding.setdefault(key, []).append((now, velocity))
        elif status // 16 in (8, 9) and sounding.get(key):
            start, loud = sounding[key].pop(0)
            notes.append((start, now - start, pitch, loud, status % 16))
    for (channel, pitch), left in sounding.items():
        notes += [(start, now - start, pitch, loud, channel) for start, loud in left]
    return sorted(notes, key=lambda n: (n[0], n[2], n[4]))


def _outside_item(item) -> tuple:
    takes, active = [[]], 0
    for row in item.rows:
        if isinstance(row, list) and row[0] == "TAKE":
            takes.append([])
            active = len(takes) - 1 if "SEL" in row else active
        else:
            takes[-1].append(row)
    lines = {row[0]: row[1:] for row in reversed(takes[active]) if isinstance(row, list)}
    sources = [row for row in takes[active] if not isinstance(row, list) and row.name == "SOURCE"]
    source = sources[0] if sources else None
    while source and source.chunks("SOURCE"):
        source = source.chunks("SOURCE")[0]
    kind = source.params[0] if source and source.params else ""
    file = source.lines("FILE")[0][0] if source and source.lines("FILE") else ""
    notes = _outside_notes(source) if kind == "MIDI" else []
    return (float(item.value("POSITION")), float(item.value("LENGTH")), float(lines.get("SOFFS", [0])[0]),
            kind, file, notes)


def _ours(item: ProjectItem) -> tuple:
    notes = [(n.tick, n.length_ticks, n.pitch, n.velocity, n.channel) for n in item.notes]
    return item.position_s, item.length_s, item.offset_s, item.source, item.file, notes


def _outside_tempo(root) -> list[tuple]:
    points = [row for chunk in root.chunks("TEMPOENVEX") for row in chunk.lines("PT")]
    return [(float(r[0]), float(r[1]), int(r[2]), *((int(r[3]) % 65536, int(r[3]) // 65536 or 4)
                                                   if len(r) > 3 else (0, 4))) for r in points]


def _same(project: RppProject, root) -> None:
    assert [(t.time_s, t.tempo_qpm, t.shape, t.numerator, t.denominator) for t in project.tempo] == \
        _outside_tempo(root)
    if root.lines("TEMPO"):
        assert [project.tempo_qpm, project.numerator, project.denominator] == [
            float(v) for v in root.lines("TEMPO")[0][:3]]
    markers, regions = _outside_markers(root)
    assert [(m.number, m.time_s, m.name, m.color) for m in project.markers] == markers
    assert [(r.number, r.start_s, r.end_s, r.name) for r in project.regions] == regions
    items = [(i, item) for i, track in enumerate(_tracks(root)) for item in track.chunks("ITEM")]
    assert [item.track for item in project.items] == [i for i, _ in items]
    for ours, (_, theirs) in zip(project.items, items, strict=True):
        assert _ours(ours) == _outside_item(theirs)


@pytest.mark.parametrize("file", REAL)
def test_agrees_with_the_libraries_on_real_projects(outside, shared_data: Path, file: str):
    """Markers, regions, tempo points, items with position, length, source file and every MIDI note."""
    path = shared_data / "reaper" / file
    _same(read_rpp(path), outside(decode(path.read_bytes())))


def _tokens_differ(ours: Node, theirs, out: list) -> list:
    """Every chunk, line and token; numbers by value. Lines of free text are compared without their blanks."""
    pairs = list(zip(ours.params, theirs.params, strict=True))
    for row, other in zip(ours.rows, theirs.rows, strict=True):
        if isinstance(row, Node):
            _tokens_differ(row, other, out)
        elif row.startswith("|"):
            pairs.append(("".join(row.split()).lstrip("|"), "".join("".join(other).split()).lstrip("|")))
        else:
            pairs += zip(tokens(row), other, strict=True)
    out += [(a, b) for a, b in pairs if a != b and a.lower() != b.lower() and not _equal_numbers(a, b)]
    return out


def _equal_numbers(a: str, b: str) -> bool:
    try:
        return float(a) == float(b)
    except ValueError:
        return False


@pytest.mark.parametrize("file", REAL)
def test_every_token_of_real_projects_agrees(outside, shared_data: Path, file: str):
    text = decode((shared_data / "reaper" / file).read_bytes())
    node, = parse(text)
    assert _tokens_differ(node, outside(text), []) == []


def test_the_list_of_real_projects_is_complete(shared_data: Path):
    folder = shared_data / "reaper"
    assert sorted(p.name for p in folder.iterdir() if re.search(r"\.(rpp|RTrackTemplate)$", p.name, re.I)) == \
        sorted(REAL)


def test_what_is_in_the_real_projects(shared_data: Path):
    folder = shared_data / "reaper"
    caravan = read_rpp(folder / "onyx_caravan_6_video_items_544_tempo_points.RPP")
    assert len(caravan.tempo) == 544
    assert [item.source for item in caravan.items].count("VIDEO") == 6
    assert (caravan.tempo[0].tempo_qpm, caravan.tempo[0].numerator, caravan.tempo[0].denominator) == (
        140.0001400001, 4, 4)
    track = read_rpp(folder / "exvertus_test_track_markers_midi.rpp")
    assert [(r.number, r.start_s, r.end_s, r.name) for r in track.regions] == [
        (2, 0.0, 3.75, "Pickup"), (3, 3.75, 45.0, "A Loop"), (5, 45.0, 63.75, "A2 Loop"), (4, 63.75, 90.0, "B Loop"),
        (1, 90.0, 108.75, "Fadeout")]
    midi = read_rpp(folder / "rppp_midi-item.RPP").items[0]
    assert [(n.tick, n.length_ticks, n.pitch, n.velocity) for n in midi.notes] == [
        (0, 480, 60, 96), (960, 480, 60, 96), (1920, 480, 60, 96), (2880, 960, 61, 124)]


def test_a_name_with_all_three_quotes_is_read_from_its_chunk(shared_data: Path):
    tracks = read_rpp(shared_data / "reaper" / "rppp_tricky-strings.RPP").tracks
    assert "'''```\"\"\"" in tracks and "hel\"lo" in tracks and "<HELLO world >" in tracks


def test_reads_back_what_we_write(outside, session):
    text = session_text(session)
    project = parse_rpp(text)
    _same(project, outside(text))
    assert project.offset_s == pytest.approx(session.project_offset_s, abs=1e-9)
    assert [m.time_s for m in project.markers] == pytest.approx([m.time_s for m in session.markers], abs=1e-9)
    notes = [(n.tick, n.length_ticks, n.pitch, n.velocity, n.channel) for i in project.items for n in i.notes]
    assert notes == [(n.tick, n.length_ticks, n.pitch, n.velocity, n.channel)
                     for t in session.tracks for item in t.midi
                     for n in sorted(item.notes, key=lambda n: (n.tick, n.pitch, n.channel))]


def test_line_ends_and_byte_order_marks_do_not_matter(session):
    text = session_text(session)
    plain = parse_rpp(text)
    for variant in (text.replace("\n", "\r\n"), text.replace("\n", "\r"), text.replace("  ", "\t"), text + "\n\n"):
        assert parse_rpp(variant) == plain
    assert parse_rpp(decode(b"\xef\xbb\xbf" + text.encode())) == plain


def test_old_projects_in_a_code_page_are_read():
    data = '<REAPER_PROJECT 0.1 "4.32" 0\n  MARKER 1 2.5 "Été" 0\n>\n'.encode("latin-1")
    assert parse_rpp(decode(data)).markers[0].name == "Été"


def test_takes_sections_and_texts():
    """The selected take counts, sources are found inside sections, texts move the MIDI clock."""
    text = ("<REAPER_PROJECT 0.1 x 0\n<TRACK\n<ITEM\nPOSITION 1\nLENGTH 2\nNAME first\nSOFFS 0\n"
            "<SOURCE WAVE\nFILE a.wav\n>\nTAKE SEL\nNAME 'second take'\nSOFFS 3.5\nPLAYRATE 2 1\n"
            "<SOURCE SECTION\nSTARTPOS 1\n<SOURCE VIDEO\n"
            "FILE \"b c.mp4\"\n>\n>\n>\n<ITEM\nPOSITION 4\nLENGTH 1\n<SOURCE MIDI\nHASDATA 1 480 QN\nE 10 90 3c 40\n"
            "<X 20 0 0 0 1 hi\n/wFoaQ==\n>\nem 30 80 3c 00\nE 5 91 3d 01\nE 7 b0 7b 00\n>\n>\n>\n>\n")
    video, midi = parse_rpp(text).items
    assert (video.name, video.source, video.file, video.offset_s, video.play_rate) == (
        "second take", "VIDEO", "b c.mp4", 3.5, 2.0)
    assert [(n.tick, n.length_ticks, n.pitch, n.velocity, n.channel) for n in midi.notes] == [
        (10, 50, 60, 64, 0), (65, 7, 61, 1, 1)]
    assert midi.ticks_per_quarter == 480


DAMAGED = {
    "empty": ("", "found an empty file"),
    "text": ("hello\n", "Line 1: not a REAPER project"),
    "other chunk": ("<AIFF\n>\n", "found <AIFF"),
    "cut off": ("<REAPER_PROJECT 0.1 x 0\n  <TRACK\n    NAME a\n", "Line 2: <TRACK is never closed"),
    "one too many": ("<REAPER_PROJECT 0.1 x 0\n>\n>\n", "Line 3: '>' closes nothing"),
    "length": ("<REAPER_PROJECT 0.1 x 0\n<TRACK\n<ITEM\nPOSITION 0\nLENGTH twelve\n>\n>\n>\n",
               "Line 3, <ITEM: expected a number, got 'twelve'"),
    "tempo": ("<REAPER_PROJECT 0.1 x 0\n<TEMPOENVEX\nPT 0 fast 1\n>\n>\n", "<TEMPOENVEX: expected a number"),
    "infinite": ("<REAPER_PROJECT 0.1 x 0\nMARKER inf 1 a 0\n>\n", "expected a number, got 'inf'"),
    "region": ("<REAPER_PROJECT 0.1 x 0\nMARKER 3 1 a 1\n>\n", "Region 3 has no end"),
    "midi": ("<REAPER_PROJECT 0.1 x 0\n<TRACK\n<ITEM\n<SOURCE MIDI\nE 0 9g 3c 60\n>\n>\n>\n>\n",
             "'E 0 9g 3c 60' is no MIDI event"),
    "midi short": ("<REAPER_PROJECT 0.1 x 0\n<TRACK\n<ITEM\n<SOURCE MIDI\nE\n>\n>\n>\n>\n", "'E' is no MIDI event"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_projects_raise_one_line(tmp_path: Path, case: str):
    text, message = DAMAGED[case]
    path = tmp_path / "broken one.RPP"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EditError) as raised:
        read_rpp(path)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value) and "'broken one.RPP'" in str(raised.value)


def test_every_truncation_of_a_project_is_read_or_refused_in_one_line(session):
    text = session_text(session)
    refused = 0
    for cut in range(0, len(text), 97):
        try:
            parse_rpp(text[:cut])
        except EditError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused == len(range(0, len(text), 97))


def test_random_damage_to_real_projects_never_raises_anything_else(shared_data: Path):
    """Bytes overwritten, lines lost or doubled: read, or EditError in one line."""
    random, outcomes = Random(7), {"read": 0, "refused": 0}
    for file in ("rppp_midi-item.RPP", "rpp_vst_v5.RPP", "rppp_audio-file-x4.RPP"):
        lines = (shared_data / "reaper" / file).read_bytes().decode().splitlines()
        for _ in range(120):
            broken = list(lines)
            for _ in range(random.randint(1, 4)):
                i = random.randrange(len(broken))
                kind = random.randrange(3)
                at = random.randrange(len(broken[i]) + 1)
                broken[i:i + 1] = [[], [broken[i], broken[i]], [broken[i][:at] + random.choice("x>'9-. ") +
                                                                broken[i][at + 1:]]][kind]
            try:
                parse_rpp("\n".join(broken))
                outcomes["read"] += 1
            except EditError as error:
                outcomes["refused"] += 1
                assert "\n" not in str(error)
    assert outcomes["read"] > 50 and outcomes["refused"] > 50


def test_binary_and_missing_files(tmp_path: Path):
    (tmp_path / "x.RPP").write_bytes(b"RIFF\x00\x00")
    with pytest.raises(EditError, match="holds binary data"):
        read_rpp(tmp_path / "x.RPP")
    with pytest.raises(InputError, match="Cannot read .*No such file"):
        read_rpp(tmp_path / "none.RPP")
