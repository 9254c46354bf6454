"""What every AudioRenderer promises. Implementations are added to RENDERERS; nothing else changes."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from backend.audio.renderer import SoundfontRenderer
from backend.domain import serial
from backend.domain.render import RenderReport
from backend.domain.requests import RenderRequest
from backend.domain.session import MidiItem, MidiNote, Send, Session, TempoMarker, Track
from backend.errors import FilmComposerError, InputError, OutputError
from backend.ports import AudioRenderer

RENDERERS: dict[str, Callable[[], AudioRenderer]] = {"soundfont": SoundfontRenderer}


@pytest.fixture(params=sorted(RENDERERS))
def renderer(request: pytest.FixtureRequest) -> AudioRenderer:
    made = RENDERERS[request.param]()
    assert made.name == request.param
    return made


def _session(length_s: float = 2.0, notes: bool = True) -> Session:
    tracks = [Track("picture", "picture", "Picture")]
    for family, program in (("strings", 48), ("keys", 0)):
        played = tuple(MidiNote(tick, 900, 60, 90) for tick in range(960, 2880, 960)) if notes else ()
        tracks += [Track(family, "folder", family.title()),
                   Track(f"{family}.part", "instrument", "Part", parent=family, program=program,
                         midi=(MidiItem("Part", 0, 3840, played),), sends=(Send(f"{family}.reverb", -12.0),)),
                   Track(f"{family}.reverb", "reverb", "Hall", parent=family)]
    return Session("Contract", "1M1", length_s, 3840, 25, 1, False, 0.0, 48_000, None,
                   (TempoMarker(0, 500_000, 4, 4),), (), (), tuple(tracks))


def _nothing(done: float) -> None:
    return None


@pytest.mark.parametrize("folder", ["out", "Zwei Wörter", "l'été \"x\""])
def test_writes_what_it_reports(renderer: AudioRenderer, tmp_path: Path, folder: str) -> None:
    report = renderer.render(RenderRequest(_session(), tmp_path / folder, -23.0), _nothing)
    assert report.mix == "mix.wav"
    assert [stem.family for stem in report.stems] == ["strings", "keys"]
    assert all(stem.file.startswith("stems/") for stem in report.stems)
    for file in (report.mix, *(stem.file for stem in report.stems)):
        info = soundfile.info(tmp_path / folder / file)
        assert (info.frames, info.samplerate, info.channels, info.subtype) == (96_000, 48_000, 2, "PCM_24")
    written = {str(path.relative_to(tmp_path / folder)) for path in (tmp_path / folder).rglob("*") if path.is_file()}
    assert written == {report.mix, *(stem.file for stem in report.stems)}


def test_reaches_the_loudness_and_keeps_the_peak(renderer: AudioRenderer, tmp_path: Path) -> None:
    for target in (-23.0, -18.0):
        report = renderer.render(RenderRequest(_session(), tmp_path, target), _nothing)
        assert report.integrated_lufs == pytest.approx(target, abs=0.5)
        assert report.true_peak_dbtp <= -2.0
        assert report.target_lufs == target


def test_stems_add_up_to_the_mix(renderer: AudioRenderer, tmp_path: Path) -> None:
    report = renderer.render(RenderRequest(_session(), tmp_path, -23.0), _nothing)
    mix, _ = soundfile.read(tmp_path / report.mix)
    total = sum(soundfile.read(tmp_path / stem.file)[0] for stem in report.stems)
    assert 10 * np.log10(((total - mix) ** 2).mean() + 1e-20) < -60
    assert report.null_dbfs < -60


def test_music_sounds_where_it_is_written(renderer: AudioRenderer, tmp_path: Path) -> None:
    report = renderer.render(RenderRequest(_session(), tmp_path, -23.0), _nothing)
    mix, rate = soundfile.read(tmp_path / report.mix)
    power = (mix ** 2).sum(axis=1)
    assert power[:int(0.25 * rate)].max() < 1e-8
    assert power[int(0.55 * rate):int(0.65 * rate)].mean() > 1e-5


def test_repeats_itself_byte_for_byte(renderer: AudioRenderer, tmp_path: Path) -> None:
    one = renderer.render(RenderRequest(_session(), tmp_path / "a", -23.0), _nothing)
    two = renderer.render(RenderRequest(_session(), tmp_path / "b", -23.0), _nothing)
    assert one == two
    assert (tmp_path / "a" / "mix.wav").read_bytes() == (tmp_path / "b" / "mix.wav").read_bytes()


def test_silence_has_a_report_without_infinities(renderer: AudioRenderer, tmp_path: Path) -> None:
    report = renderer.render(RenderRequest(_session(notes=False), tmp_path, -23.0), _nothing)
    assert report.integrated_lufs == -120.0
    assert np.abs(soundfile.read(tmp_path / "mix.wav")[0]).max() == 0.0
    assert "Infinity" not in serial.dumps(report) and "NaN" not in serial.dumps(report)


def test_report_names_its_bank_and_survives_json(renderer: AudioRenderer, tmp_path: Path) -> None:
    report = renderer.render(RenderRequest(_session(), tmp_path, -23.0), _nothing)
    assert report.bank.name and report.bank.licence
    assert "/" not in report.bank.file
    assert report.made_by.startswith(renderer.name)
    assert serial.loads(RenderReport, serial.dumps(report)) == report


def test_failures_are_one_line_and_leave_nothing(renderer: AudioRenderer, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("")
    failures: dict[type[FilmComposerError], RenderRequest] = {
        InputError: RenderRequest(_session(), tmp_path / "out", -23.0, tmp_path / "missing.sf2"),
        OutputError: RenderRequest(_session(), tmp_path / "blocked" / "out", -23.0)}
    for error, request in failures.items():
        with pytest.raises(error) as caught:
            renderer.render(request, _nothing)
        assert "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blocked"]


def test_stops_when_progress_says_so(renderer: AudioRenderer, tmp_path: Path) -> None:
    def stop(done: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        renderer.render(RenderRequest(_session(), tmp_path, -23.0), stop)
    assert not list(tmp_path.rglob("*.wav"))
