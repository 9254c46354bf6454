"""A film from the command line goes where no other cue lies: nobody at the screen chose its place."""
from __future__ import annotations

import os
from typing import Any

from backend.daw.apply.claims import Ledger
from backend.daw.apply.host import Host, is_null
from backend.daw.apply.items import ItemIndex
from backend.daw.apply.refusal import Refused
from backend.domain.live import LivePlan

_NAME_SIZE = 4096
_NEAR_S = 0.001
_ADVICE = "put the video item where it belongs and run Score clip there; nothing was changed."


def refuse_a_taken_place(host: Host, plan: LivePlan, ledger: Ledger, index: ItemIndex) -> None:
    """Raises Refused when the label is another film's here, when its film lies elsewhere in the project, or when
    another cue lies in the way. A plan for a video item of the user's has its place and is not looked at."""
    if plan.picture_item or plan.video is None:
        return
    for label, row in ledger.cues.items():
        item = index.find(str(row.get("item", ""))) if isinstance(row, dict) else None
        if item is None:
            continue
        if label != plan.cue:
            _refuse_overlap(plan, label, row)
        elif not _is_film(host, item, plan.video.file):
            raise Refused(f"{label} in this project is the score of another film. Give this one a label of its own "
                          "with --cue, or open another project; nothing was changed.")
        elif abs(float(row["start_s"]) - plan.start_s) > _NEAR_S:
            raise Refused(f"{label} lies at {float(row['start_s']):.3f} s in this project, and a job from the command "
                          f"line is laid at {plan.start_s:.3f} s. What you chose is remembered in the results folder: "
                          "select the video item and run Score clip; nothing was changed.")


def _refuse_overlap(plan: LivePlan, label: str, row: dict[str, Any]) -> None:
    start_s, end_s = float(row["start_s"]), float(row["end_s"])
    if start_s < plan.end_s - _NEAR_S and plan.start_s < end_s - _NEAR_S:
        raise Refused(f"{plan.cue}: {label} lies at {start_s:.3f}-{end_s:.3f} s already, and a job from the command "
                      f"line is laid at {plan.start_s:.3f} s. Open another project, or {_ADVICE}")


def _is_film(host: Host, item: Any, file: str) -> bool:
    take = host.read("GetActiveTake", item)
    source = host.read("GetMediaItemTake_Source", take) if not is_null(take) else take
    name = "" if is_null(source) else str(host.read("GetMediaSourceFileName", source, "", _NAME_SIZE)[1])
    return os.path.normcase(os.path.normpath(name)) == os.path.normcase(os.path.normpath(file))
