"""Scripts: a main module of their own, code strings run later, errors that end one script, undo blocks in slices."""
from __future__ import annotations

import sys
from pathlib import Path

from tests.fake_reaper import FakeReaper
from tests.fake_reaper.undo import UNNAMED


def _script(folder: Path, code: str, name: str = "action.py") -> Path:
    path = folder / name
    path.write_text(f"from reaper_python import *\n{code}\n", encoding="utf-8")
    return path


def test_deferred_code_runs_once_a_tick_in_its_own_module(tmp_path: Path) -> None:
    reaper = FakeReaper()
    code = ("count = 0\ndef loop():\n    global count\n    count += 1\n    RPR_ShowConsoleMsg(f'{count} ')\n"
            "    if count < 3: RPR_defer('loop()')\nloop()")
    reaper.run_script(_script(tmp_path, code))
    assert reaper.window.console == "1 "
    reaper.tick()
    assert reaper.window.console == "1 2 "
    reaper.tick(5)
    assert reaper.window.console == "1 2 3 "
    assert reaper.scripts.alive == []


def test_several_scripts_live_side_by_side(tmp_path: Path) -> None:
    reaper = FakeReaper()
    code = "def loop():\n    RPR_ShowConsoleMsg(name)\n    RPR_defer('loop()')\n"
    reaper.run_script(_script(tmp_path, f"name = 'a'\n{code}loop()", "a.py"))
    reaper.run_script(_script(tmp_path, f"name = 'b'\n{code}loop()", "b.py"))
    reaper.tick()
    assert reaper.window.console == "abab"
    assert [script.path.name for script in reaper.scripts.alive] == ["a.py", "b.py"]


def test_the_main_module_is_the_scripts_while_it_runs(tmp_path: Path) -> None:
    reaper = FakeReaper()
    main = sys.modules["__main__"]
    code = ("import sys\nme = sys.modules['__main__']\n"
            "RPR_ShowConsoleMsg(f\"{me.__dict__ is globals()} {hasattr(me, 'obj')} {__name__} {__file__}\")")
    path = _script(tmp_path, code)
    reaper.run_script(path)
    assert reaper.window.console == f"True True __main__ {path}"
    assert sys.modules["__main__"] is main and "reaper_python" not in sys.modules


def test_defer_lives_in_main_and_takes_code_only(tmp_path: Path) -> None:
    reaper = FakeReaper()
    assert not hasattr(reaper.api, "RPR_defer") and not hasattr(reaper.api, "RPR_atexit")
    reaper.run_script(_script(tmp_path, "RPR_defer(lambda: None)"))
    assert "RPR_defer takes a string of code" in reaper.window.console
    assert reaper.scripts.alive == []


def test_an_error_goes_to_the_console_and_ends_that_script_only(tmp_path: Path) -> None:
    reaper = FakeReaper()
    reaper.run_script(_script(tmp_path, "def loop():\n    RPR_defer('loop()')\nloop()", "good.py"))
    reaper.run_script(_script(tmp_path, "RPR_atexit(\"RPR_ShowConsoleMsg('end of bad')\")\n"
                                        "RPR_defer('RPR_defer(\"0\"); 1 / 0')", "bad.py"))
    reaper.tick(3)
    assert [script.path.name for script in reaper.scripts.alive] == ["good.py"]
    assert "ZeroDivisionError" in reaper.window.console and reaper.window.console.endswith("end of bad")
    assert len(reaper.scripts.errors) == 1


def test_closing_runs_what_was_left_for_the_end(tmp_path: Path) -> None:
    reaper = FakeReaper()
    reaper.run_script(_script(tmp_path, "RPR_atexit(\"RPR_ShowConsoleMsg('bye')\")\ndef loop():\n"
                                        "    RPR_defer('loop()')\nloop()"))
    reaper.tick()
    reaper.scripts.stop_all()
    assert reaper.window.console == "bye" and reaper.scripts.alive == []


def test_a_script_that_says_nothing_about_undo_gets_a_point(tmp_path: Path) -> None:
    reaper = FakeReaper()
    reaper.run_script(_script(tmp_path, "RPR_CountTracks(0)", "look.py"))
    assert reaper.undo_history.names() == ["ReaScript: look.py"]


def test_a_script_that_defers_gets_none(tmp_path: Path) -> None:
    reaper = FakeReaper()
    reaper.run_script(_script(tmp_path, "RPR_defer('0')"))
    reaper.tick(2)
    assert reaper.undo_history.names() == []


def test_a_block_in_one_piece_of_code_is_one_step(tmp_path: Path) -> None:
    reaper = FakeReaper()
    reaper.run_script(_script(tmp_path, "RPR_Undo_BeginBlock2(0)\nRPR_InsertTrackAtIndex(0, False)\n"
                                        "RPR_InsertTrackAtIndex(0, False)\nRPR_Undo_EndBlock2(0, 'two', -1)"))
    assert reaper.undo_history.names() == ["two"]
    reaper.undo()
    assert reaper.project.tracks == []


def test_a_block_over_a_defer_falls_apart(tmp_path: Path) -> None:
    reaper = FakeReaper()
    reaper.run_script(_script(tmp_path, "RPR_Undo_BeginBlock2(0)\nRPR_InsertTrackAtIndex(0, False)\n"
                                        "RPR_defer(\"RPR_InsertTrackAtIndex(0, False); "
                                        "RPR_Undo_EndBlock2(0, 'both', -1)\")"))
    reaper.tick()
    assert reaper.undo_history.names() == [UNNAMED]
    assert len(reaper.project.tracks) == 2


def test_actions_by_name(tmp_path: Path) -> None:
    reaper = FakeReaper()
    path = _script(tmp_path, "RPR_ShowConsoleMsg('ran')\nRPR_defer('0')")
    number = reaper.api.RPR_AddRemoveReaScript(True, 0, str(path), True)
    name = reaper.api.RPR_ReverseNamedCommandLookup(number)
    assert reaper.api.RPR_NamedCommandLookup("_" + name) == number
    assert reaper.api.RPR_NamedCommandLookup("_RSnobody") == 0
    assert reaper.api.RPR_AddRemoveReaScript(True, 0, str(tmp_path / "none.py"), True) == 0
    reaper.api.RPR_Main_OnCommand(number, 0)
    assert reaper.window.console == "ran"


def test_registered_actions_are_read_from_the_key_map(tmp_path: Path) -> None:
    path = _script(tmp_path, "RPR_ShowConsoleMsg('ran')\nRPR_defer('0')", "with blank.py")
    line = f'SCR 4 0 RS{"a" * 40} "Custom: FilmComposer" "{path}"\n'
    (tmp_path / "reaper-kb.ini").write_text("KEY 1 2 3 0\n" + line, encoding="utf-8")
    reaper = FakeReaper(tmp_path)
    reaper.api.RPR_Main_OnCommand(reaper.api.RPR_NamedCommandLookup("_RS" + "a" * 40), 0)
    assert reaper.window.console == "ran"


def test_modules_are_shared_or_each_scripts_own(tmp_path: Path) -> None:
    code = ("import backend.errors as e\ne.seen = getattr(e, 'seen', 0) + 1\nRPR_ShowConsoleMsg(f'{e.seen} ')\n"
            "def later():\n    import backend.errors as again\n    RPR_ShowConsoleMsg(f'{again is e} ')\n"
            "RPR_defer('later()')")
    path = _script(tmp_path, code)
    for isolated, told in ((False, "1 True 2 True "), (True, "1 True 1 True ")):
        reaper = FakeReaper()
        reaper.isolated = isolated
        kept = sys.modules.pop("backend.errors", None)
        for _ in range(2):
            reaper.run_script(path)
            reaper.tick()
        sys.modules.pop("backend.errors", None)
        if kept is not None:
            sys.modules["backend.errors"] = kept
        assert (reaper.window.console, reaper.scripts.errors) == (told, [])
