"""The palette: which plug-in, track template or sample plays which instrument. docs/palette.md shows the file.

Two files of one form: the shipped ``palette.json`` here, and the user's own of the same name. The user's is asked
first: instrument, then its family, then ``any``; after that the shipped one in the same order.
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from backend.daw.articulation_reabank import bank_map, find_bank, read_banks
from backend.daw.articulations import ArticulationMap, Switch
from backend.domain import serial
from backend.domain.limits import within
from backend.errors import InputError
from backend.music.instruments import instruments

FILE_NAME = "palette.json"
ANY, MELODY = "any", "melody"
"""Keys that are no instrument: whatever it is, and a melody that has no instrument yet."""
Use = Literal["", "play", "load", "suggest"]


@dataclass(frozen=True)
class Candidate:
    """One thing that may play an instrument: exactly one of ``plugin``, ``track_template``, ``sample``, ``printed``.

    ``use``: ``play`` (it sounds as soon as it opens), ``load`` (it is put on the track, bypassed, for you to load a
    patch), ``suggest`` (only named in the log). Empty: ``play`` for a template, a sample and a plug-in with a preset;
    ``load`` for a bare plug-in, since most samplers open empty. ``sample`` sounds as it is at ``root_pitch``.
    ``articulations`` names a map of the same file. ``channel`` 1-16, 0: the track's own.
    """

    plugin: str = ""
    preset: str = ""
    track_template: str = ""
    sample: str = ""
    root_pitch: int = 60
    printed: bool = False
    use: Use = ""
    articulations: str = ""
    general_midi: bool = False
    channel: int = 0

    def __post_init__(self) -> None:
        if sum(map(bool, (self.plugin, self.track_template, self.sample, self.printed))) != 1:
            raise ValueError("name one of plugin, track_template, sample and printed")
        if self.preset and not self.plugin:
            raise ValueError("preset: goes with a plugin")
        within("root_pitch", self.root_pitch, 0, 127)
        within("channel", self.channel, 0, 16)

    @property
    def purpose(self) -> Use:
        """``use``, or what it defaults to."""
        return self.use or ("load" if self.plugin and not self.preset else "play")

    @property
    def what(self) -> str:
        """As it is called in the log."""
        return self.plugin or self.track_template or Path(self.sample).name or "printed stem"


@dataclass(frozen=True)
class MapEntry:
    """A map written out (``names``, ``default``), or a bank of a .reabank file (a relative path lies in REAPER's
    resource folder or beside the palette). ``direct``: send what Reaticulate would, for tracks without it."""

    names: dict[str, tuple[Switch, ...]] = field(default_factory=dict)
    default: str = ""
    reabank: str = ""
    bank: str = ""
    direct: bool = False

    def __post_init__(self) -> None:
        ArticulationMap(self.names, self.default)
        if bool(self.names) == bool(self.reabank):
            raise ValueError("give names, or reabank and bank")
        if bool(self.reabank) != bool(self.bank):
            raise ValueError("reabank and bank go together")


@dataclass(frozen=True)
class Palette:
    """``instruments``: instrument id, family, ``melody`` or ``any`` -> candidates, best first."""

    instruments: dict[str, tuple[Candidate, ...]] = field(default_factory=dict)
    articulation_maps: dict[str, MapEntry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = known_keys()
        for key, candidates in self.instruments.items():
            if key not in known:
                close = get_close_matches(key, known, 1)
                hint = f"did you mean '{close[0]}'" if close else f"use an instrument id, a family or '{ANY}'"
                raise ValueError(f"instruments.{key}: no such instrument; {hint}")
            for index, candidate in enumerate(candidates):
                if candidate.articulations and candidate.articulations not in self.articulation_maps:
                    raise ValueError(f"instruments.{key}[{index}].articulations: no map '{candidate.articulations}' "
                                     "in articulation_maps")


def known_keys() -> tuple[str, ...]:
    """What ``instruments`` of a palette may name."""
    names = {name for item in instruments().values() for name in (item.stem, item.family)}
    return (*instruments(), *sorted(names), MELODY, ANY)


@dataclass(frozen=True)
class Layer:
    """A palette file and where it lies."""

    path: Path
    file: Palette


@dataclass(frozen=True)
class Palettes:
    """The user's file, if there is one, before the shipped one."""

    layers: tuple[Layer, ...]

    def candidates(self, keys: Iterable[str]) -> list[tuple[Candidate, Layer]]:
        """Everything that stands under ``keys`` (the instrument, its families, ``any``), best first."""
        once = tuple(dict.fromkeys(keys))
        return [(candidate, layer) for layer in self.layers for key in once
                for candidate in layer.file.instruments.get(key, ())]


def palette_path(folder: Path) -> Path:
    """Where the user's own palette lies in a folder of settings."""
    return folder / FILE_NAME


def read_palettes(folder: Path | None) -> Palettes:
    """The palettes, with the user's own file of ``folder``. Raises InputError naming file and field."""
    layers = [_read(Path(__file__).with_name(FILE_NAME))]
    if folder is not None and palette_path(folder).is_file():
        layers.insert(0, _read(palette_path(folder)))
    return Palettes(tuple(layers))


def _read(path: Path) -> Layer:
    try:
        return Layer(path, serial.loads(Palette, path.read_text(encoding="utf-8-sig")))
    except serial.SchemaError as error:
        reason = str(error).removeprefix("Palette: ")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
    raise InputError(f"Palette '{path}': {reason}. Correct that line (docs/palette.md shows the form), "
                     "or move the file away.")


def articulation_map(candidate: Candidate, layer: Layer, resource_folder: Path | None) -> ArticulationMap | None:
    """The map of a candidate, None where it has none. Raises InputError for a .reabank that cannot be used."""
    if not candidate.articulations:
        return None
    entry = layer.file.articulation_maps[candidate.articulations]
    if not entry.reabank:
        return ArticulationMap(entry.names, entry.default)
    named = Path(entry.reabank).expanduser()
    tried = [folder / named for folder in (layer.path.parent, resource_folder) if folder is not None]
    file = next((path for path in tried if path.is_file()), None)
    if file is None:
        raise InputError(f"Palette '{layer.path}': articulation_maps.{candidate.articulations}.reabank: "
                         f"'{entry.reabank}' is not there. Give its path as it lies in REAPER's resource folder.")
    banks = read_banks(file.read_text(encoding="utf-8", errors="replace"))
    return bank_map(find_bank(banks, entry.bank, str(file)), str(file), entry.direct)
