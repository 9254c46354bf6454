"""Odd formats are scored, damaged films as far as they go with a word about it, the rest refused in one line."""
from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cue_folder import hashes, score

ODD = ("animated.gif", "av1_opus.webm", "digital_silence_audio.mp4", "film clip – été №1 (v2).mp4", "fps_23976.mp4",
       "fps_2997_dropframe_tc.mov", "fps_5994.mp4", "hevc_main10.mp4", "mjpeg_pcm.avi", "native_delayed_start.mp4",
       "native_failing_audio.mp4", "native_frame_counter_10fps.mp4", "native_hevc_main10_hdr_1080p.mp4",
       "native_no_duration.webm", "native_smpte_bars_burnt_timecode_2997.mp4", "no_audio.mp4",
       "odd_dimensions_481x273_yuv444.mp4", "pal_interlaced_anamorphic_mpeg2.mpg", "prores_proxy_pcm.mov",
       "rotated_90_metadata.mp4", "start_time_3600s.mkv", "theora_vorbis.ogv", "two_audio_tracks.mkv",
       "vertical_9x16.mp4", "vfr_24_12_8.mp4", "video_starts_0750ms_late.mkv")
SHORT = ("native_portrait_4k60_h264.mp4", "native_rotation_90.mov", "one_frame.mp4", "too_short_400ms.mp4")
DAMAGED = ("bit_errors.mp4", "native_decord_corrupted.mp4", "truncated_moov_ok.mp4", "truncated_tail.webm")
REFUSED = ("odd/audio_only.mp4", "corrupt/random_bytes.mp4", "corrupt/text_renamed.mp4",
           "corrupt/truncated_no_moov.mp4", "corrupt/zero_bytes.mp4")


def test_every_file_has_its_case(shared_data: Path) -> None:
    names = {p.relative_to(shared_data / "video").as_posix() for d in ("odd", "corrupt")
             for p in (shared_data / "video" / d).iterdir()}
    assert names == {f"odd/{n}" for n in ODD + SHORT} | {f"corrupt/{n}" for n in DAMAGED} | set(REFUSED)


def _warnings(out: Path) -> list[str]:
    return list(json.loads((out / "analysis.json").read_text(encoding="utf-8"))["clip"]["warnings"])


@pytest.mark.parametrize("name", ODD)
def test_odd_formats_become_sessions(shared_data: Path, tmp_path: Path, name: str) -> None:
    assert score(shared_data / "video" / "odd" / name, "-o", tmp_path, "--until", "session") == 0
    assert len(list(tmp_path.glob("*.RPP"))) == 1


@pytest.mark.parametrize("name", SHORT)
def test_what_is_shorter_than_a_second_says_so(shared_data: Path, tmp_path: Path, name: str) -> None:
    assert score(shared_data / "video" / "odd" / name, "-o", tmp_path) == 0
    assert any("short" in warning for warning in _warnings(tmp_path))


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_films_go_as_far_as_they_decode(shared_data: Path, tmp_path: Path, name: str) -> None:
    assert score(shared_data / "video" / "corrupt" / name, "-o", tmp_path) == 0
    assert any("frame" in warning and "s)" in warning for warning in _warnings(tmp_path))
    assert "preview.mp4" in hashes(tmp_path)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_film_is_refused_in_one_line(shared_data: Path, tmp_path: Path, name: str,
                                                capsys: pytest.CaptureFixture[str]) -> None:
    assert score(shared_data / "video" / name, "-o", tmp_path / "out") == 2
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("filmcomposer:")]
    assert len(said) == 1 and Path(name).name in said[0]
    assert not (tmp_path / "out").exists()
