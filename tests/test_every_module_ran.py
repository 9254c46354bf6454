"""The guard against test modules that were not collected."""
from __future__ import annotations

import importlib.util
from pathlib import Path

_SPEC = importlib.util.spec_from_file_location("every_module_ran", Path(__file__).with_name("every_module_ran.py"))
assert _SPEC is not None and _SPEC.loader is not None
guard = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(guard)


def test_a_module_without_a_case_is_named(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text('<testsuites><testsuite><testcase classname="tests.domain.test_time" name="x"/>'
                      "</testsuite></testsuites>")
    missing = guard.missing_modules(report)
    assert "tests.domain.test_time" not in missing
    assert "tests.domain.test_serial" in missing
