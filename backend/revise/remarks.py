"""What people should know of a change beside what it did."""
from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from backend.cue_job import CueJob
from backend.domain.revision import Operation
from backend.music.revision_faults import Ground

_BARS = re.compile(r"\b(?:bars?|measures?)\s+(\d{1,6})(?:\s*(?:-|–|to|until|through|and)\s*(?:bar\s+)?(\d{1,6}))?",
                   re.IGNORECASE)


def remarks(words: str, operations: Iterable[Operation], ground: Ground, job: CueJob) -> tuple[str, ...]:
    """Lines for people: bars that the cue does not have, and a level that the loudness target takes back."""
    return (*_cut_bars(words, ground), *_levelled(tuple(operations), ground, job))


def _cut_bars(words: str, ground: Ground) -> list[str]:
    last = ground.tempo_map.bar_count
    beyond = [match[0] for match in _BARS.finditer(words) if any(int(n) > last for n in match.groups() if n)]
    return [f"The cue has {last} bars: '{beyond[0]}' was taken as far as they go."] if beyond else []


def _levelled(operations: tuple[Operation, ...], ground: Ground, job: CueJob) -> list[str]:
    """Everybody louder by the same is nobody louder: the mix is brought to its loudness afterwards."""
    if not operations or any(one.action not in ("level", "gain") or not ground.is_whole(one) for one in operations):
        return []
    changes = {part.id: 0.0 for part in ground.score.parts}
    for operation in operations:
        for part in ground.parts(operation):
            changes[part.id] += operation.amount
    if len({round(change, 2) for change in changes.values()}) != 1:
        return []
    target = float(job.options.loudness or 0.0)
    wanted = f"{target + next(iter(changes.values()), 0.0):g}"
    return [f"All tracks by the same amount: the loudness target ({target:g} LUFS) takes that back. To change it: "
            f"filmcomposer score {shlex.quote(str(job.folder.path))} --loudness={wanted}"]
