"""Writes docs/protocol.md out of the messages and limits in the code: ``python -m bridge.protocol_page``."""
from __future__ import annotations

import dataclasses
import sys
import textwrap
import types
import typing
from pathlib import Path
from typing import Any

from bridge import connection, door, messages, packing, server
from bridge.build_request import MAX_BYTES as BUILD_BYTES

PAGE = Path(__file__).resolve().parents[1] / "docs" / "protocol.md"
_WORDS = {str: "text", bool: "true/false", int: "integer", float: "number", type(None): "nil"}

_HEAD = """\
# Protocol {version}

How REAPER's actions and the command line talk to the daemon, and the daemon to REAPER. This page is made from the
code; after a change: `python -m bridge.protocol_page`. A test compares the two.

## Finding the daemon

The daemon listens on a free port of 127.0.0.1 and nowhere else. It writes `{file}` into the state folder, whole or
not at all and readable by the user alone (0600), and removes it when it stops:

`{{"port": 49153, "key": "<{key_bytes} bytes, hexadecimal>", "pid": 4711, "protocol": {version}}}`

The state folder is `FILMCOMPOSER_STATE` when that is set, else `%LOCALAPPDATA%\\FilmComposer` on Windows,
`~/Library/Application Support/FilmComposer` on macOS and `~/.local/state/filmcomposer` elsewhere. A file that cannot
be understood counts as none, and a running daemon writes it again. A file of another user is refused.

## Connection and frames

ZeroMQ: a DEALER connects to the daemon's ROUTER (ZMTP 3, handshake PLAIN). Any user name; the password is the key's
{key_bytes} bytes. Without the key nothing gets past the handshake. A message, either way, is three frames:

| frame | content |
|---|---|
| key | the same {key_bytes} bytes once more; a message without them is dropped without an answer |
| version | the protocol version in ASCII digits: `{version}` |
| message | a msgpack map: the message's name under `type`, and its fields |

Of msgpack: nil, booleans, integers of 64 bits, 64-bit floats, text, bytes, arrays, and maps whose keys are text, none
twice. Floats are finite. A field with a default may be left out; an unknown type or field, or a value of another
kind, is refused.

Every request gets exactly one reply, in the order of the requests on that connection. Nothing is pushed: who wants to
know asks. A request that cannot be understood or carried out gets `Refused` with one sentence for the user. When a
reply is lost, `Submit` may be sent again with the same `reply_id`: it is the same job; so a frame that somebody
recorded and plays again starts nothing.

## Versions

Any change to a message raises the number, for either side refuses what it does not know. The daemon answers another
version with `Refused`, in its own version; the client names both versions and says what to restart. The number also
stands in the connection file, so that a client knows before it connects.

## Limits

| what | most |
|---|---|
| a message | {message_mib} MiB |
| values in a message, with arrays, maps and keys | {values} |
| entries of an array; nesting | {array}; {depth} |
| connections at a time; later ones are closed at once | {peers} |
| time for the handshake | {handshake_s} s |
| messages waiting for one connection, each way; further replies are dropped | {queue} |

## From the daemon to REAPER

An action starts a listener inside REAPER, on a free port of 127.0.0.1, and sends that port and a secret to the daemon
in a `ReaperAddress`. It takes one request a connection, in the wire format of reapy's client: an 8-byte little-endian
length, then so many bytes of UTF-8 JSON. On connecting the client is told its own address, as reapy's server does;
then it sends one request and gets one answer, and that is all. In a request the secret comes first, then one plan;
the one function that may be named is the build. Everything else is refused before any of it is looked up, and nothing
is imported by name. A request and an answer have at most {build_mib} MiB. The plan and the report are `LivePlan` and
`BuildReport` of `backend/domain/live.py`, as JSON.


"""


def page() -> str:
    """The whole page, ending with a newline."""
    head = _HEAD.format(
        version=messages.PROTOCOL_VERSION, file=connection.FILE_NAME, key_bytes=connection.KEY_BYTES,
        message_mib=packing.MAX_BYTES >> 20, depth=packing.MAX_DEPTH, values=f"{packing.MAX_VALUES:,}",
        array=f"{server.LONGEST_ARRAY:,}", peers=door.MAX_PEERS, handshake_s=server.HANDSHAKE_MS // 1000,
        queue=server.QUEUE_MESSAGES, build_mib=BUILD_BYTES >> 20)
    chapters = [("Requests", messages.REQUESTS), ("Replies", messages.REPLIES),
                ("Records inside messages", _records((*messages.REQUESTS, *messages.REPLIES)))]
    return head + "\n" + "\n".join(f"## {title}\n\n" + "\n".join(map(_section, kinds)) for title, kinds in chapters)


def _records(kinds: tuple[type, ...]) -> tuple[type, ...]:
    """Dataclasses that stand in fields of ``kinds`` and are no messages themselves, in the order they are met."""
    found: dict[type, None] = {}

    def visit(hint: Any) -> None:
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            if hint not in found and hint not in kinds:
                found[hint] = None
            for inner in typing.get_type_hints(hint).values() if hint not in done else ():
                done.add(hint)
                visit(inner)
        for argument in typing.get_args(hint):
            visit(argument)

    done: set[type] = set()
    for kind in kinds:
        visit(kind)
    return tuple(found)


def _section(kind: type) -> str:
    doc = kind.__doc__ or ""
    written = not doc.startswith(f"{kind.__name__}(")  # else dataclass made it up
    text = textwrap.wrap(" ".join(doc.replace("``", "`").split()), 118) if written else []
    hints = typing.get_type_hints(kind)
    rows = [f"| `{f.name}` | {_type(hints[f.name])} | {_default(f.default)} |" for f in dataclasses.fields(kind)]
    table = ["| field | type | default |", "|---|---|---|", *rows] if rows else ["No fields."]
    return "\n".join([f"### {kind.__name__}", "", *text, *([""] if text else []), *table, ""])


def _type(hint: Any) -> str:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(map(_type, arguments))
    if origin is typing.Literal:
        return "one of " + ", ".join(f"`{value}`" for value in arguments)
    if origin is tuple and arguments[1:] == (...,):
        return f"array of {_type(arguments[0])}"
    if origin is tuple:
        return f"array ({', '.join(map(_type, arguments))})"
    if origin is dict:
        return f"map of {_type(arguments[1])}"
    return _WORDS.get(hint) or f"[{hint.__name__}](#{hint.__name__.lower()})"


def _default(value: object) -> str:
    if value is dataclasses.MISSING:
        return "required"
    if value is None or isinstance(value, bool):
        return {None: "nil", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return f"{value:g}"
    return f"{value}" if value else "empty"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    sys.stdout.write(f"{PAGE}\n")
