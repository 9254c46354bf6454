"""Registering with REAPER on copies of settings files: what is written, and that it goes without a trace."""
from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import install
from backend.registration import lines
from backend.registration.problem import RegistrationError
from backend.registration.python_library import own_library
from backend.registration.session import Registration
from reaper_scripts.actions import ACTIONS

SETTINGS = b"; mine\n[REAPER]\na=1\npythonlibpath64=/old/place\n\n[verchk]\nb=2\n"
KEYS = b"KEY 1 65 40001 0\r\nSCR 4 0 mine \"Custom: mine.py\" \"/x y/mine.py\"\r\nACT 0 0 \"a\" \"Custom: b\" 1013"
STARTUP = "-- mine: größer\nreaper.ShowConsoleMsg('x')".encode()


@pytest.fixture
def resource(tmp_path: Path) -> Path:
    """A small resource folder with blanks in its path and the user's own entries."""
    folder = tmp_path / "RE APER"
    (folder / "Scripts").mkdir(parents=True)
    (folder / "reaper.ini").write_bytes(SETTINGS)
    (folder / "reaper-kb.ini").write_bytes(KEYS)
    (folder / "Scripts" / "__startup.lua").write_bytes(STARTUP)
    return folder


SCRIPTS = Path(install.HERE) / "reaper_scripts"


def run(resource: Path, *arguments: str) -> int:
    """What install.py does once the environment stands."""
    registration = Registration(str(resource), SCRIPTS, print)
    dry_run = "--dry-run" in arguments
    if "--uninstall" in arguments:
        return registration.uninstall(dry_run, True)
    return registration.install(dry_run, "--auto-start" in arguments)


def tree(folder: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
            for path in sorted(folder.rglob("*"))}


def test_what_is_written(resource: Path) -> None:
    assert run(resource, "--auto-start") == 0
    library = own_library()
    settings = (resource / "reaper.ini").read_bytes()
    assert lines.value_of(settings, b"REAPER", b"reascript") == b"1"
    assert lines.value_of(settings, b"REAPER", b"pythonlibpath64") == library.folder.encode()
    assert lines.value_of(settings, b"REAPER", b"pythonlibdll64") == library.file.encode()
    assert b"csurf" not in settings
    keys = (resource / "reaper-kb.ini").read_bytes()
    assert keys.startswith(KEYS + b"\r\n") and keys.count(b"\n") == keys.count(b"\r\n")
    rows = [row for row in keys.decode().splitlines() if "FilmComposer" in row]
    assert len(rows) == len(ACTIONS)
    for action, row in zip(ACTIONS, rows, strict=True):
        file = SCRIPTS / action.file
        assert row == f'SCR 516 0 {action.command} "{action.menu}" "{file}"' and file.is_file()
    assert (resource / "Scripts" / "__startup.lua").read_bytes().startswith(STARTUP + b"\n")
    menu = (resource / "MenuSets" / "FilmComposer.ReaperMenu").read_text(encoding="utf-8")
    assert menu.splitlines()[1] == f"item_0=_{ACTIONS[0].command} {ACTIONS[0].menu}"
    assert not (resource / "reaper-menu.ini").exists()


@pytest.mark.parametrize("times", [1, 2, 3])
def test_uninstalling_leaves_every_file_as_it_was(resource: Path, times: int) -> None:
    before = tree(resource)
    for _ in range(times):
        assert run(resource, "--auto-start") == 0
    assert tree(resource) != before
    assert run(resource, "--uninstall") == 0
    assert tree(resource) == before


def test_a_second_run_changes_nothing(resource: Path) -> None:
    run(resource)
    once = tree(resource)
    run(resource)
    assert tree(resource) == once


def test_a_dry_run_writes_nothing(resource: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(resource)
    assert run(resource, "--dry-run") == 0
    assert tree(resource) == before
    said = capsys.readouterr().out
    assert f"{len(ACTIONS)} actions" in said and "in place of /old/place" in said
    run(resource)
    assert f"files from before lie in {resource / 'FilmComposer' / 'installed'}." in capsys.readouterr().out
    installed = tree(resource)
    assert run(resource, "--uninstall", "--dry-run") == 0
    assert tree(resource) == installed


EDITS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("reaper.ini", lambda data: data.replace(b"a=1", b"a=9")),
    ("reaper-kb.ini", lambda data: b"KEY 5 66 _FilmComposer_ScoreClip 0\r\n" + data),
    ("Scripts/__startup.lua", lambda data: data + b"-- more\n"),
]


@pytest.mark.parametrize(("name", "edit"), EDITS, ids=[name for name, _ in EDITS])
@pytest.mark.parametrize("again", [False, True])
def test_what_the_user_changed_since_stays(resource: Path, name: str, edit: Callable[[bytes], bytes],
                                           again: bool) -> None:
    run(resource, "--auto-start")
    file = resource / name
    file.write_bytes(edit(file.read_bytes()))
    if again:
        run(resource, "--auto-start")
    run(resource, "--uninstall")
    original = {"reaper.ini": SETTINGS, "reaper-kb.ini": KEYS + b"\r\n", "Scripts/__startup.lua": STARTUP + b"\n"}
    assert file.read_bytes() == edit(original[name])


def test_a_python_library_that_serves_is_kept(resource: Path) -> None:
    library = own_library()
    chosen = f"pythonlibpath64={library.folder}\npythonlibdll64={library.file}\n".encode()
    mine = SETTINGS.replace(b"pythonlibpath64=/old/place\n", chosen)
    (resource / "reaper.ini").write_bytes(mine)
    run(resource)
    assert (resource / "reaper.ini").read_bytes() == mine.replace(chosen, chosen + b"reascript=1\n")


def test_files_that_were_not_there_go_again(resource: Path) -> None:
    for name in ("reaper-kb.ini", "Scripts/__startup.lua"):
        (resource / name).unlink()
    (resource / "Scripts").rmdir()
    before = tree(resource)
    run(resource, "--auto-start")
    run(resource, "--uninstall")
    assert tree(resource) == before


@pytest.mark.posix
def test_what_cannot_be_written_changes_nothing(resource: Path) -> None:
    (resource / "MenuSets").write_bytes(b"a file where the folder should be")
    before = tree(resource)
    with pytest.raises(RegistrationError, match="cannot be written") as caught:
        run(resource)
    assert "\n" not in str(caught.value)
    assert tree(resource) == before


@pytest.mark.posix
def test_keys_of_the_users_in_a_file_that_we_made_outlive_us(resource: Path) -> None:
    keys = resource / "reaper-kb.ini"
    keys.unlink()
    run(resource)
    keys.write_bytes(keys.read_bytes() + b"KEY 1 65 40001 0\n")
    run(resource, "--auto-start")
    assert run(resource, "--uninstall") == 0
    assert keys.read_bytes() == b"KEY 1 65 40001 0\n"


def test_a_file_in_the_way_is_named_and_no_part_is_left(resource: Path) -> None:
    keys = resource / "reaper-kb.ini"
    keys.unlink()
    keys.mkdir()
    with pytest.raises(RegistrationError, match="reaper-kb.ini' cannot be written"):
        run(resource)
    assert (resource / "reaper.ini").read_bytes() == SETTINGS
    assert [path.name for path in resource.rglob("*part")] == []
    keys.rmdir()
    keys.write_bytes(KEYS)
    run(resource)
    assert run(resource, "--uninstall") == 0
    assert keys.read_bytes() == KEYS


def test_links_are_followed_and_modes_kept(resource: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.ini"
    shutil.move(resource / "reaper.ini", real)
    real.chmod(0o600)
    (resource / "reaper.ini").symlink_to(real)
    run(resource)
    assert (resource / "reaper.ini").is_symlink() and real.stat().st_mode & 0o777 == 0o600
    assert lines.value_of(real.read_bytes(), b"REAPER", b"reascript") == b"1"
    run(resource, "--uninstall")
    assert real.read_bytes() == SETTINGS


def test_a_lost_record_does_not_keep_us_in(resource: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(resource)
    run(resource, "--auto-start")
    settings = (resource / "reaper.ini").read_bytes()
    shutil.rmtree(resource / "FilmComposer")
    assert run(resource, "--uninstall") == 0 and "record" in capsys.readouterr().out
    left = tree(resource)
    assert left.pop("reaper.ini") == settings and before.pop("reaper.ini") == SETTINGS
    ending = {"reaper-kb.ini": b"\r\n", "Scripts/__startup.lua": b"\n"}
    assert left == {**{name: (data or b"") + ending[name] if name in ending else data for name, data in before.items()},
                    "MenuSets": None}


def test_a_lost_record_and_a_new_install_go_again(resource: Path) -> None:
    run(resource)
    shutil.rmtree(resource / "FilmComposer")
    run(resource)
    run(resource, "--uninstall")
    assert b"FilmComposer" not in (resource / "reaper-kb.ini").read_bytes()
    assert (resource / "reaper-kb.ini").read_bytes() == KEYS + b"\r\n"


def test_the_users_palette_outlives_us(resource: Path) -> None:
    run(resource)
    palette = resource / "FilmComposer" / "palette.json"
    palette.write_text("{}", encoding="utf-8")
    run(resource, "--uninstall")
    assert palette.read_text(encoding="utf-8") == "{}" and list(palette.parent.iterdir()) == [palette]


def test_uninstalling_where_nothing_is_does_nothing(resource: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(resource)
    assert run(resource, "--uninstall") == 0
    assert tree(resource) == before and "nothing to do" in capsys.readouterr().out


def test_real_settings_files(tmp_path: Path, shared_data: Path) -> None:
    resource = tmp_path / "real"
    resource.mkdir()
    for file in (shared_data / "reaper" / "config").iterdir():
        shutil.copyfile(file, resource / file.name.removeprefix("ultraschall_"))
    before = tree(resource)
    run(resource)
    settings, keys = (resource / "reaper.ini").read_bytes(), (resource / "reaper-kb.ini").read_bytes()
    assert lines.value_of(settings, b"REAPER", b"pythonlibdll64") == own_library().file.encode()
    assert lines.value_of(settings, b"REAPER", b"csurf_cnt") == b"1"
    old = before["reaper-kb.ini"]
    assert old is not None and keys.startswith(old) and keys.count(b"SCR ") == old.count(b"SCR ") + len(ACTIONS)
    assert (resource / "reaper-menu.ini").read_bytes() == before["reaper-menu.ini"]
    run(resource, "--uninstall")
    assert tree(resource) == before


def test_the_command_shows_and_undoes(resource: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(resource)
    assert install.main(["reaper", "--resource-path", str(resource), "--dry-run"]) == 0
    assert "reaper-kb.ini" in capsys.readouterr().out
    assert install.main(["reaper", "--resource-path", str(resource / "Scripts")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    run(resource, "--auto-start")
    assert install.main(["reaper", "--resource-path", str(resource), "--uninstall", "--reaper-is-closed"]) == 0
    assert tree(resource) == before
