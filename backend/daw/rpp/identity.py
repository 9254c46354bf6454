"""GUIDs from content, so that the same session is the same file."""
from __future__ import annotations

import hashlib

_NAMESPACE = "filmcomposer.rpp/1"


def guid(*place: str | int) -> str:
    """``{8-4-4-4-12}`` in capitals, from where a thing stands. Like RFC 9562 version 8 (custom, SHA-256)."""
    text = "\x1f".join([_NAMESPACE, *(str(part) for part in place)])
    digest = bytearray(hashlib.sha256(text.encode("utf-8")).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    raw = digest.hex().upper()
    return f"{{{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:]}}}"
