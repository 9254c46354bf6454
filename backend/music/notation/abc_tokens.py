"""ABC text as tokens with their line numbers; what the melody reader does not understand is an error, never skipped."""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from backend.errors import EditError
from backend.music.notation.abc_writer import ABC_MODES
from backend.music.notation.spelling import NATURAL_PC
from backend.music.theory import key_fifths

_LENGTH = r"(?P<num>\d*)(?P<slashes>/*)(?P<den>\d*)"
_NOTE = r"(?P<acc>\^\^|\^|__|_|=)?(?P<letter>[A-Ga-g])(?P<marks>[,']*)"
_TOKENS = re.compile(
    r"(?P<space>[\s`\\]+)|(?P<comment>%.*)|(?P<inline>\[[A-Za-z]:[^\]]*\])|(?P<bar>\[\||\|\]|\|\||\|)"
    r"|\((?P<tuplet>\d+)(?::(?P<q>\d*))?(?::(?P<r>\d*))?|(?P<slur>[()])|(?P<text>\"[^\"]*\")"
    r"|(?P<mark>![^!]*!|[.~HLMOPSTuv](?=[\[\^_=A-Ga-g.~HLMOPSTuv!\"]))"
    r"|(?P<rest>[zx])(?P<restlen>\d*/*\d*)|(?P<full>Z)(?P<count>\d*)|(?P<broken>[<>]+)"
    r"|(?P<chord>\[[^\]|]*\])(?P<chordlen>\d*/*\d*)(?P<chordtie>-?)"
    r"|(?P<note>(?:\^\^|\^|__|_|=)?[A-Ga-g][,']*)(?P<notelen>\d*/*\d*)(?P<tie>-?)")
_PITCH = re.compile(_NOTE + r"(?P<length>\d*/*\d*)(?P<tie>-?)")
_LENGTH_RE = re.compile(_LENGTH + "$")
_KEY = re.compile(r"\s*([A-G])([#b]?)\s*([A-Za-z]*)")
_MODE_WORDS = {"": "major", "maj": "major", "ion": "major", "m": "aeolian", "min": "aeolian", "aeo": "aeolian",
               "lyd": "lydian", "mix": "mixolydian", "dor": "dorian", "phr": "phrygian"}


@dataclass(frozen=True)
class WrittenPitch:
    """``alter`` is null where no accidental stands before the letter; ``octave`` 4 holds middle C."""

    letter: str
    alter: int | None
    octave: int


@dataclass(frozen=True)
class Token:
    """``kind``: bar, notes, rest, full_rest, tuplet, broken, meter, unit, key, text, sounds. ``length`` counts unit
    lengths; ``value`` belongs to the kind."""

    line: int
    kind: str
    length: Fraction = Fraction(1)
    pitches: tuple[WrittenPitch, ...] = ()
    tied: bool = False
    value: str = ""


def parse_length(text: str, line: int) -> Fraction:
    """``3/2``, ``/``, ``//4`` ... as a multiple of the unit length."""
    match = _LENGTH_RE.match(text)
    if match is None:
        raise EditError(f"melody.abc line {line}: '{text}' is no length. Write 2, 3/2 or /.")
    numerator = int(match["num"] or 1)
    slashes = len(match["slashes"])
    denominator = int(match["den"] or 2) if slashes == 1 else 2 ** slashes
    if slashes > 1 and match["den"] or not numerator or not denominator:
        raise EditError(f"melody.abc line {line}: '{text}' is no length. Write 2, 3/2 or /.")
    return Fraction(numerator, denominator)


def parse_fraction(text: str, line: int, what: str) -> Fraction:
    try:
        value = Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        value = Fraction(0)
    if value <= 0:
        raise EditError(f"melody.abc line {line}: '{text.strip()}' is no {what}. Write a fraction such as 1/8.")
    return value


def parse_key(text: str, line: int) -> tuple[int, str]:
    """(tonic pitch class, mode) of a K field."""
    match = _KEY.match(text)
    if match is None:
        raise EditError(f"melody.abc line {line}: '{text.strip()}' is no key. Write C, Dm, G mixolydian or similar.")
    letter, accidental, word = match.groups()
    mode = _MODE_WORDS.get(word.lower()[:3])
    if mode is None:
        known = ", ".join(sorted({name.strip() for name in ABC_MODES.values()} - {""}))
        raise EditError(f"melody.abc line {line}: mode '{word}' is not known. Write none for major, or {known}.")
    return (NATURAL_PC[letter] + {"": 0, "#": 1, "b": -1}[accidental]) % 12, mode


def signature_of(text: str, line: int) -> int:
    """Sharps (flats when negative) of a K field, by the letters as written."""
    tonic, mode = parse_key(text, line)
    fifths = key_fifths(tonic, mode)
    sharp_written = "#" in text.split()[0]
    flat_written = "b" in text.split()[0]
    if fifths == -6 and sharp_written or fifths < -5 and not flat_written:
        return fifths + 12
    return fifths - 12 if fifths == 6 and flat_written else fifths


def _pitch(match: re.Match[str]) -> WrittenPitch:
    letter = match["letter"]
    octave = 4 + letter.islower() + match["marks"].count("'") - match["marks"].count(",")
    accidental = match["acc"]
    alter = None if accidental is None else {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}[accidental]
    return WrittenPitch(letter.upper(), alter, octave)


def tokens(text: str, line: int) -> Iterator[Token]:
    """Tokens of one line of music."""
    position = 0
    while position < len(text):
        match = _TOKENS.match(text, position)
        if match is None:
            raise EditError(f"melody.abc line {line}: '{text[position:position + 12].strip()}' cannot be read. "
                            "Write notes, rests z, bar lines | and tuplets (3 only.")
        position = match.end()
        token = _token(match, line)
        if token is not None:
            yield token


def _token(match: re.Match[str], line: int) -> Token | None:
    if match["note"]:
        pitch = _PITCH.match(match["note"])
        assert pitch is not None
        return Token(line, "notes", parse_length(match["notelen"], line), (_pitch(pitch),), bool(match["tie"]))
    if match["rest"]:
        return Token(line, "rest", parse_length(match["restlen"], line))
    if match["bar"]:
        return Token(line, "bar")
    if match["full"]:
        return Token(line, "full_rest", value=match["count"] or "1")
    if match["tuplet"]:
        return Token(line, "tuplet", value=f"{match['tuplet']}:{match['q'] or ''}:{match['r'] or ''}")
    if match["broken"]:
        return Token(line, "broken", value=match["broken"])
    if match["text"]:
        return Token(line, "text", value=match["text"][1:-1])
    if match["chord"]:
        return _chord(match, line)
    if match["inline"]:
        return _inline(match["inline"], line)
    if match["comment"] and match["comment"].startswith("% sounds "):
        return Token(line, "sounds", value=match["comment"][len("% sounds "):])
    return None


def _chord(match: re.Match[str], line: int) -> Token:
    found = list(_PITCH.finditer(match["chord"][1:-1]))
    if not found or "".join(m.group() for m in found) != match["chord"][1:-1].replace(" ", ""):
        raise EditError(f"melody.abc line {line}: chord '{match['chord']}' cannot be read. Write [CEG].")
    if len({m["length"] for m in found}) > 1:
        raise EditError(f"melody.abc line {line}: the notes of '{match['chord']}' differ in length. Give one length.")
    length = parse_length(found[0]["length"], line) * parse_length(match["chordlen"], line)
    tied = bool(match["chordtie"]) or all(m["tie"] for m in found)
    return Token(line, "notes", length, tuple(_pitch(m) for m in found), tied)


def _inline(text: str, line: int) -> Token:
    name, value = text[1], text[3:-1].strip()
    kinds = {"M": "meter", "L": "unit", "K": "key"}
    if name not in kinds:
        raise EditError(f"melody.abc line {line}: '{text}' is not read. Only [M:], [L:] and [K:] may stand inside.")
    return Token(line, kinds[name], value=value)
