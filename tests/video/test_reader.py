from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from backend.errors import MediaError
from backend.video import reader
from backend.video.film_writer import write_film
from backend.video.picture import analysis_width

FACTS = {
    # name: rate, displayed size, clockwise rotation, start on the file's clock in ms, timecode, sound
    "animated.gif": ("12", (240, 102), 0, 0, "", False),
    "av1_opus.webm": ("24", (480, 200), 0, 7, "", True),
    "fps_23976.mp4": ("24000/1001", (640, 360), 0, 0, "", True),
    "fps_2997_dropframe_tc.mov": ("30000/1001", (480, 200), 0, 0, "00:59:57;00", True),
    "fps_5994.mp4": ("60000/1001", (480, 270), 0, 0, "", True),
    "hevc_main10.mp4": ("24", (480, 270), 0, 0, "", True),
    "native_delayed_start.mp4": ("25", (480, 320), 0, 0, "", False),
    "native_frame_counter_10fps.mp4": ("10", (1920, 1080), 0, 0, "", False),
    "native_hevc_main10_hdr_1080p.mp4": ("30", (1920, 1080), 0, 0, "", True),
    "native_no_duration.webm": ("15000/1001", (1280, 720), 0, 0, "", True),
    "native_portrait_4k60_h264.mp4": ("60", (2160, 3840), 90, 0, "", True),
    "native_rotation_90.mov": ("30", (320, 568), 90, 0, "", False),
    "odd_dimensions_481x273_yuv444.mp4": ("24", (481, 273), 0, 0, "", True),
    "pal_interlaced_anamorphic_mpeg2.mpg": ("25", (512, 288), 0, 10, "", True),
    "prores_proxy_pcm.mov": ("24", (480, 204), 0, 0, "", True),
    "rotated_90_metadata.mp4": ("24", (320, 180), 270, 0, "", True),
    "start_time_3600s.mkv": ("24", (480, 200), 0, 23, "", True),
    "theora_vorbis.ogv": ("24", (480, 204), 0, 0, "", True),
    "two_audio_tracks.mkv": ("24", (480, 270), 0, 23, "", True),
    "vfr_24_12_8.mp4": ("24", (480, 200), 0, 0, "", True),
    "video_starts_0750ms_late.mkv": ("24", (480, 200), 0, 773, "", True),
}


@pytest.mark.parametrize("name", FACTS)
def test_facts_of_odd_files(shared_data: Path, name: str) -> None:
    facts = reader.read_facts(shared_data / "video" / "odd" / name)
    rate, size, rotation, start_ms, timecode, sound = FACTS[name]
    assert facts.fps == Fraction(rate)
    assert (facts.width, facts.height, facts.rotation_degrees) == (*size, rotation)
    assert round(facts.video_start_s * 1000) == start_ms
    assert (facts.timecode, facts.has_audio) == (timecode, sound)


def test_the_first_of_two_pictures_is_taken(shared_data: Path) -> None:
    facts = reader.read_facts(shared_data / "video" / "clips" / "nasa_jwst_multistream.mp4")
    assert (facts.width, facts.height, facts.fps) == (320, 180, 25)


def test_a_rotated_file_is_seen_upright(shared_data: Path) -> None:
    upright, rotated = (first_picture(shared_data / "video" / "odd" / name)
                        for name in ("hevc_main10.mp4", "rotated_90_metadata.mp4"))
    assert rotated.luma.shape == upright.luma.shape == (90, 160)
    assert np.corrcoef(rotated.luma.ravel(), upright.luma.ravel())[0, 1] > 0.95


def test_ten_bit_and_eight_bit_pictures_agree(shared_data: Path) -> None:
    ten, eight = (first_picture(shared_data / "video" / "odd" / name) for name in ("hevc_main10.mp4", "mjpeg_pcm.avi"))
    assert abs(ten.luma.mean() - eight.luma.mean()) < 2
    assert np.abs(ten.thumb - eight.thumb).mean() < 3


def first_picture(path: Path) -> reader.Picture:
    facts = reader.read_facts(path)
    return next(reader.pictures(facts, Fraction(0), None, reader.DecodeLog()))[1]


MESSAGES = {
    "missing.mp4": "There is no file .*Check the path",
    "folder.mp4": "is a folder",
    "empty.mp4": "is empty",
    "text.mp4": "is not a film",
    "noise.mp4": "is not a film",
    "index.mp4": "is damaged: its index is missing",
}


@pytest.mark.parametrize("name", MESSAGES)
def test_each_kind_of_bad_file_has_its_own_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "text.mp4").write_text("not a film", encoding="utf-8")
    (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(3).bytes(20_000))
    (tmp_path / "index.mp4").write_bytes(b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(5000))
    with pytest.raises(MediaError, match=MESSAGES[name]) as caught:
        reader.read_facts(tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "words"), [
    ("corrupt/random_bytes.mp4", "is not a film"), ("corrupt/text_renamed.mp4", "is not a film"),
    ("corrupt/truncated_no_moov.mp4", "index is missing"), ("corrupt/zero_bytes.mp4", "is empty"),
    ("odd/audio_only.mp4", "has no picture, only sound")])
def test_bad_files_of_the_collection(shared_data: Path, name: str, words: str) -> None:
    with pytest.raises(MediaError, match=words):
        reader.read_facts(shared_data / "video" / name)


@pytest.fixture(scope="module")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of 100 frames at 23.976 whose luma tells the frame number modulo 25."""
    path = tmp_path_factory.mktemp("numbered") / "n.mp4"
    write_film(path, (np.full((64, 96, 3), 30 + 8 * (i % 25), np.uint8) for i in range(100)), Fraction(24000, 1001))
    return path


@pytest.mark.parametrize("first", [0, 1, 29, 30, 31, 63, 98])
def test_a_range_starts_on_the_very_frame(numbered: Path, first: int) -> None:
    facts = reader.read_facts(numbered)
    start = Fraction(first * 1001, 24000)
    end = Fraction((first + 2) * 1001, 24000)
    got = [(tick, picture.luma.mean()) for tick, picture in reader.pictures(facts, start, end, reader.DecodeLog())]
    assert [(tick - facts.first_tick) * facts.time_base for tick, _ in got] == [start, start + Fraction(1001, 24000)]
    assert [round((luma - 30) / 8) for _, luma in got] == [first % 25, (first + 1) % 25]


@pytest.mark.parametrize("name", ["start_time_3600s.mkv", "pal_interlaced_anamorphic_mpeg2.mpg", "theora_vorbis.ogv",
                                  "av1_opus.webm", "animated.gif", "vfr_24_12_8.mp4", "mjpeg_pcm.avi"])
def test_seeking_gives_the_same_pictures_as_reading_through(shared_data: Path, name: str) -> None:
    facts = reader.read_facts(shared_data / "video" / "odd" / name)
    half = Fraction(3, 2)
    whole = {tick: picture.luma for tick, picture in reader.pictures(facts, Fraction(0), None, reader.DecodeLog())}
    part = dict((tick, picture.luma) for tick, picture in reader.pictures(facts, half, None, reader.DecodeLog()))
    assert list(part) == [tick for tick in whole if (tick - facts.first_tick) * facts.time_base >= half]
    assert all(np.abs(part[tick].astype(int) - whole[tick]).mean() < 2 for tick in part)


@pytest.mark.parametrize(("name", "frames", "broken"), [
    ("truncated_moov_ok.mp4", 79, True), ("truncated_tail.webm", 78, False), ("bit_errors.mp4", 142, True),
    ("native_decord_corrupted.mp4", 49, True)])
def test_damaged_files_are_read_as_far_as_they_go(shared_data: Path, name: str, frames: int, broken: bool) -> None:
    facts, errors = reader.read_facts(shared_data / "video" / "corrupt" / name), reader.DecodeLog()
    assert sum(1 for _ in reader.pictures(facts, Fraction(0), None, errors)) == frames
    assert (errors.broken_packets > 0) == broken


@pytest.mark.parametrize(("size", "width"), [((640, 360), 160), ((288, 512), 50), ((4000, 100), 320), ((10, 4000), 32)])
def test_the_analysis_picture_keeps_its_shape_within_reason(size: tuple[int, int], width: int) -> None:
    assert analysis_width(*size) == width
