"""Which split an item belongs to: by a hash of its source, so that no film and no piece of music is in two."""
from __future__ import annotations

import hashlib
from collections.abc import Sequence

SPLITS = ("train", "dev", "test")


def split_items(keys: Sequence[tuple[str, ...]], shares: tuple[int, int, int]) -> list[str]:
    """The split of every item, given the keys it must not share with another split (its source, its music).

    Items with a key in common form a group, and the group's smallest hash decides: the same items give the same splits
    on every machine and in every order.
    """
    leader: dict[str, str] = {}

    def find(key: str) -> str:
        leader.setdefault(key, key)
        while leader[key] != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    for item in keys:
        hashes = [hashlib.sha256(key.encode()).hexdigest() for key in item]
        for other in hashes[1:]:
            low, high = sorted((find(hashes[0]), find(other)))
            leader[high] = low
    return [_split(find(hashlib.sha256(item[0].encode()).hexdigest()), shares) for item in keys]


def _split(digest: str, shares: tuple[int, int, int]) -> str:
    place, limit = int(digest[:12], 16) % 10_000, 0
    for name, share in zip(SPLITS, shares, strict=True):
        limit += share * 100
        if place < limit:
            return name
    return SPLITS[0]
