"""What a request asks for in words: the command line's options, by name, as typed."""
from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from backend.config import TAKE_BACK, Options, options_from
from backend.cue_job import Supplied
from backend.errors import InputError, OptionError

_OTHER_NAMES = {"in": "cue_in", "out": "cue_out"}
_WHOLE, _DECIMAL = ("seed", "candidates"), ("loudness", "cap", "llm_timeout")
_DOCUMENTS = ("hits", "spots", "description")
_MOST = 500
"""Characters of one value: a path fits."""


@dataclass(frozen=True)
class Asked:
    """``supplied`` are documents handed in."""

    options: Options
    supplied: Supplied = Supplied()


def asked_for(values: dict[str, str] | None) -> Asked:
    """Empty values count as not said. Raises OptionError for a name or a value that makes no sense, InputError for a
    file that is not there."""
    given = {_name(key): _text(key, value) for key, value in (values or {}).items() if _text(key, value)}
    documents = {name: _file(name, given.pop(name)) for name in _DOCUMENTS if name in given}
    known = {field.name for field in fields(Options)}
    for name in given:
        if name not in known:
            raise OptionError(f"--{name.replace('_', '-')}: there is no such option. See: filmcomposer score --help")
    if given.get("soundfont", TAKE_BACK) != TAKE_BACK:
        given["soundfont"] = str(_file("soundfont", given["soundfont"]))
    options = options_from({name: _value(name, text) for name, text in given.items()})
    return Asked(options, Supplied(**documents))


def _name(key: str) -> str:
    name = key.strip().lstrip("-").replace("-", "_").lower()
    return _OTHER_NAMES.get(name, name)


def _text(key: str, value: object) -> str:
    text = "" if value is None else str(value).strip()
    if len(text) > _MOST or any(ord(c) < 32 for c in text):
        raise OptionError(f"--{_name(key).replace('_', '-')}: this value cannot be read. Type it again.")
    return text


def _value(name: str, text: str) -> int | float | str:
    if text == TAKE_BACK or name not in (*_WHOLE, *_DECIMAL):
        return text
    try:
        return int(text) if name in _WHOLE else float(text)
    except ValueError:
        raise OptionError(f"--{name} '{text}' is no number.") from None


def _file(name: str, text: str) -> Path:
    path = Path(text)
    if not path.is_absolute():
        raise InputError(f"--{name} '{text}': give the full path.")
    if not path.is_file():
        raise InputError(f"--{name} '{text}': there is no such file. Check the path.")
    return path
