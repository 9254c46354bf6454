"""Which folder a cue's results lie in."""
from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from backend.errors import EditError, InputError, OptionError
from backend.live.folder import CueName, cue_folder, finished_folder
from backend.pipeline import fingerprint
from backend.results import STATE_FILE, ResultsFolder
from bridge.messages import SeenMarker
from tests.live.open_session import FOUND, Make, brief, read

NAME = CueName("1M1", "Chase")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "films" / "film.mp4"
    path.parent.mkdir()
    path.write_bytes(b"a film")
    return path


def remember(folder: ResultsFolder, film: Path, label: str = "1M1") -> Path:
    folder.remember(film, fingerprint(film), {"cue": label})
    return folder.path


def test_beside_the_project_else_beside_the_film(film: Path, tmp_path: Path) -> None:
    assert cue_folder(film, NAME, str(tmp_path / "p"), "").folder.path == tmp_path / "p" / "FilmComposer" / "1M1 Chase"
    assert cue_folder(film, NAME, "", "").folder.path == tmp_path / "films" / "FilmComposer" / "1M1 Chase"
    assert cue_folder(film, NAME, str(tmp_path / "p"), str(tmp_path / "o")).folder.path == tmp_path / "o"


@pytest.mark.parametrize(("title", "folder"), [("a/b: c?", "1M1 a b c"), ("", "1M1"), ("é 雪", "1M1 é 雪")])
def test_titles_are_safe_names(film: Path, tmp_path: Path, title: str, folder: str) -> None:
    assert cue_folder(film, CueName("1M1", title), str(tmp_path), "").folder.path.name == folder


def test_another_film_gets_a_fresh_name_and_the_first_is_known(film: Path, tmp_path: Path) -> None:
    first = remember(cue_folder(film, NAME, str(tmp_path), "").folder, film)
    film.write_bytes(b"another cut")
    place = cue_folder(film, NAME, str(tmp_path), "")
    assert place.folder.path.name == "1M1 Chase 2" and place.replaced is not None and place.replaced.path == first
    remember(place.folder, film)
    assert cue_folder(film, NAME, str(tmp_path), "").folder.path.name == "1M1 Chase 2"
    film.write_bytes(b"a film")
    assert cue_folder(film, NAME, str(tmp_path), "").folder.path == first


def test_a_folder_of_the_users_is_not_written_into(film: Path, tmp_path: Path) -> None:
    (tmp_path / "FilmComposer" / "1M1 Chase").mkdir(parents=True)
    (tmp_path / "FilmComposer" / "1M1 Chase" / "notes.txt").write_text("mine", encoding="utf-8")
    assert cue_folder(film, NAME, str(tmp_path), "").folder.path.name == "1M1 Chase 2"


def test_a_new_title_and_another_label(film: Path, tmp_path: Path) -> None:
    first = remember(cue_folder(film, NAME, str(tmp_path), "").folder, film)
    assert cue_folder(film, CueName("1M1", "Pursuit"), str(tmp_path), "").folder.path == first
    assert cue_folder(film, CueName("1M2", "Chase"), str(tmp_path), "").folder.path.name == "1M2 Chase"


def test_paths_that_make_no_sense_are_refused(film: Path, tmp_path: Path) -> None:
    for project, output in (("relative", ""), ("", "relative")):
        with pytest.raises(InputError, match="full path"):
            cue_folder(film, NAME, project, output)
    asked = ResultsFolder(tmp_path / "o").open()
    remember(asked, film)
    film.write_bytes(b"another cut")
    with pytest.raises(OptionError, match="another clip"):
        cue_folder(film, NAME, "", str(tmp_path / "o"))


def test_a_damaged_state_is_one_line(film: Path, tmp_path: Path) -> None:
    folder = remember(cue_folder(film, NAME, str(tmp_path), "").folder, film)
    (folder / STATE_FILE).write_text("{", encoding="utf-8")
    with pytest.raises(EditError, match="damaged"):
        cue_folder(film, NAME, str(tmp_path), "")


def test_looking_for_results_makes_nothing(film: Path, tmp_path: Path) -> None:
    assert finished_folder(film, NAME, str(tmp_path / "p"), "") is None
    assert finished_folder(film, NAME, "", str(tmp_path / "o")) is None
    assert sorted(p.name for p in tmp_path.iterdir()) == ["films"]


def test_a_new_version_of_the_film_keeps_the_edits_and_drops_the_rest(open_session: Make, small_film: Path,
                                                                      tmp_path: Path) -> None:
    """The editor sends another cut under the same name: hits are found afresh, what the user moved or added stays."""
    film = tmp_path / "film.mp4"
    shutil.copy(small_film, film)
    session = open_session(film)
    session.run("hits")
    session.change(1, time_s=16.5)
    session.users = [SeenMarker(11.0, "mine", 9)]
    with film.open("ab") as stream:
        stream.write(b"\0\0\0\x08free")
    outcome = session.run("hits")
    assert Path(outcome.folder).name == "1M1 Chase 2"
    hits = [(float(h.time_s), h.reason, h.type, h.locked) for h in ResultsFolder(Path(outcome.folder)).open().load(
        type(read(session).hits), "hits.json").hits]
    assert hits == [(1.0, "mine", "hard", True), FOUND[0], (6.5, "cut to a similar shot", "soft", True)]
    assert brief(session) == FOUND, "the first folder is as it was"


def test_a_memory_that_cannot_be_read_is_no_trouble(open_session: Make) -> None:
    session = open_session()
    session.run("spot")
    for text in ("{", json.dumps({"schema": "SessionMemory/9"}), "[]", "\x00"):
        (session.folder / ".session.json").write_text(text, encoding="utf-8")
        session.users = [SeenMarker(11.0, "mine", 9)]
        session.run("spot")
        assert brief(session) == [(1.0, "mine", "hard", True), *FOUND]
