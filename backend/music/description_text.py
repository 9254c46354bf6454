"""``description.txt``: the description as text that a person edits, read back exactly.

A block for the clip, one a shot, one a section of the plot, and the two steps of the reasoning where there is one::

    [shot 2]
    setting: church (model 0.80)
    behaviour: null
    seen: She lights a candle and waits.

Every line is ``key: value``; a longer value may go on in lines that begin with a space. ``#`` begins a remark. What
stands in brackets behind a label is who said it; a label that is changed becomes the user's, whatever they say. A label
line that is taken out is a label taken back, a block taken out is gone. Texts that would not survive as they are
(line ends, spaces at the ends, quotes at the beginning) are written in quotes as JSON.
"""
from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from backend.domain.description import (
    Attribute,
    Attributes,
    ClipDescription,
    MusicElements,
    PlotSection,
    Reasoning,
    ShotDescription,
    Source,
    VisualElements,
)
from backend.domain.visual_labels import find_label
from backend.music.description_blocks import LABEL_KEYS, MUSIC_KEYS, SEEN_KEYS, Block, only, split_blocks, wrong

T = TypeVar("T")
_HEAD = """\
# What the picture means. Change any line: description.json follows, and so does every later stage.
# Labels are those of FilmComposer's Table 6, or null; an unknown one is answered with the list. Sentences are free.
"""


def write_text(description: ClipDescription, remarks: Mapping[int, str] | None = None) -> str:
    """The description as text; ``remarks`` stand below the heads of shots (index -> text)."""
    blocks = [("clip", [*_label_lines(description.clip), ("motion", _quoted(description.motion)),
                        ("valence", repr(description.valence)), ("arousal", repr(description.arousal))])]
    for shot in description.shots:
        blocks.append((f"shot {shot.shot}", [*_label_lines(shot.attributes), ("motion", _quoted(shot.motion)),
                                             ("seen", _sentence(shot.sentence))]))
    for part in description.plot:
        blocks.append((f"plot {part.start_s!r} to {part.end_s!r}", [
            ("tension", repr(part.tension) + _note(part.source)), ("sentence", _sentence(part.sentence))]))
    blocks += _reasoning_blocks(description.reasoning)
    said = {f"shot {shot}": f"# {text}\n" for shot, text in (remarks or {}).items()}
    return _HEAD + "".join(f"\n[{head}]\n{said.get(head, '')}"
                           + "".join(f"{key}: {value}".rstrip(" ") + "\n" for key, value in lines)
                           for head, lines in blocks)


def _reasoning_blocks(reasoning: Reasoning | None) -> list[tuple[str, list[tuple[str, str]]]]:
    if reasoning is None:
        return []
    music = [(key, _ids(reasoning.music.instruments) if key == "instruments"
              else _quoted(getattr(reasoning.music, key))) for key in MUSIC_KEYS[:-1]]
    return [("seen", [(key, _quoted(getattr(reasoning.visual, key))) for key in SEEN_KEYS]),
            ("music", [*music, ("description", _quoted(reasoning.music_description))])]


def _label_lines(attributes: Attributes) -> list[tuple[str, str]]:
    lines = []
    for name in LABEL_KEYS:
        attribute = getattr(attributes, name)
        note = _note(attribute.source, attribute.confidence) if attribute.label is not None else ""
        lines.append((name, _label(attribute.label) + note))
    return lines


def _label(label: str | None) -> str:
    if label is None:
        return "null"
    return label if re.fullmatch(r"[A-Za-z](?:[A-Za-z -]*[A-Za-z])?", label) and label.lower() != "null" \
        else json.dumps(label)


def _note(source: str, confidence: float | None = None) -> str:
    return f" ({source}{f' {confidence:.2f}' if confidence is not None else ''})"


def _sentence(text: str | None) -> str:
    return "null" if text is None else _quoted(text)


def _quoted(text: str) -> str:
    plain = text.isprintable() and text == text.strip() and text and text[0] != '"' and text.lower() != "null"
    return text if plain else json.dumps(text)


def _ids(names: tuple[str, ...]) -> str:
    plain = all(re.fullmatch(r"\w+", name, re.ASCII) for name in names)
    return ", ".join(names) if plain else json.dumps(list(names))


def read_text(text: str, base: ClipDescription) -> ClipDescription:
    """``base`` with what the text says. Raises EditError, one line with the number of the line in the text."""
    blocks = split_blocks(text)
    clip = only(blocks, "clip")
    if clip is None:
        wrong(1, "the block [clip] is missing")
    shots, sections = list(base.shots), list(base.plot)
    return _built(clip, lambda: replace(
        base, clip=_attributes(clip, base.clip), motion=_text(clip, "motion"), valence=_number(clip, "valence"),
        arousal=_number(clip, "arousal"),
        shots=tuple(_shot(block, shots) for block in blocks if block.kind == "shot"),
        plot=tuple(_section(block, sections) for block in blocks if block.kind == "plot"),
        reasoning=_reasoning(only(blocks, "seen"), only(blocks, "music"))))


def _shot(block: Block, left: list[ShotDescription]) -> ShotDescription:
    """A shot of the description with what its block says; taken out of ``left``."""
    index = int(block.head)
    before = next((shot for shot in left if shot.shot == index), None)
    if before is None:
        wrong(block.line, f"the description has no shot {index}, or it has a block already")
    left.remove(before)
    return replace(before, attributes=_attributes(block, before.attributes), motion=_text(block, "motion"),
                   sentence=_maybe(block, "seen"))


def _section(block: Block, left: list[PlotSection]) -> PlotSection:
    """A section with the times of its head; a tension that changes is the user's."""
    start_s, end_s = (_float(block.line, "a time in seconds", word) for word in block.head.split())
    tension = _number(block, "tension")
    source: Source = "user"
    same = (start_s, end_s, tension)
    before = next((part for part in left if (part.start_s, part.end_s, part.tension) == same), None)
    if before is not None:
        left.remove(before)
        source = before.source
    return _built(block, lambda: PlotSection(start_s, end_s, tension, _maybe(block, "sentence"), source))


def _reasoning(seen: Block | None, music: Block | None) -> Reasoning | None:
    if seen is None and music is None:
        return None
    if seen is None or music is None:
        there = seen or music
        assert there is not None
        wrong(there.line, "[seen] and [music] belong together; write both or none")
    words = {key: _text(music, key) for key in MUSIC_KEYS if key != "instruments"}
    description = words.pop("description")
    elements = MusicElements(instruments=_names(music), **words)
    return Reasoning(VisualElements(**{key: _text(seen, key) for key in SEEN_KEYS}), elements, description)


def _attributes(block: Block, base: Attributes) -> Attributes:
    return Attributes(**{name: _attribute(block, name, getattr(base, name)) for name in LABEL_KEYS})


def _attribute(block: Block, name: str, base: Attribute) -> Attribute:
    """The attribute as it was where the label is the same, the user's where it is another, none where it is null."""
    number, value = block.values.get(name, (block.line, ""))
    if not value.startswith('"'):
        value = re.sub(r"\s*\([^()]*\)$", "", value).strip()
    else:
        value = _unquoted(re.sub(r'(?<=")\s*\([^()"]*\)$', "", value))
    if value == _bare(base.label):
        return base
    if value.lower() in ("", "null", "none", "-"):
        return Attribute(None)
    try:
        return Attribute(find_label(name, value), "user", 1.0)
    except ValueError as error:
        wrong(number, " ".join(str(error).split()))


def _bare(label: str | None) -> str:
    return "null" if label is None else label


def _maybe(block: Block, key: str) -> str | None:
    _, value = block.values.get(key, (0, ""))
    return None if value.lower() in ("", "null") else _unquoted(value)


def _text(block: Block, key: str) -> str:
    return _unquoted(block.values.get(key, (0, ""))[1])


def _unquoted(value: str) -> str:
    """A quoted value read as JSON; what only begins with a quote is meant as it stands."""
    if value.startswith('"'):
        try:
            read = json.loads(value)
        except ValueError:
            return value
        if isinstance(read, str) and not any("\ud800" <= c <= "\udfff" for c in read):
            return read
    return value


def _names(block: Block) -> tuple[str, ...]:
    _, value = block.values.get("instruments", (0, ""))
    if value.startswith("["):
        try:
            read = json.loads(value)
        except ValueError:
            read = None
        if isinstance(read, list) and all(isinstance(name, str) for name in read):
            return tuple(read)
    return tuple(name.strip() for name in value.split(",") if name.strip())


def _number(block: Block, key: str) -> float:
    if key not in block.values:
        wrong(block.line, f"{key} is missing in this block")
    number, value = block.values[key]
    return _float(number, key, re.sub(r"\s*\([^()]*\)$", "", value))


def _float(line: int, what: str, word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = float("nan")
    if not abs(value) < 1e7:
        wrong(line, f"{what}: '{word[:40]}' is no number that can be used")
    return value


def _built(block: Block, build: Callable[[], T]) -> T:
    """What the domain refuses is said with the line of the block."""
    try:
        return build()
    except ValueError as error:
        wrong(block.line, str(error))
