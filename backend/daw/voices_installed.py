"""The plug-ins that REAPER knows, read from the lists it keeps in its resource folder.

``reaper-vstplugins*.ini``: ``file=stamp,id[{uid}],Name (Vendor)[!!!VSTi]``; without a name after it the file could not
be loaded. ``reaper-auplugins*.ini``: ``Vendor: Name=<inst>``. ``reaper-clap-*.ini``: ``id=1|Name (Vendor)``, 1 for
an instrument. Nothing is started and nobody is asked.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_INSTRUMENT_MARK = "!!!VSTi"
_CHANNELS = re.compile(r"\s*\((?:\d+ out|(?:\d+->)?\d+ch|mono|stereo)\)$")
_VENDOR = re.compile(r"\s*\([^()]*(?:\([^()]*\)[^()]*)*\)$")
_PREFIX = re.compile(r"(VST3?|AU|CLAP)i?:\s*")
_VERSION = re.compile(r"\s+(\d+(?:\.\d+)*)")
_FORMATS = ("VST3", "CLAP", "VST", "AU")
"""Which of several forms of one plug-in is taken."""


@dataclass(frozen=True)
class Plugin:
    """``title`` as the list says it, vendor included; ``name`` without vendor and channel counts."""

    format: str
    title: str
    instrument: bool

    @cached_property
    def name(self) -> str:
        return _VENDOR.sub("", _CHANNELS.sub("", self.title))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every way to write it in full, in lower case."""
        return self.title.casefold(), _CHANNELS.sub("", self.title).casefold(), self.name.casefold()

    @property
    def shown(self) -> str:
        """As REAPER's add-FX box shows it: ``VST3i: Kontakt 8 (Native Instruments) (64 out)``."""
        return f"{self.format}{'i' if self.instrument else ''}: {self.title}"


STOCK = tuple(Plugin("VST", f"{name} (Cockos)", True) for name in ("ReaSynth", "ReaSamplOmatic5000"))
"""Every REAPER has these."""


@dataclass(frozen=True)
class Installed:
    """``listed``: lists were found; without them only what every REAPER has is known to be there."""

    plugins: tuple[Plugin, ...] = STOCK
    listed: bool = False

    def find(self, wanted: str) -> Plugin | None:
        """The instrument of that name: in full, without its vendor, or without its version (the newest is taken).

        A prefix (``AUi:``) asks for that format. Effects are not found.
        """
        prefix = _PREFIX.match(wanted)
        formats = (prefix[1],) if prefix else _FORMATS
        name = wanted[prefix.end():] if prefix else wanted
        if formats == ("AU",) and ": " in name:
            vendor, _, bare = name.partition(": ")
            name = f"{bare} ({vendor})"
        ranked = [(*rank, -formats.index(plugin.format), plugin) for plugin in self.plugins
                  if plugin.instrument and plugin.format in formats and (rank := _rank(plugin, name))]
        return max(ranked, key=lambda row: row[:-1])[-1] if ranked else None

    def has_effect(self, wanted: str) -> bool:
        """Whether a plug-in of that name is there that is no instrument."""
        return any(_rank(plugin, wanted) for plugin in self.plugins if not plugin.instrument)


def _rank(plugin: Plugin, name: str) -> tuple[int, tuple[int, ...]] | None:
    """How well a name fits: exactly before by version, then the higher version; None where it does not."""
    folded = name.casefold()
    if folded in plugin.names:
        return 1, ()
    if not plugin.names[-1].startswith(folded):
        return None
    version = _VERSION.fullmatch(plugin.name[len(name):])
    return (0, tuple(int(part) for part in version[1].split("."))) if version else None


def read_installed(resource_folder: Path | None) -> Installed:
    """What the lists of a resource folder hold, with REAPER's own instruments; of each kind the newest list counts."""
    if resource_folder is None:
        return Installed()
    found: list[Plugin] = []
    listed = False
    for pattern, read in _LISTS:
        newest = _newest(resource_folder, pattern)
        if newest is not None:
            listed = True
            found += read(newest.read_text(encoding="utf-8", errors="replace").splitlines())
    return Installed(tuple(dict.fromkeys((*found, *STOCK))), listed)


def _newest(folder: Path, pattern: str) -> Path | None:
    """A folder that moved between machines may hold a list for each of them."""
    files = [file for file in sorted(folder.glob(pattern)) if file.is_file() and not file.stem.endswith("-bc")]
    return max(files, key=lambda file: file.stat().st_mtime, default=None)


def _vst(lines: list[str]) -> Iterator[Plugin]:
    for line in lines:
        file, _, value = line.partition("=")
        fields = value.split(",", 2)
        if len(fields) < 3 or fields[2].startswith("<SHELL>"):
            continue
        title, mark, _ = fields[2].partition(_INSTRUMENT_MARK)
        is_vst3 = file.split("<", 1)[0].lower().endswith(".vst3")
        yield Plugin("VST3" if is_vst3 else "VST", title.strip(), bool(mark))


def _au(lines: list[str]) -> Iterator[Plugin]:
    for line in lines:
        title, _, kind = line.rpartition("=")
        vendor, colon, name = title.partition(": ")
        if colon:
            yield Plugin("AU", f"{name} ({vendor})", kind.startswith("<inst>"))


def _clap(lines: list[str]) -> Iterator[Plugin]:
    for line in lines:
        kind, bar, title = line.partition("=")[2].partition("|")
        if bar and kind.strip().isdigit():
            yield Plugin("CLAP", title.strip(), bool(int(kind) & 1))


_LISTS: tuple[tuple[str, Callable[[list[str]], Iterator[Plugin]]], ...] = (
    ("reaper-vstplugins*.ini", _vst), ("reaper-auplugins*.ini", _au), ("reaper-clap-*.ini", _clap))
