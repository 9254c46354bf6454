"""Every kind of job: what it makes, what its plan may touch, what it says."""
from __future__ import annotations

import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from backend.errors import InputError, OptionError
from backend.live.run import LiveOutcome, run_request
from backend.ports import Services
from backend.wiring import wire
from bridge.messages import JobRequest, SeenMarker, SeenProject, SeenVideo, Span
from tests.cue_folder import copy_of, hashes
from tests.live.open_session import Make, OpenSession, brief, notes_of, read

ALL = ("markers", "tempo", "regions", "spots", "tracks")


@pytest.fixture
def finished(scored: Path, tmp_path: Path) -> OpenSession:
    """The small film in a session whose results folder is one that the command line finished, sound and all."""
    out = copy_of(scored, tmp_path / "copy")
    film = tmp_path / "copy" / "film.mp4"
    (tmp_path / "project" / "FilmComposer").mkdir(parents=True)
    shutil.move(out, tmp_path / "project" / "FilmComposer" / "1M1 Film")
    folder = tmp_path / "project" / "FilmComposer" / "1M1 Film"
    state = folder / ".filmcomposer.json"
    state.write_text(state.read_text(encoding="utf-8").replace('"../film.mp4"', '"../../../copy/film.mp4"'),
                     encoding="utf-8")
    return OpenSession(wire(), SeenVideo(str(film), "{ITEM}", "film", 0.0, 8.0, 0.0),
                       SeenProject(str(tmp_path / "project"), "p", 0.0, 24.0, False, str(tmp_path / "resources")), None)


def test_score_takes_over_what_the_command_line_made(finished: OpenSession) -> None:
    before = hashes(finished.folder)
    first = finished.run("score")
    assert finished.made() <= {"session"}, "the project file names the film by its new place"
    after = hashes(finished.folder)
    assert {n: h for n, h in after.items() if not n.endswith(".RPP")} == {
        n: h for n, h in before.items() if not n.endswith(".RPP")}
    assert finished.run("score") == first and finished.made() == set()
    assert first.plan is not None and first.plan.parts == ALL
    kinds = {track.kind for track in first.plan.tracks}
    assert kinds >= {"cue", "folder", "spots", "instrument", "reverb", "printed"} and "melody" not in kinds
    printed = [item.file for track in first.plan.tracks if track.kind == "printed" for item in track.items]
    assert printed and all(Path(file).is_file() for file in printed)
    assert first.plan.undo_name == "FilmComposer: score 1M1 Film"
    assert any("hard hits heard on the frame" in line for line in first.lines)
    assert any("LUFS, true peak" in line for line in first.lines)


def test_the_melody_edited_in_the_session_is_arranged(open_session: Make) -> None:
    finished = open_session()
    finished.run("compose")
    assert finished.melody is not None
    finished.melody[0] = replace(finished.melody[0], pitch=finished.melody[0].pitch + 2)
    pitch = finished.melody[0].pitch
    outcome = finished.run("arrange")
    assert read(finished).melody.notes[0].pitch == pitch
    assert finished.made() == {"arrange", "session", "render"}, "the melody is kept, the report not asked for"
    assert outcome.plan is not None and notes_of(outcome.plan, "melody") is None
    lead = next(part for part in read(finished).score.parts if part.role == "melody")
    assert lead.notes[0].pitch % 12 == pitch % 12
    assert finished.run("arrange").plan == outcome.plan and finished.made() == set()


def test_regenerated_bars_change_nothing_else(open_session: Make) -> None:
    finished = open_session()
    first = finished.run("score")
    bass = next(part for part in read(finished).score.parts if part.role == "bass")
    outcome = finished.run("regenerate", bars="2-2", tracks=f"part.{bass.id}, strings.reverb")
    assert any(line == f"Written anew: {bass.id}" for line in outcome.lines)
    assert first.plan is not None and outcome.plan is not None
    changed = {new.id for old, new in zip(first.plan.tracks, outcome.plan.tracks, strict=True) if old != new}
    assert changed <= {bass.id}
    bar = read(finished).tempo_map.bars[1]

    def outside(notes: tuple) -> list:
        return [n for n in notes if not bar.start_q <= n.onset_q < bar.end_q]
    again = next(part for part in read(finished).score.parts if part.id == bass.id)
    assert outside(again.notes) == outside(bass.notes)
    with pytest.raises(OptionError):
        finished.run("regenerate", bars="99")
    with pytest.raises(OptionError):
        finished.run("regenerate", tracks="kazoo")


def test_regenerate_without_a_score_says_so(open_session: Make) -> None:
    session = open_session()
    with pytest.raises(OptionError, match="no finished score"):
        session.run("regenerate", bars="1")


def test_measure_says_hits_loudness_and_peak(finished: OpenSession) -> None:
    stems = sorted(str(p) for p in (finished.folder / "stems").iterdir())
    outcome = finished.ask("measure", files=(str(finished.folder / "mix.wav"), *stems))
    metrics = read(finished).folder.file("metrics.json").read_text(encoding="utf-8")
    hard = read(finished).hits.hard()
    assert outcome.plan is None and outcome.folder == str(finished.folder) and outcome.title == "1M1 Film"
    assert outcome.lines[0].startswith(f"{len(hard)} of {len(hard)} hard hits on the frame")
    assert "-23.0 LUFS, true peak -" in outcome.lines[0] and '"integrated_lufs"' in metrics
    assert [line.split(":")[0] for line in outcome.lines[1:]] == [Path(stem).stem for stem in stems]


def test_measure_without_results_or_files(finished: OpenSession, tmp_path: Path) -> None:
    mix = str(finished.folder / "mix.wav")
    stranger = replace(finished.request("measure", files=(mix,)), span=Span("9M9", "Other", 0.0, 8.0))
    outcome = run_request(stranger, finished.services, lambda news: None)
    assert outcome.lines[0].startswith("no score of this cue") and outcome.folder == ""
    for files in ((), (str(tmp_path / "gone.wav"),), ("mix.wav",), (str(finished.folder / "hits.json"),)):
        with pytest.raises(InputError) as caught:
            finished.ask("measure", files=files)
        assert "\n" not in str(caught.value)


def test_describe_touches_no_session(open_session: Make) -> None:
    session = open_session()
    outcome = session.run("describe")
    assert outcome.plan is None and session.made() == {"analyze", "describe"}
    assert outcome.lines[0] == "3 shots, 2 cuts in 8.0 s at 24 frames a second"
    assert outcome.lines[-1] == f"Read and correct it: {session.folder / 'description.txt'}"


@pytest.mark.parametrize(("kind", "parts", "made"), [
    ("hits", ("markers",), {"analyze", "describe", "hits"}),
    ("spot", ("markers", "tempo", "regions", "spots"), {"analyze", "describe", "hits", "brief", "tempo", "spot"}),
    ("compose", ALL, {"analyze", "describe", "hits", "brief", "tempo", "spot", "compose"})])
def test_a_kind_makes_its_stages_and_touches_its_parts(open_session: Make, kind: str, parts: tuple[str, ...],
                                                       made: set[str]) -> None:
    session = open_session()
    outcome = session.run(kind)  # type: ignore[arg-type]
    assert outcome.plan is not None and outcome.plan.parts == parts and session.made() == made
    assert (bool(outcome.plan.tempo), bool(outcome.plan.regions)) == (kind != "hits", kind != "hits")
    if outcome.plan.tempo:
        assert outcome.plan.tempo[0].time_s == outcome.plan.start_s and outcome.plan.tempo[0].numerator > 0
        assert outcome.plan.bars_end_s >= outcome.plan.end_s - 1


def test_the_region_a_build_laid_is_the_cue_as_it_was_asked_for(open_session: Make) -> None:
    session = open_session(span=Span("1M1", "Chase", 11.0, 16.7))
    first = session.run("spot")
    assert first.plan is not None and first.plan.bars_end_s != first.plan.end_s
    session.span = Span("1M1", "Chase", 11.0, first.plan.bars_end_s)
    assert session.run("spot") == first and session.made() == set()


def test_a_job_of_the_command_line_brings_its_picture(services: Services, small_film: Path, tmp_path: Path) -> None:
    request = JobRequest("spot", SeenVideo(str(small_film), "", "1M1 Film", 0.0, 0.0, 0.0),
                         options={"cue_in": "1", "cue_out": "7", "title": "Chase"}, output=str(tmp_path / "out"))
    outcome: LiveOutcome = run_request(request, services, lambda news: None)
    plan = outcome.plan
    assert plan is not None and plan.video is not None and plan.picture_item == ""
    assert (plan.start_s, plan.end_s, plan.video.source_offset_s, plan.video.length_s) == (0.0, 6.0, 1.0, 6.0)
    assert plan.video.file == str(small_film) and outcome.folder == str(tmp_path / "out")
    assert [m.time_s for m in plan.markers] == [2.0, 4.0]


def test_no_film_is_one_line(services: Services, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film")
    for video in (None, SeenVideo("film.mp4", "{I}", "", 0, 1, 0), SeenVideo(f"{broken}.no", "{I}", "", 0, 1, 0),
                  SeenVideo(str(broken), "{I}", "", 0, 1, 0), SeenVideo(str(broken), "", "", 0, 0, 0)):
        with pytest.raises(InputError) as caught:
            run_request(JobRequest("hits", video, project=SeenProject(str(tmp_path / "p"), "", 0, 24, False)), services,
                        lambda news: None)
        assert "\n" not in str(caught.value)
    assert not list((tmp_path / "p").rglob("*.*"))


def test_a_real_clip_from_hits_to_melody(shared_data: Path, services: Services, tmp_path: Path) -> None:
    """His Girl Friday, 6 s at 30 fps, trimmed by half a second, in a project that begins at ten hours."""
    clip = shared_data / "video" / "clips" / "his_girl_friday_640x480_30fps.mp4"
    session = OpenSession(services, SeenVideo(str(clip), "{ITEM}", clip.stem, 2.0, 5.0, 0.5),
                          SeenProject(str(tmp_path), "p", 36000.0, 30.0, False), None)
    outcome = session.run("hits")
    assert outcome.title == "1M1 His Girl Friday" or outcome.title.startswith("1M1 ")
    assert outcome.plan is not None and (outcome.plan.start_s, outcome.plan.end_s) == (2.0, 7.0)
    assert all(hit.timecode.startswith("10:00:0") for hit in read(session).hits.hits)
    session.users = [SeenMarker(4.321, "the door", 9)]
    session.run("spot")
    assert (2.321, "the door", "hard", True) in brief(session)
    job = read(session)
    anchored = {job.hits.hits[point.hit].time_s: job.tempo_map.time_s(point.position_q)
                for point in job.tempo_map.sync if point.anchored}
    assert abs(anchored[Fraction("2.321")] - Fraction("2.321")) < Fraction(1, 1000)
    first = session.run("compose")
    assert session.run("compose") == first and session.made() == set()
