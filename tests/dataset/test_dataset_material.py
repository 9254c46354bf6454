"""What a data set is made from: sidecars, splits, scores, sound as it lies against the picture."""
from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import mido
import numpy as np
import pytest

from backend.dataset.item import Rejected
from backend.dataset.listening import Listening
from backend.dataset.score_notes import read_score
from backend.dataset.sidecars import read_manifest, said_of
from backend.dataset.sound import fitted, read_music
from backend.dataset.sources import find
from backend.dataset.splits import split_items
from backend.domain.requests import ClipRequest
from backend.errors import InputError
from backend.video.analyzer import PyAvAnalyzer
from tests.cue_folder import draw_small_film
from tests.dataset.clips import DEV, RATE, TRAIN, TUNE, mux, write_tune

SHARES = (80, 10, 10)


def test_items_that_share_a_film_or_music_share_a_split() -> None:
    keys = [(f"source {i}", f"music {i}") for i in range(2000)]
    splits = split_items(keys, SHARES)
    assert [round(splits.count(name) / 20) for name in ("train", "dev", "test")] == pytest.approx([80, 10, 10], abs=2)
    joined = split_items([*keys, ("source 7", "music 1234")], SHARES)
    assert joined[7] == joined[1234] == joined[-1]
    assert split_items(keys[::-1], SHARES) == splits[::-1]
    assert split_items([(f"source {TRAIN}",), (f"source {DEV}",)], SHARES) == ["train", "dev"]


def test_the_nearest_licence_holds(tmp_path: Path) -> None:
    clip = tmp_path / "film/scene/a.mp4"
    clip.parent.mkdir(parents=True)
    assert said_of(clip, tmp_path, {}).licence == "unknown"
    (tmp_path / "LICENSE.txt").write_text("CC0-1.0")
    assert said_of(clip, tmp_path, {}).licence == "CC0-1.0"
    (clip.parent / "licence.txt").write_text("CC-BY-4.0\nfull text\n")
    assert said_of(clip, tmp_path, {}).licence == "CC-BY-4.0"
    clip.with_name("a.licence.txt").write_text("all rights reserved")
    said = said_of(clip, tmp_path, {"film/scene/a.mp4": {"source": "The Film"}})
    assert (said.licence, said.licence_from, said.source) == ("all rights reserved", "film/scene/a.licence.txt",
                                                              "The Film")
    assert said_of(clip, tmp_path, {}).source == "film"


@pytest.mark.parametrize("line, said", [
    ("{", "this is not JSON"), ("[]", "this is no JSON object"), ('{"clip": "a", "tone": "b"}', "'tone' is not known"),
    ('{"clip": 3}', "'clip' must be text"), ('{"licence": "x"}', "'clip' is missing"), ('{"clip": "b.mp4"}', None),
    ('{"clip": "a.mp4", "music": "gone.wav"}', None)])
def test_a_mistake_in_the_manifest_has_its_line(tmp_path: Path, line: str, said: str | None) -> None:
    (tmp_path / "manifest.jsonl").write_text(f"\n{line}\n")
    (tmp_path / "a.mp4").write_bytes(b"no film")
    with pytest.raises(InputError) as caught:
        find(tmp_path, tmp_path / "out")
    assert (f"line 2: {said}" if said else "which is not there") in str(caught.value)


def test_pairs_by_name_and_by_manifest(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.mp3", "a.wav", "a.mid", "b.MOV", "b.FLAC", "c.mkv", "tune.ogg", ".hidden.mp4",
                 "out/d.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "manifest.jsonl").write_text('{"clip": "c.mkv", "music": "tune.ogg"}')
    found = find(tmp_path, tmp_path / "out")
    assert [(one.name, one.sound and one.sound.name, one.score and one.score.name) for one in found.candidates] == [
        ("a.mp4", "a.wav", "a.mid"), ("b.MOV", "b.FLAC", None), ("c.mkv", "tune.ogg", None)]
    assert found.lonely == ()
    assert read_manifest(tmp_path)["c.mkv"]["music"] == "tune.ogg"


@pytest.mark.posix
def test_a_name_that_is_no_text_is_left_out_and_told(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"")
    (tmp_path / os.fsdecode(b"\xff\xfe.mp4")).write_bytes(b"")
    found = find(tmp_path, tmp_path / "out")
    assert [one.name for one in found.candidates] == ["a.mp4"]
    assert found.nameless == ("??.mp4",)


@pytest.mark.parametrize("late", [Fraction(0), Fraction(3, 4)])
def test_a_sound_track_lies_where_its_picture_does(tmp_path: Path, late: Fraction) -> None:
    """A click 2 s into the file is 2 s - ``late`` after the first picture."""
    draw_small_film(tmp_path / "film.mp4")
    sound = np.zeros((5 * RATE, 2), np.float32)
    sound[2 * RATE] = 0.9
    mux(tmp_path / "film.mp4", sound, tmp_path / "film.mkv", late)
    first_s = PyAvAnalyzer().probe(ClipRequest(tmp_path / "film.mkv")).first_frame_s
    read = read_music(tmp_path / "film.mkv", first_s, 3.0)
    click = int(np.abs(read[:, 0]).argmax())
    assert click / RATE == pytest.approx(2 - float(late), abs=0.002)
    assert len(read) == 3 * RATE


def test_sound_beyond_full_scale_is_turned_down() -> None:
    loud = fitted(np.full((10, 1), 2.0, np.float32))
    assert float(np.abs(loud.sound).max()) == 1.0
    assert loud.gain_db == pytest.approx(-6.0206, abs=1e-4)
    assert fitted(np.full((10, 1), 0.5, np.float32)).gain_db == 0


def test_musicxml_has_the_same_notes_as_midi(tmp_path: Path) -> None:
    body = "".join(f"<note><pitch><step>{'CDEFGAB'[i]}</step><octave>5</octave></pitch><duration>1</duration></note>"
                   for i in range(4))
    (tmp_path / "a.musicxml").write_text(
        '<?xml version="1.0"?><score-partwise version="4.0"><part-list><score-part id="P1"><part-name>x</part-name>'
        '</score-part></part-list><part id="P1"><measure number="1"><attributes><divisions>1</divisions><time><beats>4'
        '</beats><beat-type>4</beat-type></time></attributes><direction><sound tempo="90"/></direction>'
        f"{body}</measure></part></score-partwise>")
    score = read_score(tmp_path / "a.musicxml", 60.0)
    assert [pitch for _, _, pitch in score.tracks[0]] == [72, 74, 76, 77]
    assert [onset for onset, _, _ in score.tracks[0]] == pytest.approx([i * 60 / 90 for i in range(4)], abs=2e-3)
    assert score.tempo_qpm == pytest.approx(90, abs=0.01)


def test_a_score_is_cut_at_the_end_of_the_clip(tmp_path: Path) -> None:
    write_tune(tmp_path / "tune.mid")
    score = read_score(tmp_path / "tune.mid", 2.0)
    assert [pitch for _, _, pitch in score.tracks[1]] == list(TUNE[:4])
    assert score.tracks[1][-1][0] + score.tracks[1][-1][1] == pytest.approx(2.0)


@pytest.mark.parametrize("data", [b"", b"MThd" + bytes(40), b"\xff" * 900])
@pytest.mark.parametrize("ending", ["mid", "musicxml"])
def test_a_score_that_is_none_is_damaged(tmp_path: Path, data: bytes, ending: str) -> None:
    file = tmp_path / f"bad.{ending}"
    file.write_bytes(data)
    with pytest.raises(Rejected) as caught:
        read_score(file, 10.0)
    assert caught.value.reason == "damaged" and file.name in caught.value.detail


def test_a_score_without_notes_has_no_melody(tmp_path: Path) -> None:
    mido.MidiFile(tracks=[mido.MidiTrack()]).save(tmp_path / "empty.mid")
    with pytest.raises(Rejected, match="no notes") as caught:
        read_score(tmp_path / "empty.mid", 10.0)
    assert caught.value.reason == "melody unclear"


def test_pulse_and_onsets_of_clicks() -> None:
    sound = np.zeros((12 * RATE, 1), np.float32)
    rng = np.random.default_rng(3)
    for beat in range(20):
        at = round(beat * 60 / 100 * RATE) + RATE // 10
        sound[at:at + 2400, 0] += (rng.normal(0, .3, 2400) * np.exp(-np.arange(2400) / 400)).astype(np.float32)
    listening = Listening(sound)
    assert listening.tempo[0] == pytest.approx(100, rel=0.01)
    assert listening.onsets_s == pytest.approx([0.1 + i * 0.6 for i in range(20)], abs=0.03)
    assert Listening(np.zeros((12 * RATE, 1), np.float32)).tempo == (None, 0.0)
