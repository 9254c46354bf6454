"""Items, takes and sources as state chunks, both ways."""
from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from tests.fake_reaper import identity
from tests.fake_reaper.chunk_text import Block, floats, line
from tests.fake_reaper.events import Event, MidiEvents
from tests.fake_reaper.state import Item, Source, Take
from tests.fake_reaper.takes import open_media

KEPT = {"IMPLIEDWARP", "IID", "SM", "RECPASS", "IMGRESOURCEFLAGS", "<TAKEFX", "CHANMODE2", "GROUP2", "TAKECOLOR",
        "<TAKEVOLENV", "LANEREC", "YPOS", "FREEMODE", "POOLCOLOR", "TKM", "SNAPOFFS2", "<VOLENV", "<PANENV", "<MUTEENV",
        "<PITCHENV"}
"""Lines and blocks that nobody reads here; they come back as they were."""
_SOURCE_KEPT = {"CCINTERP", "POOLEDEVTS", "CHASE_CC_TAKEOFFS", "IGNTEMPO", "SRCCOLOR", "VELLANE", "CFGEDITVIEW",
                "KEYSNAP", "TRACKSEL", "EVTFILTER", "CFGEDIT", "FLIP", "OVERLAP", "AUTO", "BPM", "BPI", "VOL", "FREQ",
                "BEATLEN", "SAMPLES", "PATTERN", "TEXTSTRINGFILE"}
_EVENTS = {"E": 0, "e": 1, "Em": 2, "em": 3}
_TEXTS = {"X": 0, "x": 1, "Xm": 2, "xm": 3}
_FLAG_NAMES, _TEXT_NAMES = {v: k for k, v in _EVENTS.items()}, {v: k for k, v in _TEXTS.items()}
_REVERSED = 2


class UnknownLine(NotImplementedError):
    """A chunk line the fake REAPER does not know."""

    def __init__(self, block: str, text: str) -> None:
        super().__init__(f"the fake REAPER does not know the line '{text.split(' ')[0]}' of <{block}")


def item_lines(item: Item) -> list[str]:
    values = item.values
    out = ["<ITEM", line("POSITION", values["D_POSITION"]), line("SNAPOFFS", values["D_SNAPOFFSET"]),
           line("LENGTH", values["D_LENGTH"]), line("LOOP", values["B_LOOPSRC"]),
           line("ALLTAKES", values["B_ALLTAKESPLAY"])]
    for name, key in (("FADEIN", "FADEIN"), ("FADEOUT", "FADEOUT")):
        out.append(line(name, values[f"C_{key}SHAPE"], values[f"D_{key}LEN"], values[f"D_{key}LEN_AUTO"]))
    out += [line("MUTE", values["B_MUTE"], 0), line("BEAT", values["C_BEATATTACHMODE"]),
            line("LOCK", values["C_LOCK"]), line("SEL", values["B_UISEL"]), line("GROUP", values["I_GROUPID"]),
            line("COLOR", values["I_CUSTOMCOLOR"], "B"), line("IGUID", item.guid)]
    out += _extension_lines(item.ext)
    if item.notes:
        out += ["<NOTES", *("|" + row for row in item.notes.split("\n")), ">"]
    out += item.rows
    for index, take in enumerate(item.takes):
        out += _take_lines(item, take, index)
    return [*out, ">"]


def _take_lines(item: Item, take: Take, index: int) -> list[str]:
    values = take.values
    out = [] if index == 0 else ["TAKE SEL" if item.active == index else "TAKE"]
    out.append(line("NAME", take.name))
    if index == 0:
        out.append(line("VOLPAN", item.values["D_VOL"], values["D_PAN"], values["D_VOL"], values["D_PANLAW"]))
    else:
        out.append(line("TAKEVOLPAN", values["D_PAN"], values["D_VOL"], values["D_PANLAW"]))
    out += [line("SOFFS", values["D_STARTOFFS"]),
            line("PLAYRATE", values["D_PLAYRATE"], values["B_PPITCH"], values["D_PITCH"], values["I_PITCHMODE"],
                 values["I_STRETCHFLAGS"], values["F_STRETCHFADESIZE"]),
            line("CHANMODE", values["I_CHANMODE"])]
    if values["I_CUSTOMCOLOR"]:
        out.append(line("TAKECOLOR", values["I_CUSTOMCOLOR"], "B"))
    out += [line("GUID", take.guid), *_extension_lines(take.ext), *take.rows]
    return [*out, *(source_lines(take.source) if take.source is not None else [])]


def _extension_lines(ext: dict[str, str]) -> list[str]:
    return ["<EXT", *(line(key, value) for key, value in ext.items()), ">"] if ext else []


def source_lines(source: Source) -> list[str]:
    out = [line("<SOURCE", source.kind)]
    if source.kind == "SECTION":
        out += [line("LENGTH", source.length), line("STARTPOS", source.offset), *source.rows]
        out += [line("MODE", _REVERSED)] if source.reverse else []
        out += source_lines(source.parent) if source.parent is not None else []
    elif source.midi is not None:
        out += ["HASDATA 1 960 QN", *_event_lines(source.midi), *source.rows]
        out += [line("GUID", source.guid)] if source.guid else []
    else:
        out += [line("FILE", source.file)] if source.file else []
        out += source.rows
    return [*out, ">"]


def _event_lines(midi: MidiEvents) -> list[str]:
    out, now = [], 0
    for tick, flags, message in midi.events:
        if message and message[0] < 0xF0:
            out.append(f"{_FLAG_NAMES[flags & 3]} {tick - now} " + " ".join(f"{byte:02x}" for byte in message))
        else:
            out += [f"<{_TEXT_NAMES[flags & 3]} {tick - now} 0", base64.b64encode(message).decode("ascii"), ">"]
        now = tick
    return out


def read_item(block: Block) -> Item:
    """Raises UnknownLine; ValueError for a number that is none."""
    item = Item(identity.new())
    take: Take | None = None
    active = 0
    for row in block.rows:
        name = row.split(" ", 1)[0] if isinstance(row, str) else "<" + row.name
        words = (Block(row).words if isinstance(row, str) else row.words)
        if name == "TAKE" or (take is None and name in ("NAME", "VOLPAN", "SOFFS", "GUID", "<SOURCE")):
            take = Take(identity.new())
            item.takes.append(take)
            active = len(item.takes) - 1 if name == "TAKE" and "SEL" in words else active
            if name == "TAKE":
                continue
        if name in _ITEM:
            _ITEM[name](item, words)
        elif name in ("<EXT", "<NOTES"):
            _read_texts(take or item, row, name)
        elif take is not None and name in _TAKE:
            _TAKE[name](item, take, words)
        elif take is not None and name == "<SOURCE" and isinstance(row, Block):
            take.source = read_source(row)
        elif name in KEPT:
            (take or item).rows.extend([row] if isinstance(row, str) else row.lines())
        else:
            raise UnknownLine("ITEM", name)
    item.active = active
    return item


def _set(key: str) -> Callable[[Item, list[str]], None]:
    def setter(item: Item, words: list[str]) -> None:
        item.values[key] = floats(words, 1)[0]
    return setter


def _fade(key: str) -> Callable[[Item, list[str]], None]:
    def setter(item: Item, words: list[str]) -> None:
        shape, length, automatic = floats(words, 3)
        item.values.update({f"C_{key}SHAPE": shape, f"D_{key}LEN": length, f"D_{key}LEN_AUTO": automatic})
    return setter


def _guid(item: Item, words: list[str]) -> None:
    item.guid = words[0]


_ITEM: dict[str, Callable[[Item, list[str]], None]] = {
    "POSITION": _set("D_POSITION"), "SNAPOFFS": _set("D_SNAPOFFSET"), "LENGTH": _set("D_LENGTH"),
    "LOOP": _set("B_LOOPSRC"), "ALLTAKES": _set("B_ALLTAKESPLAY"), "FADEIN": _fade("FADEIN"),
    "FADEOUT": _fade("FADEOUT"), "MUTE": _set("B_MUTE"), "BEAT": _set("C_BEATATTACHMODE"), "LOCK": _set("C_LOCK"),
    "SEL": _set("B_UISEL"), "GROUP": _set("I_GROUPID"), "COLOR": _set("I_CUSTOMCOLOR"), "IGUID": _guid}


def _take_name(item: Item, take: Take, words: list[str]) -> None:
    take.name = words[0] if words else ""


def _take_guid(item: Item, take: Take, words: list[str]) -> None:
    take.guid = words[0]


def _levels(item: Item, take: Take, words: list[str]) -> None:
    item.values["D_VOL"], take.values["D_PAN"], take.values["D_VOL"], take.values["D_PANLAW"] = floats(words, 4)


def _take_levels(item: Item, take: Take, words: list[str]) -> None:
    take.values["D_PAN"], take.values["D_VOL"], take.values["D_PANLAW"] = floats(words, 3)


def _rates(item: Item, take: Take, words: list[str]) -> None:
    keys = ("D_PLAYRATE", "B_PPITCH", "D_PITCH", "I_PITCHMODE", "I_STRETCHFLAGS", "F_STRETCHFADESIZE")
    take.values.update(zip(keys, floats(words, len(keys)), strict=True))


def _take_set(key: str) -> Callable[[Item, Take, list[str]], None]:
    def setter(item: Item, take: Take, words: list[str]) -> None:
        take.values[key] = floats(words, 1)[0]
    return setter


_TAKE: dict[str, Callable[[Item, Take, list[str]], None]] = {
    "NAME": _take_name, "GUID": _take_guid, "VOLPAN": _levels, "TAKEVOLPAN": _take_levels, "PLAYRATE": _rates,
    "SOFFS": _take_set("D_STARTOFFS"), "CHANMODE": _take_set("I_CHANMODE"), "TAKECOLOR": _take_set("I_CUSTOMCOLOR")}


def _read_texts(thing: Any, row: Any, name: str) -> None:
    if name == "<NOTES":
        thing.notes = "\n".join(str(one).removeprefix("|") for one in row.rows)
        return
    for one in row.rows:
        key, *value = Block("EXT " + one).words
        thing.ext[key] = value[0] if value else ""


def read_source(block: Block) -> Source:
    source = Source(block.words[0] if block.words else "EMPTY")
    events: list[Event] = []
    now = 0
    for row in block.rows:
        name = row.split(" ", 1)[0] if isinstance(row, str) else row.name
        words = Block(row).words if isinstance(row, str) else row.words
        if name in _EVENTS or name in _TEXTS:
            now += int(words[0])
            events.append((now, {**_EVENTS, **_TEXTS}[name], _message(row, words)))
        elif isinstance(row, Block) and name == "SOURCE":
            source.parent = read_source(row)
        elif name in _SOURCE_KEPT:
            source.rows.extend([row] if isinstance(row, str) else row.lines())
        else:
            _source_value(source, name, words)
    if source.kind == "MIDI":
        source.midi = MidiEvents()
        source.midi.replace(events)
    return _with_media(source)


def _message(row: Any, words: list[str]) -> bytes:
    if isinstance(row, str):
        return bytes(int(word, 16) for word in words[1:])
    return base64.b64decode("".join(str(one) for one in row.rows))


def _source_value(source: Source, name: str, words: list[str]) -> None:
    if name == "FILE":
        source.file = words[0]
    elif name == "GUID":
        source.guid = words[0]
    elif name == "LENGTH":
        source.length = float(words[0])
    elif name == "STARTPOS":
        source.offset = float(words[0])
    elif name == "MODE":
        source.reverse = bool(int(words[0]) & _REVERSED)
    elif name != "HASDATA":
        raise UnknownLine("SOURCE", name)


def _with_media(source: Source) -> Source:
    """Length and channels of a file that is there."""
    media = open_media(source.file) if source.file else None
    if media is not None:
        source.length_s, source.channels, source.sample_rate = media.length_s, media.channels, media.sample_rate
    return source
