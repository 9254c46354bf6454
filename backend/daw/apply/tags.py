"""What a track of ours says about itself: to which cue it belongs, which track it is, how it was left."""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from backend.daw.apply.host import Host
from backend.daw.apply.prints import compact

TAG = "P_EXT:filmcomposer"


@dataclass
class Tag:
    """``aspects``: name -> [crc of the idea, what REAPER held after it was written]. ``items``: key -> how the item was
    left (see items.py). ``missing``: plug-ins that were not installed."""

    cue: str
    id: str
    kind: str
    aspects: dict[str, list[Any]] = field(default_factory=dict)
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return compact({"cue": self.cue, "id": self.id, "kind": self.kind, "aspects": self.aspects,
                        "items": self.items, "missing": self.missing})


def parse(text: str) -> Tag | None:
    """None for a track that is not ours, or that something else wrote on."""
    if not text:
        return None
    try:
        row = json.loads(text)
        return Tag(str(row["cue"]), str(row["id"]), str(row["kind"]), dict(row.get("aspects", {})),
                   dict(row.get("items", {})), list(row.get("missing", [])))
    except (ValueError, TypeError, KeyError):
        return None


def read_tag(host: Host, track: Any) -> Tag | None:
    return parse(str(host.read("GetSetMediaTrackInfo_String", track, TAG, "", False)[3]))


def write_tag(host: Host, track: Any, tag: Tag) -> None:
    host.write("GetSetMediaTrackInfo_String", track, TAG, tag.text, True)
