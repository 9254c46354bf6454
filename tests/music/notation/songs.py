"""Melodies of real scores, read from MIDI by mido: quarters as exact fractions, metres as written."""
from __future__ import annotations

from fractions import Fraction
from math import ceil
from pathlib import Path

import mido

from backend.domain.score import Key, Melody, Note
from backend.domain.tempo import Meter, TempoMap, TempoPoint

_TONICS = {"C": 0, "G": 7, "D": 2, "A": 9, "E": 4, "B": 11, "F#": 6, "C#": 1, "F": 5, "Bb": 10, "Eb": 3, "Ab": 8,
           "Db": 1, "Gb": 6, "Cb": 11, "D#": 3,
           "G#": 8, "A#": 10}


def _key(name: str) -> Key:
    return Key(_TONICS[name.removesuffix("m")], "aeolian" if name.endswith("m") else "major")


def song(path: Path) -> tuple[Melody, TempoMap] | None:
    """The first track with notes and its metres; None for a file without notes."""
    # Scores in the wild name keys that do not exist; their signature is of no interest here.
    file = mido.MidiFile(path, clip=True)
    meters: dict[Fraction, tuple[int, int]] = {}
    key = Key(0, "major")
    notes: list[Note] = []
    for track in file.tracks:
        position, sounding, found = 0, {}, []
        for message in track:
            position += message.time
            place = Fraction(position, file.ticks_per_beat)
            if message.type == "time_signature":
                meters.setdefault(place, (message.numerator, message.denominator))
            elif message.type == "key_signature" and not notes and place == 0:
                key = _key(message.key)
            elif message.type == "note_on" and message.velocity:
                sounding.setdefault(message.note, []).append((place, message.velocity))
            elif message.type in ("note_on", "note_off") and sounding.get(message.note):
                start, velocity = sounding[message.note].pop(0)
                if place > start:
                    found.append(Note(start, place - start, message.note, velocity))
        notes = notes or sorted(found, key=lambda n: n.onset_q)
    return (Melody(tuple(notes), key, ()), _map(meters, notes)) if notes else None


def short_meter(bar: int, length_q: Fraction) -> Meter:
    """A bar of any length, rounded up to the 32nds that a metre can count."""
    counted = Fraction(ceil(length_q * 8), 8)
    return Meter(bar, counted.numerator, 4 * counted.denominator)


def _map(meters: dict[Fraction, tuple[int, int]], notes: list[Note]) -> TempoMap:
    """Bars of the metres given; a change inside a bar makes that bar short, as an upbeat is."""
    changes = sorted({Fraction(0): (4, 4), **meters}.items())
    end = max(note.end_q for note in notes)
    out: list[Meter] = []
    bar, position = 1, Fraction(0)
    for (_, signature), stop in zip(changes, [*(place for place, _ in changes[1:]), end], strict=True):
        meter = Meter(bar, *signature)
        whole = max(0, int((stop - position) // meter.length_q))
        rest = stop - position - whole * meter.length_q
        if whole or (rest > 0 and stop == end):
            out.append(meter)
        bar += whole
        if rest > 0 and stop != end:
            out.append(short_meter(bar, rest))
        bar += rest > 0
        position = max(position, stop)
    return TempoMap((TempoPoint(Fraction(0), 500_000),), tuple(out), bar - 1, end)
