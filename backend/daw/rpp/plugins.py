"""FX chains: REAPER's own ReaSynth and ReaVerbate with parameter blocks made here.

A VST2 chunk is three base64 blocks: a header (plug-in id, pin maps, size of the state), the state, and the program
name. Cockos' plug-ins keep their state as two magic words and one 32-bit float a parameter. Read off the projects of
several REAPER versions; never loaded in a real REAPER. The file name is the Windows one: REAPER is said to find its
own plug-ins by id on every system (not verified).
"""
from __future__ import annotations

import base64
import struct
from dataclasses import dataclass

from backend.daw.rpp.chunk import Chunk
from backend.daw.rpp.identity import guid
from backend.domain.session import Fx

_HEADER_MAGIC = 0xFEED5EEF
_STATE_MAGIC = (0xDEADBEEF, 0xDEADF00D)
_TAIL = base64.b64encode(bytes((0, 0, 0x10, 0, 0, 0))).decode("ascii")


@dataclass(frozen=True)
class Plugin:
    """A VST2 plug-in: how REAPER names it, its id, stereo inputs and outputs, parameters with their defaults."""

    title: str
    file: str
    unique_id: int
    vst_id: str
    inputs: int
    parameters: tuple[tuple[str, float], ...]


REASYNTH = Plugin("VSTi: ReaSynth (Cockos)", "reasynth.dll", 1919251321, "5653547265737972656173796E746800", 0, (
    ("attack", 0.006), ("release", 0.0016), ("square", 0.0), ("saw", 0.0), ("triangle", 0.0), ("volume", 0.5012),
    ("decay", 0.0666), ("extra_sine", 0.0), ("extra_tuning", 0.5), ("sustain", 1.0), ("pulse_width", 1.0),
    ("tuning", 0.5), ("portamento", 0.0), ("reserved_1", 0.0), ("reserved_2", 0.0)))
REAVERBATE = Plugin("VST: ReaVerbate (Cockos)", "reaverbate.dll", 1920361016, "56535472766238726561766572626174", 2, (
    ("wet", 0.5), ("dry", 1.0), ("room_size", 0.7344), ("damping", 0.4998), ("width", 1.0), ("delay", 0.0),
    ("lowpass", 1.0), ("highpass", 0.0)))
PLUGINS = {"synth": REASYNTH, "reverb": REAVERBATE}


def fx_chain(fx: tuple[Fx, ...], track_id: str) -> Chunk:
    """``<FXCHAIN``: bypass state, plug-in, window state (closed) and id of every effect."""
    chain = Chunk("FXCHAIN")
    chain.line("SHOW", 0)
    chain.line("LASTSEL", 0)
    chain.line("DOCKED", 0)
    for position, effect in enumerate(fx):
        chain.line("BYPASS", int(effect.bypassed), 0, 0)
        chain.add(_vst(effect))
        chain.line("FLOATPOS", 0, 0, 0, 0)
        chain.line("FXID", guid(track_id, "fx", position))
        chain.line("WAK", 0, 0)
    return chain


def _vst(effect: Fx) -> Chunk:
    plugin = PLUGINS[effect.kind]
    chunk = Chunk("VST", plugin.title, plugin.file, 0, "", f"{plugin.unique_id}<{plugin.vst_id}>", "")
    state = parameter_block(plugin, dict(effect.parameters))
    chunk.raw(base64.b64encode(_header(plugin, len(state))).decode("ascii"))
    chunk.raw(base64.b64encode(state).decode("ascii"))
    chunk.raw(_TAIL)
    return chunk


def parameter_block(plugin: Plugin, given: dict[str, float]) -> bytes:
    """The state of a plug-in: magic words, then every parameter. Raises ValueError for a name it does not have."""
    unknown = sorted(set(given) - {name for name, _ in plugin.parameters})
    if unknown:
        raise ValueError(f"{plugin.title} has no parameter {unknown[0]}")
    values = [given.get(name, default) for name, default in plugin.parameters]
    return struct.pack(f"<2I{len(values)}f", *_STATE_MAGIC, *values)


def _header(plugin: Plugin, state_size: int) -> bytes:
    """Id and magic, a 64-bit channel mask per input pin and per output pin (stereo), size of the state."""
    def pins(count: int) -> bytes:
        return struct.pack(f"<I{count}Q", count, *(1 << pin for pin in range(count)))

    return (struct.pack("<2I", plugin.unique_id, _HEADER_MAGIC) + pins(plugin.inputs) + pins(2)
            + struct.pack("<3I", state_size, 0, 0x100000))
