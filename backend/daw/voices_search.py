"""One instrument's way through the palette: the first candidate that is there."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.daw.articulations import ArticulationMap
from backend.daw.palette_file import Candidate, Layer, articulation_map
from backend.daw.voices_installed import Installed
from backend.daw.voices_template import find_template, read_chain
from backend.domain.live import LiveFx

_SAMPLER = "ReaSamplOmatic5000"
_QUIETEST_GAIN, _RANGE_START, _RANGE_END, _PITCH_START, _PITCH_END, _OBEY_NOTE_OFF = 2, 3, 4, 5, 6, 11
_PITCH_REACH = 80
"""ReaSamplOmatic5000 moves a sample by -80 .. 80 semitones, 0.5 is none; parameter numbers as public scripts use."""


@dataclass(frozen=True)
class Finding:
    """``candidate`` None: nothing is there. ``plays``: it sounds as it opens. ``absent`` says which of the user's own
    candidates were passed over and why; ``suggestion`` is an installed plug-in that nobody asked for; ``printed``: the
    palette asks for the printed stem."""

    candidate: Candidate | None = None
    what: str = ""
    plays: bool = False
    fx: tuple[LiveFx, ...] = ()
    template: str = ""
    articulations: ArticulationMap | None = None
    absent: tuple[str, ...] = ()
    suggestion: str = ""
    printed: bool = False


@dataclass(frozen=True)
class _Sound:
    """What a candidate turns into on a track."""

    what: str
    fx: tuple[LiveFx, ...] = ()
    template: str = ""


def search(candidates: Sequence[tuple[Candidate, Layer]], pitched: bool, installed: Installed,
           resource_folder: Path | None) -> Finding:
    """The first candidate that is there. Raises InputError for an articulation map that cannot be read."""
    absent: list[str] = []
    suggestion = ""
    for candidate, layer in candidates:
        if candidate.printed:
            return Finding(absent=tuple(absent), printed=True)
        sound = _sound(candidate, layer, pitched, installed, resource_folder)
        if isinstance(sound, str):
            absent += [sound] if candidate.purpose != "suggest" else []
        elif candidate.purpose == "suggest":
            suggestion = suggestion or sound.what
        else:
            return Finding(candidate, sound.what, candidate.purpose == "play", sound.fx, sound.template,
                           articulation_map(candidate, layer, resource_folder), tuple(absent))
    return Finding(absent=tuple(absent), suggestion=suggestion)


def _sound(candidate: Candidate, layer: Layer, pitched: bool, installed: Installed,
           resource_folder: Path | None) -> _Sound | str:
    """The candidate's sound, or why it cannot be had."""
    if candidate.track_template:
        return _template(candidate, layer, installed, resource_folder)
    if candidate.sample:
        return _sample(candidate, layer, pitched)
    plugin = installed.find(candidate.plugin)
    if plugin is not None:
        what = f"{plugin.name} '{candidate.preset}'" if candidate.preset else plugin.name
        return _Sound(what, (LiveFx(plugin.shown, preset=candidate.preset),))
    if installed.has_effect(candidate.plugin):
        return f"'{candidate.plugin}' is an effect, no instrument"
    return f"'{candidate.plugin}' is not installed"


def _template(candidate: Candidate, layer: Layer, installed: Installed, resource_folder: Path | None) -> _Sound | str:
    name = candidate.track_template
    file = find_template(name, resource_folder, layer.path.parent)
    chain = read_chain(file.read_text(encoding="utf-8", errors="replace")) if file else None
    if file is None:
        return f"track template '{name}' is not there"
    if chain is None or not (chain.instruments or candidate.use == "play"):
        return f"track template '{name}' holds no instrument"
    lost = [shown for shown in chain.instruments if installed.listed and installed.find(shown) is None]
    if lost:
        return f"track template '{name}' needs {lost[0]}, which is not installed"
    return _Sound(f"template '{file.stem}'", template=chain.text)


def _sample(candidate: Candidate, layer: Layer, pitched: bool) -> _Sound | str:
    """The sample over the whole keyboard, tuned around its root; percussion sounds at its own pitch."""
    file = layer.path.parent / Path(candidate.sample).expanduser()
    if not file.is_file():
        return f"sample '{candidate.sample}' is not there"
    root, parameters = candidate.root_pitch, [(_QUIETEST_GAIN, 0.0)]
    if pitched:
        low, high = max(0, root - _PITCH_REACH), min(127, root + _PITCH_REACH)
        parameters += [(_RANGE_START, low / 127), (_RANGE_END, high / 127), (_PITCH_START, _bend(low - root)),
                       (_PITCH_END, _bend(high - root)), (_OBEY_NOTE_OFF, 1.0)]
    fx = LiveFx(f"VSTi: {_SAMPLER} (Cockos)", tuple(parameters), sample=str(file))
    return _Sound(f"{_SAMPLER} ({file.name})", (fx,))


def _bend(semitones: int) -> float:
    return 0.5 + semitones / (2 * _PITCH_REACH)
