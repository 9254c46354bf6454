"""A melody as ABC notation (ABC standard 2.1), exact to the fraction when read beside the melody it was written from.

Four bars a line, each line headed by a comment with its bar number. Lengths count eighths (``L:1/8``). Thirds,
fifths and so on are written as tuplets ``(p:q:r``, which any length can be split into exactly. Accidentals are
repeated wherever another reading of the standard could differ. Lengths are those a player reads (:mod:`notated`);
how short each note is played, and how loud, is not written. What lengths cannot say, a note that sounds on under the
next one or a shorter one of a chord, stands in a comment ``% sounds ONSET INDEX DURATION`` below its line.
"""
from __future__ import annotations

from fractions import Fraction
from math import gcd

from backend.domain.score import Key, Melody, Note
from backend.domain.tempo import Bar, TempoMap
from backend.music.notation.measures import Piece, bars_to, lay_out
from backend.music.notation.notated import bar_of_end, beat_q, notated_end
from backend.music.notation.spelling import Spelled, signature_alter, spell
from backend.music.theory import key_fifths, pc_name

UNIT_Q = Fraction(1, 2)
"""``L:1/8``"""
BARS_A_LINE = 4
ABC_MODES = {"major": "", "lydian": " lydian", "mixolydian": " mixolydian", "dorian": " dorian", "aeolian": "m",
             "harmonic_minor": "m", "phrygian": " phrygian", "octatonic": "m", "chromatic": "m"}
_ACCIDENTALS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}


def write_abc(melody: Melody, tempo_map: TempoMap, title: str) -> str:
    """The melody as ABC text, ending with a newline. :func:`abc_reader.read_abc` reads exactly the same melody."""
    groups = chords(melody.notes)
    bars = written_bars(groups, tempo_map)
    events = written_spans(groups, bars)
    lines = _header(melody.key, tempo_map, title)
    laid = lay_out(events, bars)
    for first in range(0, len(bars), BARS_A_LINE):
        chunk = range(first, min(first + BARS_A_LINE, len(bars)))
        lines.append(f"% bar {bars[first].number}")
        texts = [_meter_mark(bars, i) + _bar_text(laid[i], groups, melody.key, bars[i]) for i in chunk]
        lines.append(" | ".join(texts) + (" |]" if chunk[-1] == len(bars) - 1 else " |"))
        inside = {piece.source for i in chunk for piece in laid[i] if piece.source is not None}
        lines += _sounds(groups, inside, bars[first].start_q)
    return "\n".join(lines) + "\n"


def tempo_field(tempo_map: TempoMap) -> str:
    """``1/4=96``: the first tempo, rounded, as field Q."""
    return f"1/4={round(tempo_map.points[0].tempo_qpm)}"


def key_field(key: Key) -> str:
    """``D dorian``, ``Dm``: field K. Modes that ABC does not know take the minor signature."""
    return pc_name(key.tonic_pc, key_fifths(key.tonic_pc, key.mode)) + ABC_MODES[key.mode]


def _header(key: Key, tempo_map: TempoMap, title: str) -> list[str]:
    meter = tempo_map.meters[0]
    clean = " ".join(title.replace("%", " ").split()) or "Untitled"
    return ["X:1", f"T:{clean}", f"M:{meter.numerator}/{meter.denominator}", "L:1/8", f"Q:{tempo_field(tempo_map)}",
            f"K:{key_field(key)}"]


def chords(notes: tuple[Note, ...]) -> list[list[Note]]:
    """Notes that start together, in order."""
    out: list[list[Note]] = []
    for note in notes:
        if out and out[-1][0].onset_q == note.onset_q:
            out[-1].append(note)
        else:
            out.append([note])
    return out


def written_bars(groups: list[list[Note]], tempo_map: TempoMap) -> tuple[Bar, ...]:
    """The bars of the text: all of the map, and more where the melody goes on."""
    return bars_to(tempo_map, max((end for _, end in sounding_spans(groups)), default=Fraction(0)))


def written_spans(groups: list[list[Note]], bars: tuple[Bar, ...]) -> list[tuple[Fraction, Fraction]]:
    """Written (start, end) of each group, see :func:`notated.notated_end`."""
    spans = sounding_spans(groups)
    following = [*(start for start, _ in spans[1:]), None]
    starts = [bar.start_q for bar in bars]
    return [(start, notated_end(start, end, after, bar_of_end(end, bars, starts)))
            for (start, end), after in zip(spans, following, strict=True)] if spans else []


def sounding_spans(groups: list[list[Note]]) -> list[tuple[Fraction, Fraction]]:
    """(start, end) of each group: it ends where its longest note does, or where the next group starts."""
    ends = [max(note.end_q for note in group) for group in groups]
    starts = [group[0].onset_q for group in groups]
    following = [*starts[1:], ends[-1]] if ends else []
    return [(start, min(end, after)) for start, end, after in zip(starts, ends, following, strict=True)]


def _sounds(groups: list[list[Note]], inside: set[int], start_q: Fraction) -> list[str]:
    """Comments for notes that sound on under the next one, or end before the longest of their chord."""
    out = []
    events = sounding_spans(groups)
    for number in sorted(inside):
        start, end = events[number]
        if start >= start_q:
            out += [f"% sounds {start} {index} {note.duration_q}" for index, note in enumerate(groups[number])
                    if note.end_q != end]
    return out


def _meter_mark(bars: tuple[Bar, ...], index: int) -> str:
    bar, before = bars[index], bars[max(0, index - 1)]
    same = (bar.numerator, bar.denominator) == (before.numerator, before.denominator)
    return "" if same else f"[M:{bar.numerator}/{bar.denominator}] "


def _bar_text(pieces: list[Piece], groups: list[list[Note]], key: Key, bar: Bar) -> str:
    """Tokens of one bar: a space before every beat, tuplets closed inside the bar."""
    beat = beat_q(bar)
    accidentals = _Accidentals(key)
    out, run_end, run = "", 0, _runs(pieces)
    for i, piece in enumerate(pieces):
        if i and ((piece.start_q - bar.start_q) % beat == 0 or i == run_end):
            out += " "
        odd, count = run[i]
        if odd > 1 and i >= run_end:
            out += f"({odd}:{_normal(odd)}:{count}"
            run_end = i + count
        units = (piece.end_q - piece.start_q) / UNIT_Q * (Fraction(odd, _normal(odd)) if odd > 1 else 1)
        out += _sound(piece, groups, accidentals) + _length(units) + ("-" if piece.tied else "")
    return out


def _odd_part(value: int) -> int:
    while value % 2 == 0:
        value //= 2
    return value


def _normal(odd: int) -> int:
    """``odd`` notes in the time of this many: the largest power of two below."""
    return 1 << (odd.bit_length() - 1)


def _runs(pieces: list[Piece]) -> list[tuple[int, int]]:
    """For each piece the odd part of its length's denominator (1: plain) and how many pieces its tuplet takes.

    A tuplet goes on until it fills a plain length, so that triplets of a beat share one bracket.
    """
    lengths = [piece.end_q - piece.start_q for piece in pieces]
    out = [(1, 1)] * len(pieces)
    i = 0
    while i < len(pieces):
        odd, total, last = _odd_part(lengths[i].denominator), lengths[i], i
        while odd > 1 and _odd_part(total.denominator) > 1 and last + 1 < len(pieces) and last + 1 - i < 9:
            following = _odd_part(lengths[last + 1].denominator)
            if following > 1 and odd // gcd(odd, following) * following > 15:
                break
            odd, last = odd // gcd(odd, following) * following, last + 1
            total += lengths[last]
        for k in range(i, last + 1):
            out[k] = (odd, last + 1 - i)
        i = last + 1
    return out


class _Accidentals:
    """Which accidentals a bar needs, so that every reading of the standard agrees."""

    def __init__(self, key: Key) -> None:
        self._key = key
        self._fifths = key_fifths(key.tonic_pc, key.mode)
        self._altered: set[str] = set()

    def note(self, pitch: int) -> str:
        spelled = spell(pitch, self._key)
        plain = signature_alter(spelled.letter, self._fifths) == spelled.alter
        mark = "" if plain and spelled.letter not in self._altered else _ACCIDENTALS[spelled.alter]
        if not plain:
            self._altered.add(spelled.letter)
        return mark + _letter(spelled)


def _letter(spelled: Spelled) -> str:
    """``C,`` is C3, ``C`` C4, ``c`` C5, ``c'`` C6."""
    if spelled.octave >= 5:
        return spelled.letter.lower() + "'" * (spelled.octave - 5)
    return spelled.letter + "," * (4 - spelled.octave)


def _sound(piece: Piece, groups: list[list[Note]], accidentals: _Accidentals) -> str:
    if piece.source is None:
        return "z"
    group = groups[piece.source]
    mark = "".join(f'"_{note.articulation}"' for note in group[:1] if note.articulation and not _is_later(piece, note))
    names = [accidentals.note(note.pitch) for note in group]
    return mark + (names[0] if len(names) == 1 else "[" + "".join(names) + "]")


def _is_later(piece: Piece, note: Note) -> bool:
    return piece.start_q != note.onset_q


def _length(units: Fraction) -> str:
    if units == 1:
        return ""
    if units.denominator == 1:
        return str(units.numerator)
    head = "" if units.numerator == 1 else str(units.numerator)
    return f"{head}/" if units.denominator == 2 else f"{head}/{units.denominator}"
