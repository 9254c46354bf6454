"""Where something stands in a payload: paths of keys and indices, and how people and the scheme name them."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Path = tuple[str | int, ...]
_NOTHING = object()


def at(plain: Any, path: Path) -> Any:
    """The node at ``path``. Raises LookupError where there is none."""
    node = plain
    for key in path:
        if isinstance(node, list) and isinstance(key, int) and 0 <= key < len(node):
            node = node[key]
        elif isinstance(node, dict) and key in node:
            node = node[key]
        else:
            raise LookupError(key)
    return node


def list_name(path: Path) -> str:
    """The key under which a list stands; "" for the payload itself."""
    return next((key for key in reversed(path) if isinstance(key, str)), "")


def label(item: Any, field: str | None) -> str | None:
    """What identifies or names an item of a list, as text; None when it does not say."""
    value = item.get(field, _NOTHING) if field is not None and isinstance(item, dict) else _NOTHING
    if isinstance(value, str) and 0 < len(value) <= 60 and value.isprintable():
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def pointer(path: Path, plain: Any, identity: Mapping[str, str], named: Mapping[str, str]) -> str:
    """A JSON pointer in which list items go by name: ``/tracks/melody/instrument``; "" is the payload itself."""
    node, out = plain, []
    for depth, key in enumerate(path):
        name: str | int = key
        if isinstance(node, list) and isinstance(key, int):
            item, lists = (node[key] if 0 <= key < len(node) else None), list_name(path[:depth])
            name = label(item, named.get(lists)) or label(item, identity.get(lists)) or key
            node = item
        else:
            node = node.get(key) if isinstance(node, dict) else None
        out.append("/" + _printable(str(name)).replace("~", "~0").replace("/", "~1"))
    return "".join(out)


def _printable(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name[:60])
