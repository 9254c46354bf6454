"""Lays the cue's tempo map into the project, with everything else nailed to its time."""
from __future__ import annotations

from dataclasses import replace

from backend.daw.apply.claims import Ledger
from backend.daw.apply.host import Host
from backend.daw.apply.pins import Pins
from backend.daw.apply.refusal import Refused
from backend.daw.apply.tempo_plan import TempoChange
from backend.daw.apply.tempo_points import Point, TempoEditor

_TOLERANCE_MS = 1.0
_UNMOVED_MS = 1e-6


def lay_tempo(host: Host, change: TempoChange, ledger: Ledger) -> None:
    """Raises Refused when REAPER puts a point more than a millisecond away, or moves one that is not ours."""
    host.open()
    pins = Pins(host, change.from_s)
    editor = TempoEditor(host, change.current)
    _edit(editor, change)
    pins.put_back()
    _check(host, editor, change)
    ledger.mine.tempo = [point.claim for point in change.new]
    ledger.mine.added += [point.claim for point in editor.appeared]
    ledger.mine.origin = change.origin


def _edit(editor: TempoEditor, change: TempoChange) -> None:
    """Old points become new ones where they stand at the same time; the rest goes, and what is missing comes."""
    wanted = [*change.new, *change.restored]
    for old in change.old:
        here = next((point for point in wanted if point.is_at(old.time_s)), None)
        if here is None:
            editor.remove(old)
        else:
            wanted.remove(here)
            if not here.equals(old):
                editor.change(old, replace(here, time_s=old.time_s))
    for point in sorted(wanted, key=lambda p: p.time_s):
        editor.add(point)


def _check(host: Host, editor: TempoEditor, change: TempoChange) -> None:
    ours_ms, others_ms = editor.worst_ms(change.new)
    if ours_ms > _TOLERANCE_MS or others_ms > _UNMOVED_MS:
        raise Refused("REAPER did not keep the tempo map where it was put; nothing was changed. "
                      "Please send the support bundle.")
    host.wrote("tempo point", len([p for p in change.new if not _was_there(p, change.old)]) or 1)
    host.say(f"Tempo map: {len(change.new)} points, worst {ours_ms:.3f} ms from the plan.")


def _was_there(point: Point, old: list[Point]) -> bool:
    return any(point.equals(other) for other in old)
