"""Tracks, envelopes and FX chains as state chunks, both ways. A track's receives stand in its own chunk."""
from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from tests.fake_reaper import identity
from tests.fake_reaper.chunk_items import UnknownLine, item_lines, read_item
from tests.fake_reaper.chunk_text import Block, floats, line
from tests.fake_reaper.envelopes import AUTOMATION_ITEM, DEFAULTS, FADER
from tests.fake_reaper.plugins import Plugin, find
from tests.fake_reaper.state import Envelope, Fx, Point, Send, Track

_KEPT = {"VU", "INQ", "HWOUT", "UNDO_HAS_TRACKENV", "MIDICOLORMAPFN", "PANLAWFLAGS", "FIXEDLANES", "<MIDINOTENAMES",
         "<AUXVOLENV", "TRACKIMGFN", "LANEREC", "LANESOLO", "<FXCHAIN_REC", "LAYOUTS"}
_LINES: dict[str, tuple[str | None, ...]] = {
    "PEAKCOL": ("I_CUSTOMCOLOR",), "BEAT": ("C_BEATATTACHMODE",), "AUTOMODE": ("I_AUTOMODE",),
    "VOLPAN": ("D_VOL", "D_PAN", "D_PANLAW", None, "D_WIDTH"), "MUTESOLO": ("B_MUTE", "I_SOLO", None),
    "IPHASE": ("B_PHASE",), "PLAYOFFS": ("D_PLAY_OFFSET", "I_PLAY_OFFSET_FLAG"), "BUSCOMP": ("I_FOLDERCOMPACT",),
    "SHOWINMIX": ("B_SHOWINMIXER", None, None, "B_SHOWINTCP"), "FREEMODE": ("B_FREEMODE",), "SEL": ("I_SELECTED",),
    "REC": ("I_RECARM", "I_RECINPUT", "I_RECMON", "I_RECMODE", "I_RECMONITEMS"), "PANMODE": ("I_PANMODE",),
    "TRACKHEIGHT": ("I_HEIGHTOVERRIDE", None, "B_HEIGHTLOCK"), "NCHAN": ("I_NCHAN",), "FX": ("I_FXEN",),
    "PERF": ("I_PERFFLAGS",), "MIDIOUT": ("I_MIDIHWOUT",), "MAINSEND": ("B_MAINSEND", "C_MAINSEND_OFFS")}
"""Which parameter stands in which place of which line. The width's place is not documented."""
_FILLER = {"VOLPAN": -1.0, "SHOWINMIX": 0.5}
_PLUGINS = ("VST", "AU", "JS", "DX", "CLAP", "LV2")
_FX_KEPT = {"WNDRECT", "SHOW", "LASTSEL", "DOCKED", "FLOAT", "PARM_TCP", "WAK", "JS_SER", "PARMENV", "MACRO_SEL"}
_AUX = ("I_SENDMODE", "D_VOL", "D_PAN", "B_MUTE", "B_MONO", "B_PHASE", "I_SRCCHAN", "I_DSTCHAN")


def track_lines(track: Track, receives: list[tuple[int, Send]]) -> list[str]:
    out = [line("<TRACK", track.guid), line("NAME", track.name)]
    if all(mark in track.name for mark in "\"'`"):
        out += ["<NAME", "|" + track.name, ">"]
    out += ["LOCK 1"] if track.locked else []
    for name, keys in _LINES.items():
        out.append(line(name, *(track.values[key] if key else _FILLER.get(name, 0.0) for key in keys)))
    depth = track.values["I_FOLDERDEPTH"]
    out.append(line("ISBUS", 2 if depth < 0 else depth, depth))
    out.append(line("TRACKID", track.guid))
    for index, send in receives:
        values = send.values
        out.append(line("AUXRECV", index, *(values[key] for key in _AUX)) + f" {values['D_PANLAW']:g}:U "
                   + f"{values['I_MIDIFLAGS']:g} {values['I_AUTOMODE']:g} ''")
    out += ["<EXT", *(line(key, value) for key, value in track.ext.items()), ">"] if track.ext else []
    out += track.rows
    for envelope in track.envelopes:
        out += envelope_lines(envelope)
    out += _chain_lines(track.fx)
    for item in track.items:
        out += item_lines(item)
    return [*out, ">"]


def read_track(block: Block) -> tuple[Track, list[tuple[int, Send]]]:
    """The track, and (index of the source track, send) of every receive."""
    track, receives = Track(block.words[0] if block.words else identity.new()), []
    for row in block.rows:
        name = row.split(" ", 1)[0] if isinstance(row, str) else "<" + row.name
        words = Block(row).words if isinstance(row, str) else row.words
        if name == "AUXRECV":
            receives.append(_receive(words))
        elif isinstance(row, Block) and name == "<ITEM":
            track.items.append(read_item(row))
        elif isinstance(row, Block) and name == "<FXCHAIN":
            track.fx = _read_chain(row)
        elif isinstance(row, Block) and row.name in DEFAULTS:
            track.envelopes.append(read_envelope(row))
        elif name in _KEPT:
            track.rows.extend([row] if isinstance(row, str) else row.lines())
        else:
            _track_value(track, name, words, row)
    track.items.sort(key=lambda item: item.values["D_POSITION"])
    return track, receives


def _track_value(track: Track, name: str, words: list[str], row: Any) -> None:
    if name == "NAME":
        track.name = words[0] if words else ""
    elif name == "<NAME":
        track.name = "\n".join(str(one).removeprefix("|") for one in row.rows)
    elif name == "LOCK":
        track.locked = words[0] == "1"
    elif name == "TRACKID":
        track.guid = words[0]
    elif name == "ISBUS":
        kind, depth = floats(words, 2)
        track.values["I_FOLDERDEPTH"] = depth if kind else 0.0
    elif name == "<EXT":
        for one in row.rows:
            key, *value = Block("EXT " + one).words
            track.ext[key] = value[0] if value else ""
    elif name in _LINES:
        for parameter, word in zip(_LINES[name], words, strict=False):
            if parameter:
                track.values[parameter] = float(word)
        if name == "PEAKCOL" and not int(float(words[0])) & 0x1000000:
            track.values["I_CUSTOMCOLOR"] = 0.0
    else:
        raise UnknownLine("TRACK", name)


def _receive(words: list[str]) -> tuple[int, Send]:
    send = Send("")
    send.values.update(zip(_AUX, floats(words[1:], len(_AUX)), strict=True))
    if len(words) > 9:
        send.values["D_PANLAW"] = float(words[9].split(":")[0])
    if len(words) > 11:
        send.values["I_MIDIFLAGS"], send.values["I_AUTOMODE"] = float(words[10]), float(words[11])
    return int(words[0]), send


def envelope_lines(envelope: Envelope) -> list[str]:
    out = ["<" + envelope.chunk, line("EGUID", envelope.guid), line("ACT", int(envelope.active), -1),
           line("VIS", int(envelope.visible), 1, 1), line("ARM", int(envelope.armed)), *envelope.rows]
    out += [line("VOLTYPE", 1)] if envelope.scaling == FADER else []
    for point in envelope.points:
        tail = (0, int(point.selected), 0, point.tension) if point.selected or point.tension else ()
        out.append(line("PT", point.time, point.value, point.shape, *tail))
    return [*out, ">"]


def read_envelope(block: Block) -> Envelope:
    """Points of a volume envelope are amplitudes in the text, whatever its scaling."""
    envelope = Envelope(block.name, identity.new(), default_value=DEFAULTS[block.name])
    for row in block.rows:
        if isinstance(row, Block):
            raise UnknownLine(block.name, "<" + row.name)
        name, words = row.split(" ", 1)[0], Block(row).words
        if name == "PT":
            values = floats(words, 7)
            envelope.points.append(Point(values[0], values[1], int(values[2]), values[6], bool(values[4])))
        elif name == "EGUID":
            envelope.guid = words[0]
        elif name in ("ACT", "VIS", "ARM"):
            setattr(envelope, {"ACT": "active", "VIS": "visible", "ARM": "armed"}[name], words[0] == "1")
        elif name == "VOLTYPE":
            envelope.scaling = FADER if words[0] == "1" else 0
        elif name in ("LANEHEIGHT", "DEFSHAPE", AUTOMATION_ITEM):
            envelope.rows.append(row)
        else:
            raise UnknownLine(block.name, name)
    envelope.points.sort(key=lambda point: point.time)
    return envelope


def _chain_lines(chain: list[Fx]) -> list[str]:
    if not chain:
        return []
    out = ["<FXCHAIN", "SHOW 0", "LASTSEL 0", "DOCKED 0"]
    for fx in chain:
        out.append(line("BYPASS", int(not fx.enabled), int(fx.offline), 0))
        kind = fx.name.split(":")[0].rstrip("i3") or "VST"
        state = fx.opaque or [_state(fx)]
        if kind == "JS":
            out += [line("<JS", fx.ident, ""), *state, ">"]
        else:
            out += [line(f"<{kind}", fx.name, fx.ident, 0, "", fx.ids, ""), *state, ">"]
        out += [line("PRESETNAME", fx.preset)] if fx.preset else []
        out += ["FLOATPOS 0 0 0 0", line("FXID", fx.guid), *fx.rows]
    return [*out, ">"]


def _state(fx: Fx) -> str:
    """Our own plug-in state: REAPER's is any bytes."""
    return base64.b64encode(json.dumps({"parameters": fx.parameters, "config": fx.config}).encode()).decode("ascii")


def _read_chain(block: Block) -> list[Fx]:
    chain: list[Fx] = []
    enabled, offline = True, False
    for row in block.rows:
        name = row.split(" ", 1)[0] if isinstance(row, str) else row.name
        words = Block(row).words if isinstance(row, str) else row.words
        if name == "BYPASS":
            enabled, offline = words[0] == "0", len(words) > 1 and words[1] == "1"
        elif isinstance(row, Block) and name in _PLUGINS:
            chain.append(_read_fx(row, words, enabled, offline))
        elif name == "FXID" and chain:
            chain[-1].guid = words[0]
        elif name == "PRESETNAME" and chain:
            chain[-1].preset = words[0]
        elif name in _FX_KEPT:
            if chain and name != "WNDRECT":
                chain[-1].rows.extend([row] if isinstance(row, str) else row.lines())
        elif name != "FLOATPOS":
            raise UnknownLine("FXCHAIN", name)
    return chain


def _read_fx(block: Block, words: list[str], enabled: bool, offline: bool) -> Fx:
    is_js = block.name == "JS"
    fx = Fx("JS: " + words[0] if is_js else words[0], words[0] if is_js else words[1], identity.new(),
            enabled=enabled, offline=offline, ids="" if is_js or len(words) < 5 else words[4])
    rows = [row for row in block.rows if isinstance(row, str)]
    try:
        told = json.loads(base64.b64decode("".join(rows), validate=True))
        fx.parameters, fx.config = list(told["parameters"]), dict(told["config"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        fx.opaque = rows
    return fx


def fill(chain: list[Fx], installed: tuple[Plugin, ...]) -> None:
    """Plug-ins that are installed get their proper name and parameters; the others stay as the chunk says."""
    for fx in chain:
        plugin = find(installed, fx.ident if fx.name.startswith("JS: ") else fx.name)
        if plugin is not None:
            fx.name, fx.ident = plugin.name, plugin.ident
            fx.parameters = fx.parameters or [value for _, value in plugin.parameters]
