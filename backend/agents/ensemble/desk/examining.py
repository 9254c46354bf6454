"""A reply under examination: read, held against its form, its ranges and the question's own check."""
from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

from backend.agents.ensemble.desk.bounds import clip, fields_of
from backend.agents.ensemble.desk.correcting import Correction, Terms, correction_of, joined, repeats
from backend.agents.ensemble.desk.merging import Merged, Same, merge
from backend.agents.ensemble.desk.parsing import read_object
from backend.agents.ensemble.desk.places import Path, at, label, pointer
from backend.agents.ensemble.desk.shapes import UNKNOWN, built, envelope_slips, once, plain_of
from backend.agents.ensemble.question import Fault, Question

T = TypeVar("T")
_log = logging.getLogger(__name__)
MOST_WORDS = 80
MOST_METRICS, LONGEST_METRIC = 20, 60


@dataclass(frozen=True)
class Examined(Generic[T]):
    """``payload`` when all is well with it. ``plain`` is what could be read of it, numbers cut back, with the fields
    that were not asked for; None when that is nothing. ``faults`` are the payload's, ``slips`` the envelope's, both
    are reasons to ask again; ``notes`` are mended and only said. ``broken_off``: the reply has no end. ``own`` are the
    places that this reply decided where an earlier one did the rest, None where it decided all of them."""

    payload: T | None
    plain: Any
    summary: str = ""
    metrics: tuple[str, ...] = ()
    confidence: float = 0.0
    faults: tuple[Fault, ...] = ()
    slips: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    broken_off: bool = False
    own: tuple[Path, ...] | None = None

    @property
    def passes(self) -> bool:
        """Whether there is nothing to ask again."""
        return self.payload is not None and not self.slips


@dataclass(frozen=True)
class _Opened:
    """A reply taken out of its envelope: ``given`` is the payload as it came, ``said`` all that stands around it."""

    given: dict[str, Any] | None
    said: Examined[Any]


class Examiner(Generic[T]):
    """Examines replies to one question; the twin is asked once, when it is needed."""

    def __init__(self, question: Question[T]) -> None:
        self.question = question
        self.same = Same(question.identity, question.named)

    @cached_property
    def twin(self) -> T:
        """The rule expert's answer."""
        return self.question.twin()

    @cached_property
    def twin_plain(self) -> Any:
        return plain_of(self.twin)

    @property
    def unasked(self) -> tuple[str, ...]:
        """The payload's fields that the model is not asked for."""
        only = self.question.only
        return tuple(name for name in fields_of(cast(Any, self.question.shape)) if only and name not in only)

    def pointer(self, path: Path, plain: Any) -> str:
        """A place as people name it; "" is the whole payload."""
        return pointer(path, plain, self.question.identity, self.question.named)

    def described(self, fault: Fault, plain: Any) -> str:
        """A fault in one line."""
        return f"{self.pointer(fault.path, plain) or 'the whole answer'}: {fault.problem}"

    @cached_property
    def terms(self) -> Terms:
        """What a reply should have."""
        names = tuple(name for name in fields_of(cast(Any, self.question.shape)) if name not in self.unasked)
        return Terms(names, self.question.identity, self.twin_plain)

    def wanted(self, examined: Examined[T]) -> Correction:
        """What to ask for once more."""
        return correction_of(examined.plain, examined.faults, examined.broken_off, self.terms)

    def read(self, text: str) -> Examined[T]:
        """Everything there is to say about a reply. Never raises for what the reply says."""
        opened = self._opened(text)
        return opened.said if opened.given is None else self._examined(opened, opened.given)

    def read_again(self, text: str, first: Examined[T], wanted: Correction) -> Examined[T]:
        """A second reply over the first; one that says everything once more, and rightly so, stands by itself."""
        opened = self._opened(text)
        if opened.given is None or first.plain is None or wanted.fields is None:
            return opened.said if opened.given is None else self._examined(opened, opened.given)
        both, own = joined(first.plain, wanted, opened.given, self.terms)
        corrected = replace(self._examined(opened, both), own=own)
        if corrected.payload is None and repeats(first.plain, wanted, opened.given, self.terms):
            alone = self._examined(opened, opened.given)
            return alone if alone.payload is not None else corrected
        return corrected

    def _opened(self, text: str) -> _Opened:
        reading = read_object(text)
        found = reading.found
        if found is None:
            return _Opened(None, Examined(None, None, slips=(reading.problem,)))
        slips = ((reading.problem,) if reading.problem else ()) + envelope_slips(found)
        summary, notes = _summary(found)
        given = found if self._is_bare(found) else found.get("payload")
        if not isinstance(given, dict):
            slips += ("payload: must be an object",) if "payload" in found else ()
        said: Examined[Any] = Examined(None, None, summary, _metrics(found), _confidence(found), (), slips, notes,
                                       bool(reading.problem))
        return _Opened(given if isinstance(given, dict) else None, said)

    def _examined(self, opened: _Opened, given: dict[str, Any]) -> Examined[T]:
        clipped = clip(self.question.shape, self._completed(given))
        notes = opened.said.notes + tuple(self.described(note, clipped.plain) for note in clipped.notes)
        verdict = self._verdict(given, clipped.plain)
        payload = None if isinstance(verdict, tuple) else verdict
        faults = verdict if isinstance(verdict, tuple) else ()
        return replace(opened.said, payload=payload, plain=clipped.plain, faults=faults, notes=notes)

    def judge(self, plain: Any) -> T | tuple[Fault, ...]:
        """The payload, or its faults: form, ranges, items named twice, and then the question's own check."""
        payload = self._formed(plain)
        if isinstance(payload, tuple):
            return payload
        return self._checked(payload, plain) or payload

    def merged(self, plain: Any) -> Merged[T]:
        """The payload with the twin's fields where it is faulty."""
        return merge(plain, self.twin, self.twin_plain, self.judge, self.same)

    def _is_bare(self, found: dict[str, Any]) -> bool:
        """A payload without its envelope: a slip, but what it says counts."""
        return bool(found) and set(found) <= set(fields_of(cast(Any, self.question.shape))) - set(self.unasked)

    def _completed(self, payload: dict[str, Any]) -> dict[str, Any]:
        """The payload with the twin's values in the fields that were not asked for."""
        return {**payload, **{name: self.twin_plain[name] for name in self.unasked}} if self.unasked else payload

    def _verdict(self, given: dict[str, Any], plain: Any) -> T | tuple[Fault, ...]:
        """As ``judge``, and fields that were not asked for are unknown; faults of the form do not hide the others."""
        unasked = [Fault((name,), UNKNOWN) for name in self.unasked if name in given]
        verdict = self._formed(plain)
        if isinstance(verdict, tuple):
            return once([*unasked, *verdict, *self._further(plain, verdict)])
        faults = once([*unasked, *self._checked(verdict, plain)])
        return faults or verdict

    def _formed(self, plain: Any) -> T | tuple[Fault, ...]:
        payload = built(self.question.shape, plain)
        faults = list(payload) if isinstance(payload, tuple) else []
        faults += clip(self.question.shape, plain).faults
        faults += _named_twice(plain, self.question.identity)
        return once(faults) if faults else payload

    def _checked(self, payload: T, plain: Any) -> tuple[Fault, ...]:
        """The question's check. A check that a strange payload upsets is a fault of the payload, with a traceback in
        the log."""
        try:
            faults = self.question.check(payload)
        except Exception as error:
            _log.warning("the check of %s failed", self.question.agent, exc_info=True)
            return (Fault((), f"cannot be checked ({type(error).__name__}: {str(error)[:100]})"),)
        return tuple(Fault(_as_data(fault.path, plain), fault.problem) for fault in faults)

    def _further(self, plain: Any, faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
        """What the check says of the places whose form is right."""
        merged = merge(plain, self.twin, self.twin_plain, self._formed, self.same)
        if merged.moved:
            return ()
        return tuple(more for more in self._checked(merged.payload, merged.plain)
                     if not any(_is_related(more.path, fault.path) for fault in faults))


def _is_related(one: Path, other: Path) -> bool:
    size = min(len(one), len(other))
    return one[:size] == other[:size]


def _as_data(path: Path, plain: Any) -> Path:
    """Bars are numbers in a payload and text in JSON."""
    out: Path = ()
    for key in path:
        try:
            node = at(plain, out)
        except LookupError:
            return out
        out = (*out, str(key) if isinstance(node, dict) else key)
    return out


def _named_twice(plain: Any, identity: dict[str, str]) -> list[Fault]:
    out: list[Fault] = []
    todo: list[tuple[Path, Any]] = [((), plain)]
    while todo:
        path, node = todo.pop()
        if isinstance(node, dict):
            todo += [((*path, key), value) for key, value in node.items()]
        elif isinstance(node, list):
            field = identity.get(str(path[-1])) if path else None
            seen: set[str] = set()
            for i, item in enumerate(node):
                todo.append(((*path, i), item))
                name = label(item, field)
                if name is not None and name in seen:
                    out.append(Fault((*path, i, str(field)), f"{name} is there twice"))
                seen.add(name or "")
    return out


def _summary(found: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    text = found.get("reasoning_summary")
    words = _printable(text).split() if isinstance(text, str) else []
    short = " ".join(words[:MOST_WORDS])[:MOST_WORDS * 12]
    if len(words) > MOST_WORDS:
        return short, (f"reasoning_summary: {len(words)} words, the first {MOST_WORDS} are kept",)
    return short, ()


def _printable(text: str) -> str:
    """Without control characters and invisible signs: these words go to consoles and pages."""
    return "".join(c if c.isprintable() else " " for c in text)


def _metrics(found: dict[str, Any]) -> tuple[str, ...]:
    names = found.get("metrics")
    return tuple(_printable(name)[:LONGEST_METRIC] for name in names if isinstance(name, str))[:MOST_METRICS] \
        if isinstance(names, list) else ()


def _confidence(found: dict[str, Any]) -> float:
    value = found.get("confidence")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0.0
    return float(min(1, max(0, value)))
