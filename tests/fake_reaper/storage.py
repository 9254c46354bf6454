"""The project as JSON: what is saved, what is compared, what is hashed."""
from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import typing
from typing import Any

from tests.fake_reaper import state
from tests.fake_reaper.events import MidiEvents
from tests.fake_reaper.state import Project

_VIEW = ("path",)
"""Where the file lies is no content."""


def plain(thing: Any) -> Any:
    """Dataclasses as objects, MIDI as base64."""
    if dataclasses.is_dataclass(thing):
        return {field.name: plain(getattr(thing, field.name)) for field in dataclasses.fields(thing)}
    if isinstance(thing, MidiEvents):
        return base64.b64encode(thing.data).decode("ascii")
    if isinstance(thing, list):
        return [plain(one) for one in thing]
    if isinstance(thing, dict):
        return {key: plain(value) for key, value in thing.items()}
    return thing


def project_hash(project: Project) -> str:
    """The same for the same content; the file's place is no content."""
    told = {key: value for key, value in plain(project).items() if key not in _VIEW}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def to_text(project: Project) -> str:
    return json.dumps(plain(project), indent=1)


def from_text(text: str) -> Project:
    project: Project = _build(Project, json.loads(text))
    return project


def source_from(value: dict[str, Any]) -> state.Source:
    source: state.Source = _build(state.Source, value)
    return source


def _build(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if kind is MidiEvents:
        return MidiEvents(base64.b64decode(value))
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = typing.get_type_hints(kind, vars(state))
        return kind(**{name: _build(hints[name], one) for name, one in value.items()})
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) is list:
        return [_build(arguments[0], one) for one in value]
    options = [one for one in arguments if one is not type(None)]
    if type(None) in arguments and len(options) == 1:
        return _build(options[0], value)
    return value
