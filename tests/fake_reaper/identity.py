"""GUIDs as REAPER writes them."""
from __future__ import annotations

import uuid


def new() -> str:
    return "{" + str(uuid.uuid4()).upper() + "}"
