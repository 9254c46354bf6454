"""Fails when a test module of the repository has no test in a JUnit report: nothing may hide from the run."""
from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

TESTS = Path(__file__).resolve().parent
NEEDS_DATA = (TESTS.parents[1] / "shared" / "data").is_dir()


def missing_modules(report: Path) -> list[str]:
    """Test modules (dotted, as pytest names them) without a case in the report."""
    seen = {case.get("classname", "") for case in ElementTree.parse(report).iter("testcase")}
    modules = [".".join(p.relative_to(TESTS.parent).with_suffix("").parts) for p in sorted(TESTS.rglob("test_*.py"))]
    return [m for m in modules if not any(name == m or name.startswith(m + ".") for name in seen)]


if __name__ == "__main__":
    absent = missing_modules(Path(sys.argv[1]))
    if absent and NEEDS_DATA:
        print("not collected: " + ", ".join(absent))
        sys.exit(1)
    print(f"every test module ran ({len(absent)} need data that is not here)")
