"""``_ft``: addresses of C functions, as REAPER hands them to Python. Bytes get through unharmed here.

Only functions that are worth calling past the wrapper are in the table; the name of any other one is a KeyError.
"""
from __future__ import annotations

import ctypes as ct
from collections.abc import Callable
from typing import Any

from tests.fake_reaper.calls import NullPointer, need
from tests.fake_reaper.midi import digest, flags
from tests.fake_reaper.state import Item, Project, Source, Take, Track

_TYPES = {"ReaProject*": Project, "MediaTrack*": Track, "MediaItem*": Item, "MediaItem_Take*": Take,
          "PCM_source*": Source}
_POINTER, _OUT = ct.c_uint64, ct.c_void_p


class FunctionTable(dict[str, int]):
    """Names to addresses. The callbacks are held here: REAPER's functions never go away."""

    def __init__(self, reaper: Any) -> None:
        super().__init__()
        self.reaper = reaper
        self._held: list[Any] = []
        self._texts: dict[bytes, ct.Array[ct.c_char]] = {}
        byte, whole, real = ct.c_byte, ct.c_int, ct.c_double
        self._add("ValidatePtr", self._validate, byte, _POINTER, ct.c_char_p)
        self._add("ValidatePtr2", lambda project, thing, kind: self._validate(thing, kind),
                  byte, _POINTER, _POINTER, ct.c_char_p)
        self._add("MIDI_SetAllEvts", self._set_all, byte, _POINTER, _OUT, whole)
        self._add("MIDI_GetAllEvts", self._get_all, byte, _POINTER, _OUT, _OUT)
        self._add("MIDI_InsertEvt", self._insert, byte, _POINTER, byte, byte, real, _OUT, whole)
        self._add("MIDI_GetHash", self._hash, byte, _POINTER, byte, _OUT, whole)
        self._add("MIDI_GetTrackHash", self._track_hash, byte, _POINTER, byte, _OUT, whole)
        self._add("EnumProjectMarkers", lambda index, *outs: self._marker(0, index, *outs, None),
                  whole, whole, *[_OUT] * 5)
        self._add("EnumProjectMarkers2", lambda project, index, *outs: self._marker(project, index, *outs, None),
                  whole, _POINTER, whole, *[_OUT] * 5)
        self._add("EnumProjectMarkers3", self._marker, whole, _POINTER, whole, *[_OUT] * 6)
        self._add("EnumInstalledFX", self._installed, byte, whole, _OUT, _OUT)

    def _add(self, name: str, body: Callable[..., int], *kinds: Any) -> None:
        counts = self.reaper.calls

        def call(*args: Any) -> int:
            counts[name] += 1
            try:
                return int(body(*args))
            except NullPointer:
                return 0

        held = ct.CFUNCTYPE(*kinds)(call)
        self._held.append(held)
        self[name] = int(ct.cast(held, ct.c_void_p).value or 0)

    def _at(self, address: int, kind: type) -> Any:
        found = self.reaper.pointers.at(address)
        return found if isinstance(found, kind) else None

    def _validate(self, address: int, kind: bytes) -> int:
        found = self.reaper.pointers.at(address)
        return int(found is not None and self.reaper.pointers.text(found).startswith(f"({kind.decode()})"))

    def _set_all(self, address: int, buffer: int, size: int) -> int:
        return int(self.reaper.midi.set_all(self._at(address, Take), ct.string_at(buffer, size)))

    def _get_all(self, address: int, buffer: int, size_at: int) -> int:
        """Copies what fits; the size comes back as the whole length."""
        size = ct.cast(size_at, ct.POINTER(ct.c_int))
        data = self.reaper.midi.events(self._at(address, Take)).data
        fits = len(data) <= size[0]
        ct.memmove(buffer, data, min(len(data), size[0]))
        size[0] = len(data)
        return int(fits)

    def _insert(self, address: int, selected: int, muted: int, tick: float, buffer: int, size: int) -> int:
        take = self._at(address, Take)
        return int(self.reaper.midi.insert(take, flags(selected, muted), round(tick), ct.string_at(buffer, size)))

    def _hash(self, address: int, notes_only: int, buffer: int, size: int) -> int:
        return _write(buffer, size, digest(self.reaper.midi.events(self._at(address, Take)), bool(notes_only)))

    def _track_hash(self, address: int, notes_only: int, buffer: int, size: int) -> int:
        told = self.reaper.midi.MIDI_GetTrackHash(need(self._at(address, Track)), notes_only, "", size)[1]
        return _write(buffer, size, told)

    def _marker(self, project: int, index: int, *outs: Any) -> int:
        """Out: is a region, start, end, name (a pointer to it), number, colour; NULL where nobody asks."""
        marker = self.reaper.markers.at(index)
        if marker is None:
            return 0
        kinds = (ct.c_bool, ct.c_double, ct.c_double, ct.c_char_p, ct.c_int, ct.c_int)
        values = (marker.region, marker.start, marker.end, self._text(marker.name), marker.number, marker.color)
        for where, kind, value in zip(outs, kinds, values, strict=True):
            if where:
                _put(where, kind, value)
        return int(index) + 1

    def _installed(self, index: int, name: int, ident: int) -> int:
        plugins = self.reaper.plugins
        if not 0 <= index < len(plugins):
            return 0
        _put(name, ct.c_char_p, self._text(plugins[index].name))
        _put(ident, ct.c_char_p, self._text(plugins[index].ident))
        return 1

    def _text(self, text: str) -> int:
        """The address of a text that stays."""
        data = text.encode("utf-8")
        if data not in self._texts:
            self._texts[data] = ct.create_string_buffer(data)
        return ct.addressof(self._texts[data])


def _put(where: int, kind: Any, value: Any) -> None:
    if kind is ct.c_char_p:
        ct.cast(where, ct.POINTER(ct.c_void_p))[0] = value
    else:
        ct.cast(where, ct.POINTER(kind))[0] = value


def _write(buffer: int, size: int, text: str) -> int:
    data = text.encode("utf-8")[:max(0, size - 1)] + b"\0"
    ct.memmove(buffer, data, len(data))
    return 1
