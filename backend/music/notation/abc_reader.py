"""An edited melody.abc back into a melody. Bars, metre and tempo belong to the tempo map and are checked, not read.

A note that is where it was keeps its velocity, and its sounding length if that or the written one is unchanged. Changed
and new lengths are played as short for what is written as most of the melody is (its median share), so that reading the
same text again, beside what it was read as, changes nothing. A new note takes the velocity of the note before.
Errors name the line or the bar.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from statistics import median_low

from backend.domain.score import Key, Melody, Note
from backend.domain.tempo import Bar, TempoMap
from backend.errors import EditError
from backend.music.notation.abc_tokens import (
    Token,
    WrittenPitch,
    parse_fraction,
    parse_key,
    parse_length,
    signature_of,
    tokens,
)
from backend.music.notation.abc_writer import (
    UNIT_Q,
    chords,
    key_field,
    sounding_spans,
    tempo_field,
    written_bars,
    written_spans,
)
from backend.music.notation.spelling import NATURAL_PC, signature_alter

_TUPLET_NORMAL = {2: 3, 3: 2, 4: 3, 5: 4, 6: 2, 7: 4, 8: 3, 9: 8}
"""What (p means when no q is written, in simple metre (ABC 2.1, 4.13)."""


@dataclass
class _Group:
    """Notes that start together, while they are being read."""

    start_q: Fraction
    end_q: Fraction
    pitches: tuple[int, ...]
    articulation: str
    tied: bool


@dataclass
class _State:
    """Where the reader is."""

    bars: tuple[Bar, ...]
    unit_q: Fraction
    fifths: int
    position_q: Fraction = Fraction(0)
    bar: int = 0
    groups: list[_Group] = field(default_factory=list)
    accidentals: dict[str, int] = field(default_factory=dict)
    tuplet: tuple[Fraction, int] = (Fraction(1), 0)
    broken: Fraction = Fraction(1)
    text: str = ""
    sounds: list[tuple[Fraction, int, Fraction]] = field(default_factory=list)


def read_abc(text: str, tempo_map: TempoMap, like: Melody) -> Melody:
    """The melody of an ABC text; key, form and velocities come from ``like`` where the text does not change them.

    Raises EditError naming the line for text that cannot be read, bars of the wrong length, or a changed metre or
    tempo (those are edited in tempo_map.json).
    """
    lines = text.splitlines()
    start, fields = _header(lines)
    _check_header(fields, tempo_map)
    key_text, key_line = fields["K"]
    unit = parse_fraction(*fields["L"], "unit length") * 4 if "L" in fields else UNIT_Q
    bars = written_bars(chords(like.notes), tempo_map)
    state = _State(bars, unit, signature_of(key_text, key_line))
    for number, line in enumerate(lines[start:], start + 1):
        if len(line) > 1 and line[1] == ":" and line[0].isalpha():
            _body_field(line, number)
            continue
        for token in tokens(line, number):
            _take(state, token)
    _finish(state, len(lines))
    key = like.key if key_text.strip() == key_field(like.key) else Key(*parse_key(key_text, key_line))
    return Melody(_notes(state, like), key, like.sections, like.phrases, like.made_by, like.seed)


def _header(lines: list[str]) -> tuple[int, dict[str, tuple[str, int]]]:
    fields: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(lines, 1):
        bare = line.split("%")[0].strip()
        if not bare:
            continue
        if len(bare) < 2 or bare[1] != ":" or not bare[0].isalpha():
            raise EditError(f"melody.abc line {number}: '{bare[:30]}' stands before the key. Begin with X:1 "
                            "and end the head with K: and the key.")
        fields[bare[0]] = (bare[2:].strip(), number)
        if bare[0] == "K":
            return number, fields
    raise EditError("melody.abc has no key. End its head with a line such as K:Dm.")


def _check_header(fields: dict[str, tuple[str, int]], tempo_map: TempoMap) -> None:
    meter = tempo_map.meters[0]
    if "M" in fields:
        _check_meter(*fields["M"], (meter.numerator, meter.denominator))
    text, line = fields.get("Q", (tempo_field(tempo_map), 0))
    if text.replace(" ", "") != tempo_field(tempo_map):
        raise EditError(f"melody.abc line {line}: the tempo is edited in tempo_map.json, here it stays "
                        f"Q:{tempo_field(tempo_map)}.")


def _check_meter(text: str, line: int, wanted: tuple[int, int]) -> None:
    given = {"C": "4/4", "C|": "2/2"}.get(text, text).replace(" ", "")
    if given != f"{wanted[0]}/{wanted[1]}":
        raise EditError(f"melody.abc line {line}: the metre is {wanted[0]}/{wanted[1]} here, not {text}. "
                        "Metres are edited in tempo_map.json.")


def _body_field(line: str, number: int) -> None:
    if line[0] not in "wWNr":
        raise EditError(f"melody.abc line {number}: '{line[:20]}' is not read. One voice without further fields is; "
                        "write changes of key as [K:Dm] inside the music.")


def _take(state: _State, token: Token) -> None:
    actions = {"notes": _note, "rest": _rest, "bar": _bar_line, "full_rest": _full_rest, "tuplet": _tuplet,
               "broken": _broken, "meter": _meter, "unit": _unit, "key": _key, "text": _text, "sounds": _sounds}
    actions[token.kind](state, token)


def _duration(state: _State, token: Token) -> Fraction:
    ratio, left = state.tuplet
    if left:
        state.tuplet = (ratio, left - 1)
    else:
        ratio = Fraction(1)
    duration = token.length * state.unit_q * ratio * state.broken
    state.broken = Fraction(1)
    return duration


def _note(state: _State, token: Token) -> None:
    duration = _duration(state, token)
    pitches = tuple(_sounding(state, pitch) for pitch in token.pitches)
    if any(not 0 <= pitch <= 127 for pitch in pitches):
        raise EditError(f"melody.abc line {token.line}: a note lies outside the MIDI range. Use fewer octave marks.")
    end = state.position_q + duration
    last = state.groups[-1] if state.groups else None
    if last is not None and last.tied and last.end_q == state.position_q:
        if last.pitches != pitches:
            raise EditError(f"melody.abc line {token.line}: the tie in bar {state.bar + 1} joins different notes. "
                            "Remove the - or repeat the note.")
        last.end_q, last.tied = end, token.tied
    else:
        state.groups.append(_Group(state.position_q, end, pitches, state.text, token.tied))
    state.text = ""
    state.position_q = end


def _sounding(state: _State, pitch: WrittenPitch) -> int:
    if pitch.alter is not None:
        state.accidentals[pitch.letter] = pitch.alter
    alter = state.accidentals.get(pitch.letter, signature_alter(pitch.letter, state.fifths))
    return 12 * (pitch.octave + 1) + NATURAL_PC[pitch.letter] + alter


def _rest(state: _State, token: Token) -> None:
    state.position_q += _duration(state, token)


def _bar_line(state: _State, token: Token) -> None:
    """Close a bar; a bar line at the very start, or a second one after another, says nothing."""
    if state.bar >= len(state.bars):
        if state.position_q == state.bars[-1].end_q:
            return
        raise EditError(f"melody.abc line {token.line}: there are more bars than the {len(state.bars)} of the cue. "
                        "Remove the extra bars.")
    bar = state.bars[state.bar]
    if state.position_q == bar.start_q:
        return
    if state.position_q != bar.end_q:
        lasts = state.position_q - bar.start_q
        raise EditError(f"melody.abc line {token.line}: bar {bar.number} holds {lasts} quarters, the map says "
                        f"{bar.length_q}. Mend its lengths, or add the bar line or bar that was lost.")
    state.bar += 1
    state.accidentals.clear()


def _full_rest(state: _State, token: Token) -> None:
    for number in range(int(token.value)):
        if state.bar >= len(state.bars):
            raise EditError(f"melody.abc line {token.line}: Z reaches past the cue's end. Remove it.")
        state.position_q = state.bars[state.bar].end_q
        if number + 1 < int(token.value):
            _bar_line(state, token)


def _tuplet(state: _State, token: Token) -> None:
    p, q, r = token.value.split(":")
    if not q and int(p) not in _TUPLET_NORMAL or int(p) == 0 or q == "0":
        raise EditError(f"melody.abc line {token.line}: tuplet ({p} needs its ratio. Write ({p}:q:r.")
    state.tuplet = (Fraction(int(q) if q else _TUPLET_NORMAL[int(p)], int(p)), int(r) if r else int(p))


def _broken(state: _State, token: Token) -> None:
    """``a>b``: the first takes half of the second."""
    if not state.groups or state.groups[-1].end_q != state.position_q:
        raise EditError(f"melody.abc line {token.line}: '{token.value}' needs a note before it.")
    share = Fraction(1, 2 ** len(token.value))
    longer, shorter = 2 - share, share
    first, second = (longer, shorter) if token.value[0] == ">" else (shorter, longer)
    group = state.groups[-1]
    group.end_q = group.start_q + (group.end_q - group.start_q) * first
    state.position_q, state.broken = group.end_q, second


def _meter(state: _State, token: Token) -> None:
    index = state.bar + (state.bar < len(state.bars) and state.position_q == state.bars[state.bar].end_q)
    bar = state.bars[min(index, len(state.bars) - 1)]
    _check_meter(token.value, token.line, (bar.numerator, bar.denominator))


def _unit(state: _State, token: Token) -> None:
    state.unit_q = parse_length(token.value, token.line) * 4


def _key(state: _State, token: Token) -> None:
    state.fifths = signature_of(token.value, token.line)


def _text(state: _State, token: Token) -> None:
    if token.value.startswith("_"):
        state.text = token.value[1:]


def _sounds(state: _State, token: Token) -> None:
    parts = token.value.split()
    if len(parts) != 3 or not parts[1].isdigit():
        raise EditError(f"melody.abc line {token.line}: '% sounds' needs onset, number and duration. Remove the line.")
    onset = Fraction(0) if parts[0] == "0" else parse_fraction(parts[0], token.line, "onset")
    state.sounds.append((onset, int(parts[1]), parse_fraction(parts[2], token.line, "duration")))


def _finish(state: _State, line: int) -> None:
    """The text must have every bar of the cue; only the last bar line may be missing."""
    if state.groups and state.groups[-1].tied:
        raise EditError(f"melody.abc line {line}: the last note is tied to nothing. Remove its -.")
    if not state.groups:
        raise EditError("melody.abc has no notes. Write at least one, or delete the file to get the melody back.")
    _bar_line(state, Token(line, "bar"))
    if state.bar < len(state.bars):
        raise EditError(f"melody.abc has {state.bar} bars, the cue {len(state.bars)}. Bars keep their place: add the "
                        "lost ones, Z for a silent bar.")


def _notes(state: _State, like: Melody) -> tuple[Note, ...]:
    velocities = {note.onset_q: note.velocity for note in reversed(like.notes)}
    groups = chords(like.notes)
    same = {(note.onset_q, index): note for group in groups for index, note in enumerate(group)}
    written = dict(written_spans(groups, state.bars))
    kept = {*written.items(), *sounding_spans(groups)}
    told = {(onset, index): duration for onset, index, duration in state.sounds}
    velocity = like.notes[0].velocity if like.notes else 80
    shares = [min(Fraction(1), note.duration_q / (written[note.onset_q] - note.onset_q)) for note in like.notes]
    share = median_low(shares) if shares else Fraction(1)
    out = []
    for group in state.groups:
        length = group.end_q - group.start_q
        for index, pitch in enumerate(group.pitches):
            before = same.get((group.start_q, index))
            velocity = before.velocity if before else velocities.get(group.start_q, velocity)
            duration = length * share
            if before is not None and (group.start_q, group.end_q) in kept:
                duration = told.get((group.start_q, index), before.duration_q)
            articulation = group.articulation if index == 0 or before is None else before.articulation
            out.append(Note(group.start_q, duration, pitch, velocity, articulation))
    return tuple(out)
