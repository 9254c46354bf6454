"""The fake cue of tests/report, loaded by its path so that it works however pytest is started."""
from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def cues() -> ModuleType:
    """The module ``fake_cue``: ``fake_cue()`` and ``write_mix()``."""
    name = "filmcomposer_fake_cue"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parents[1] / "report" / "fake_cue.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]
