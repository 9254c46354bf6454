"""Where REAPER keeps its settings on each system, and what counts as REAPER running."""
from __future__ import annotations

from pathlib import Path

import pytest

from backend.registration.places import is_reaper, resource_path, running_programs
from backend.registration.problem import RegistrationError

PLACES = [("win32", {"APPDATA": "{home}/Roaming"}, "Roaming/REAPER"), ("win32", {}, "AppData/Roaming/REAPER"),
          ("darwin", {}, "Library/Application Support/REAPER"), ("linux", {}, ".config/REAPER"),
          ("linux", {"XDG_CONFIG_HOME": "{home}/my config"}, "my config/REAPER")]


@pytest.mark.parametrize(("platform", "environment", "place"), PLACES)
def test_the_usual_place_of_each_system(tmp_path: Path, platform: str, environment: dict[str, str], place: str) -> None:
    (tmp_path / place).mkdir(parents=True)
    (tmp_path / place / "reaper.ini").write_bytes(b"[REAPER]\n")
    filled = {name: value.format(home=tmp_path) for name, value in environment.items()}
    assert resource_path(None, platform, filled, tmp_path) == (tmp_path / place).resolve()


def test_a_folder_without_settings_is_refused_in_one_line(tmp_path: Path) -> None:
    for given in (None, str(tmp_path)):
        with pytest.raises(RegistrationError, match="there is no reaper.ini in") as caught:
            resource_path(given, "linux", {}, tmp_path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("names", "running"), [
    (["reaper"], True), (["/Applications/REAPER.app/Contents/MacOS/REAPER"], True), (["reaper.exe", "x"], True),
    (["reaper_host64", "grim_reaper", "bash"], False), ([], False),
])
def test_only_reaper_itself_counts(names: list[str], running: bool) -> None:
    assert is_reaper(names) is running


def test_the_system_tells_which_programs_run() -> None:
    assert any("python" in name.lower() or "pytest" in name.lower() for name in running_programs())
