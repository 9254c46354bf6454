"""What a build asks of REAPER: calls with text buffers are the dear ones (130 us each, 10 us for the others)."""
from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

from backend.domain.live import LivePlan
from tests.daw.apply.desk import Desk
from tests.daw.apply.plans import cue, new_notes, orchestra
from tests.fake_reaper.calls import signatures

ROOT = Path(__file__).resolve().parents[3]


def big(notes: int = 200, points: int = 60) -> LivePlan:
    """Twelve instruments in three families, with envelopes and sends."""
    plan = cue(count=12)
    return replace(plan, tracks=orchestra(plan.start_s, plan.bars_end_s - plan.start_s, 12, notes, points))


def calls_of(desk: Desk, plan: LivePlan) -> tuple[int, int]:
    """Calls with a text buffer, and the others."""
    desk.reaper.calls.clear()
    desk.build(plan)
    counts = Counter(desk.reaper.calls)
    text = sum(count for name, count in counts.items() if "buf" in signatures().get(name, {}).get("args", []))
    return text, sum(counts.values()) - text


def test_a_whole_score_costs_few_calls(desk: Desk) -> None:
    """110 and 1755 measured: 14 ms and 17 ms of a real REAPER's wrapper."""
    text, others = calls_of(desk, big())
    assert text <= 115
    assert others <= 1800


def test_notes_cost_nothing_points_one_call_each(desk: Desk) -> None:
    first, second = calls_of(desk, big(notes=10)), calls_of(Desk(type(desk.reaper)()), big(notes=400))
    assert first == second
    more = calls_of(Desk(type(desk.reaper)()), big(points=160))
    assert more[0] == first[0]
    assert more[1] - first[1] == 12 * 100


def test_a_second_run_looks_and_does_not_touch(desk: Desk) -> None:
    desk.build(big())
    text, others = calls_of(desk, big())
    assert text <= 40
    assert others <= 215


def test_one_changed_track_is_one_changed_track(desk: Desk) -> None:
    """The other tracks' state texts are not even read."""
    desk.build(big())
    calls_of(desk, new_notes(big(), "horn", [60]))
    assert desk.reaper.calls["GetTrackStateChunk"] == 1
    assert desk.reaper.calls["SetTrackStateChunk"] == 0
    assert desk.reaper.calls["MIDI_SetAllEvts"] == 1


def test_what_it_loads_is_standard_library_without_the_crashing_modules() -> None:
    script = "import sys; sys.path.insert(0, sys.argv[1]); import backend.daw.apply; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script, str(ROOT)], capture_output=True, text=True,
                          check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()} - {"backend", "__main__"}
    assert loaded <= set(sys.stdlib_module_names)
    assert not loaded & {"datetime", "decimal", "fractions", "hashlib", "hmac", "secrets", "random"}
