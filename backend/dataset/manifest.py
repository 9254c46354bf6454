"""``manifest.jsonl``: one item a line, in the form that the trainer of RC-MusicGen reads."""
from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from backend.dataset.describing import music_words, picture_words
from backend.dataset.item import DatasetItem

_SPOT_SOURCE = {"score": "score", "transcription": "transcribed"}


def manifest_of(items: Sequence[DatasetItem], splits: Sequence[str]) -> str:
    """A line for every item, sorted by id; paths as seen from the manifest."""
    rows = [_row(item, split) for item, split in zip(items, splits, strict=True)]
    rows.sort(key=lambda row: str(row["id"]))
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _row(item: DatasetItem, split: str) -> dict[str, Any]:
    return {
        "id": item.id, "audio": item.music.file.path, "start": 0.0, "duration": item.music.duration_s,
        "rhythm": {"spots": [[spot.time_s, spot.strength] for spot in item.spots],
                   "source": _SPOT_SOURCE[item.melody.origin]},
        "text": {"music": music_words(item.description), "visual": picture_words(item.visual),
                 "free": item.description.free},
        "split": split, "weight": 1.0, "license": item.provenance.licence}
