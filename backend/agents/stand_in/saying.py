"""What a scripted speaker says, and the envelope it goes into."""
from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Saying:
    """``payload`` is plain JSON data; ``metrics`` name the figures it leaned on; ``frames`` are the burnt-in numbers of
    the pictures that came, None where a picture has none."""

    payload: dict[str, Any]
    summary: str
    metrics: tuple[str, ...] = ()
    confidence: float = 0.8
    frames: tuple[int | None, ...] = ()

    def text(self) -> str:
        """The reply as it goes over the line."""
        return json.dumps({"reasoning_summary": self.summary, "metrics": list(self.metrics),
                           "confidence": self.confidence, "payload": self.payload})
