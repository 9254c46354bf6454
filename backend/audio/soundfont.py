"""The sound bank: where it lies, whose it is, and a synthesiser that plays it (tinysoundfont)."""
from __future__ import annotations

import logging
import struct
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from backend.domain.render import SoundBank
from backend.errors import InputError, MissingExtraError

DEFAULT_BANK = "TimGM6mb.sf2"
DEFAULT_LICENCE = "GPL-2.0 (Debian's copyright file for timgm6mb-soundfont); read from the pretty_midi package"
DRUM_BANK = 128
MAX_VOICES = 256
"""Voices one track may sound at once: 256 is more than any part needs (10 notes of 4 layers ring 6 times over)."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Preset:
    """A program of the bank; ``drum`` means bank 128."""

    program: int
    drum: bool = False


def default_bank_path() -> Path:
    """The General MIDI bank inside pretty_midi's wheel. Raises MissingExtraError."""
    spec = find_spec("pretty_midi")
    path = Path(spec.origin).parent / DEFAULT_BANK if spec and spec.origin else None
    if path is None or not path.is_file():
        raise MissingExtraError("The default sound bank is missing. Run: pip install pretty_midi, or pass --soundfont.")
    return path


def describe_bank(path: Path | None) -> SoundBank:
    """Name, file and licence of a bank, from its own INFO chunk (SoundFont 2.04, section 5). Raises InputError."""
    default = default_bank_path()
    source = path or default
    info = _read_info(source)
    if source.name == DEFAULT_BANK and source.stat().st_size == default.stat().st_size:
        return SoundBank(info.get("INAM", DEFAULT_BANK), source.name, DEFAULT_LICENCE)
    return SoundBank(info.get("INAM", source.stem), source.name, info.get("ICOP", "not stated in the file"))


def open_font(path: Path | None, sample_rate: int) -> Any:
    """A fresh synthesiser, stereo interleaved float32. Raises InputError, MissingExtraError."""
    try:
        from tinysoundfont import _tinysoundfont as engine
    except ImportError:
        raise MissingExtraError("The synthesiser is missing. Run: pip install --no-deps tinysoundfont==0.3.7") from None
    source = path or default_bank_path()
    _read_info(source)
    try:
        font = engine.SoundFont(source.read_bytes())
    except RuntimeError:
        raise InputError(f"'{source}' is damaged: it cannot be loaded as a sound bank. Choose another .sf2.") from None
    font.set_output(engine.OutputMode.StereoInterleaved, sample_rate, 0.0)
    font.set_max_voices(MAX_VOICES)
    return font


def check_preset(font: Any, preset: Preset, bank: SoundBank, track: str) -> Preset:
    """The preset itself, or the standard kit for a drum kit the bank lacks. Raises InputError for other gaps."""
    if font.get_preset_index(DRUM_BANK if preset.drum else 0, preset.program) >= 0:
        return preset
    if preset.drum and font.get_preset_index(DRUM_BANK, 0) >= 0:
        _logger.warning("%s has no drum kit %d: %s plays the standard kit", bank.file, preset.program, track)
        return Preset(0, True)
    kind = "drum kit" if preset.drum else "program"
    raise InputError(f"'{bank.file}' has no {kind} {preset.program}, needed by {track}. Choose a General MIDI bank.")


def _read_info(path: Path) -> dict[str, str]:
    """The text fields of the INFO list. Raises InputError when the file is no SoundFont 2."""
    try:
        with path.open("rb") as stream:
            head = stream.read(12)
            size = path.stat().st_size
            if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"sfbk":
                raise InputError(f"'{path}' is no SoundFont 2 file. Pass a .sf2 sound bank.")
            if struct.unpack("<I", head[4:8])[0] + 8 > size:
                raise InputError(f"'{path}' is cut short. Download or copy the sound bank again.")
            kind, length, name = struct.unpack("<4sI4s", stream.read(12))
            body = stream.read(length - 4) if kind == b"LIST" and name == b"INFO" else b""
    except (OSError, struct.error) as error:
        reason = getattr(error, "strerror", None) or "it is cut short"
        raise InputError(f"The sound bank '{path}' cannot be read: {reason}. Check --soundfont.") from None
    return _info_fields(body)


def _info_fields(body: bytes) -> dict[str, str]:
    fields: dict[str, str] = {}
    at = 0
    while at + 8 <= len(body):
        tag, length = body[at:at + 4].decode("latin-1"), struct.unpack("<I", body[at + 4:at + 8])[0]
        if tag not in ("ifil", "iver"):
            text = body[at + 8:at + 8 + length].split(b"\0")[0].decode("latin-1")
            fields[tag] = " ".join(text.split())
        at += 8 + length + length % 2
    return fields
