"""Reaticulate's .reabank files as articulation maps.

A bank is ``Bank <MSB> <LSB> <name>`` (``*`` where Reaticulate assigns the numbers itself) followed by lines
``<program> <name>``. Lines that begin with ``//!`` annotate the next one with ``key=value`` pairs; ``o`` of a program
lists what Reaticulate sends on: ``cc:32,20``, ``note:24``, ``note-hold:24,100`` ... parted by ``/``. The format is
described on reaticulate.com.
"""
from __future__ import annotations

import re
from dataclasses import dataclass

from backend.daw.articulations import ArticulationMap, Switch, known_articulations, standard_programs
from backend.errors import InputError

_BANK = re.compile(r"Bank\s+(\d+|\*)\s+(\d+|\*)\s+(.+)", re.IGNORECASE)
_PROGRAM = re.compile(r"(\d+)\s+(.+)")
_ATTRIBUTE = re.compile(r'([\w-]+)=(?:"([^"]*)"|(\S+))')
_OUTPUT = re.compile(r"-?(program|cc|note|note-hold):(\d+)(?:,(\d+))?")
_NOTE_VELOCITY = 127
_ALIASES = {"sustain": "long", "sustains": "long", "sustained": "long", "longs": "long", "pizz": "pizzicato",
            "trem": "tremolo", "con_sordino": "con_sord", "sordino": "con_sord", "sul_ponticello": "sul_pont",
            "staccatissimo": "staccato", "spic": "spiccato", "stac": "staccato", "sforzando": "sfz",
            "trill_min2": "trill_m2", "trill_maj2": "trill_M2", "flutter_tongue": "flutter", "bartok": "bartok_pizz",
            "tenuto_long": "tenuto", "flautando": "sul_tasto"}


@dataclass(frozen=True)
class Program:
    """A line of a bank; ``outputs`` is its ``o`` attribute."""

    number: int
    name: str
    outputs: str = ""


@dataclass(frozen=True)
class Bank:
    """``name`` is what Reaticulate shows (``group/name`` in full); no numbers where Reaticulate assigns them."""

    name: str
    msb: int | None
    lsb: int | None
    programs: tuple[Program, ...]


def read_banks(text: str) -> tuple[Bank, ...]:
    """Every bank of a file, in order. Lines that are neither bank, program nor annotation are passed over."""
    banks: list[tuple[str, int | None, int | None, list[Program]]] = []
    notes: dict[str, str] = {}
    for line in (raw.strip() for raw in text.splitlines()):
        if line.startswith("//!"):
            notes.update({key: quoted or bare for key, quoted, bare in _ATTRIBUTE.findall(line)})
            continue
        bank, program = _BANK.fullmatch(line), _PROGRAM.fullmatch(line)
        if bank:
            full = "/".join(part for part in (notes.get("g", ""), notes.get("n", "") or bank[3]) if part)
            banks.append((full, _number(bank[1]), _number(bank[2]), []))
        elif program and banks:
            banks[-1][3].append(Program(int(program[1]), program[2], notes.get("o", "")))
        if line and not line.startswith("//"):
            notes = {}
    return tuple(Bank(name, msb, lsb, tuple(programs)) for name, msb, lsb, programs in banks)


def _number(text: str) -> int | None:
    return None if text == "*" else int(text)


def find_bank(banks: tuple[Bank, ...], name: str, file: str) -> Bank:
    """The bank of that name (its full name, or its last part where only one has it). Raises InputError."""
    wanted = name.casefold()
    found = [bank for bank in banks if bank.name.casefold() == wanted]
    found = found or [bank for bank in banks if bank.name.casefold().rsplit("/", 1)[-1] == wanted]
    if len(found) == 1:
        return found[0]
    held = ", ".join(f"'{bank.name}'" for bank in (found or banks)[:4]) or "no bank at all"
    raise InputError(f"'{file}' has {len(found) or 'no'} banks named '{name}'; it holds {held}. "
                     "Write the bank's group and name as Reaticulate shows them.")


def bank_map(bank: Bank, file: str, direct: bool = False) -> ArticulationMap:
    """Articulations of a bank by their usual names and program numbers.

    Program changes with the bank's numbers (Reaticulate on the track answers them), or, ``direct``, what Reaticulate
    would send on: for tracks without it. Articulations that route to other channels have no direct form and are left
    out. Raises InputError for a bank without numbers or with nothing to send.
    """
    if not direct and (bank.msb is None or bank.lsb is None):
        raise InputError(f"'{file}', bank '{bank.name}' has no numbers of its own: say \"direct\": true, "
                         "or name Reaticulate's own Data/Reaticulate-tmp*.reabank.")
    made = {program: _switches(bank, program, direct) for program in bank.programs}
    by_name: dict[str, tuple[Switch, ...]] = {}
    for program, switches in made.items():
        if switches:
            by_name.setdefault(articulation_name(program.name), switches)
    names = {name: by_name[name] for name in known_articulations() if name in by_name}
    by_number = {program.number: switches for program, switches in reversed(made.items()) if switches}
    for name, number in standard_programs().items():
        if name not in names and number in by_number:
            names[name] = by_number[number]
    if not names:
        raise InputError(f"'{file}', bank '{bank.name}' lists no articulation that is known here. "
                         "Write a map of its own into palette.json.")
    return ArticulationMap(names)


def articulation_name(text: str) -> str:
    """The project's name for what a bank calls it: ``Con Sordino`` is ``con_sord``."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")
    if plain in known_articulations():
        return plain
    return _ALIASES.get(plain.lower(), plain.lower())


def _switches(bank: Bank, program: Program, direct: bool) -> tuple[Switch, ...]:
    """Empty for what has no direct form, or holds a number that MIDI has not."""
    try:
        if not direct:
            return (Switch(program=program.number, bank_msb=bank.msb, bank_lsb=bank.lsb),)
        outputs = [_OUTPUT.fullmatch(output) for output in program.outputs.split("/")]
        return tuple(_switch(output) for output in outputs if output) if all(outputs) else ()
    except ValueError:
        return ()


def _switch(output: re.Match[str]) -> Switch:
    kind, first, second = output[1], int(output[2]), output[3]
    if kind == "program":
        return Switch(program=first)
    if kind == "cc":
        return Switch(cc=first, value=int(second or 0))
    return Switch(key=first, velocity=int(second or _NOTE_VELOCITY), hold=kind == "note-hold")
