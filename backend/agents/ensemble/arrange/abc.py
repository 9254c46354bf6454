"""The melody and the score as ABC for models: bar comments every four bars, voices bar-interleaved so that what sounds
together stands together.

Tones that are held while others of their part move are written again, since it is the harmony that is looked at.
"""
from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from backend.domain.requests import ArrangeRequest
from backend.domain.score import Key, Melody, Note, Part, Score
from backend.domain.tempo import TempoMap
from backend.music.instruments import instruments
from backend.music.notation.abc_writer import write_abc

_IMPORTANT = ("melody", "bass", "counter", "pad", "ostinato", "doubling", "accent")
MOST_VOICES = 8


def melody_abc(request: ArrangeRequest) -> str:
    """The melody without playing marks."""
    return "\n".join(_lines(request.melody.notes, request.melody.key, request.tempo_map))


def score_abc(score: Score, tempo_map: TempoMap, most_chars: int) -> str:
    """At most eight pitched voices, the most important first, four bars at a time; the last line names who is left out
    to stay below ``most_chars``."""
    parts = [part for part in score.parts if instruments()[part.instrument].pitched and part.notes]
    parts.sort(key=lambda part: _IMPORTANT.index(part.role) if part.role in _IMPORTANT else len(_IMPORTANT))
    shown = parts[:MOST_VOICES]
    texts = {part.id: _lines(_as_sounding(part), score.key, tempo_map) for part in shown}
    while len(shown) > 1 and sum(len(line) + len(p.id) + 6 for p in shown for line in texts[p.id]) > most_chars:
        shown.pop()
    head = _header(texts[shown[0].id]) if shown else []
    out = [*head, *_interleaved([(part.id, _chunks(texts[part.id])) for part in shown])]
    left = [part.id for part in score.parts if part not in shown]
    return "\n".join([*out, f"% not shown: {', '.join(left)}"] if left else out)


def _lines(notes: tuple[Note, ...], key: Key, tempo_map: TempoMap) -> list[str]:
    """ABC lines without playing marks, titles and exact sounding lengths."""
    plain = tuple(replace(note, articulation="") for note in notes)
    text = write_abc(Melody(plain, key, (), ()), tempo_map, "cue")
    return [line for line in text.splitlines() if not line.startswith(("% sounds", "X:", "T:", "Q:"))]


def _header(lines: list[str]) -> list[str]:
    return [line for line in lines if line[:2] in ("M:", "L:", "K:")]


def _chunks(lines: list[str]) -> dict[str, list[str]]:
    """``% bar N`` -> the lines below it."""
    out: dict[str, list[str]] = {}
    now = ""
    for line in lines:
        if line.startswith("% bar"):
            now = line
            out[now] = []
        elif now:
            out[now].append(line)
    return out


def _interleaved(voices: list[tuple[str, dict[str, list[str]]]]) -> list[str]:
    heads = sorted({head for _, chunks in voices for head in chunks}, key=lambda head: int(head.split()[-1]))
    out = []
    for head in heads:
        out.append(head)
        out += [f"[V:{name}] {line}" for name, chunks in voices for line in chunks.get(head, ())
                if any(mark.isalpha() and mark not in "zM" for mark in line)]
    return out


def _as_sounding(part: Part) -> tuple[Note, ...]:
    """At every onset of a chordal part all tones that sound, up to its next onset."""
    if instruments()[part.instrument].max_polyphony < 2 or part.role not in ("pad", "accent"):
        return part.notes
    onsets = sorted({note.onset_q for note in part.notes})
    out: list[Note] = []
    for i, onset in enumerate(onsets):
        sounding = [note for note in part.notes if note.onset_q <= onset < note.end_q]
        after = onsets[i + 1] if i + 1 < len(onsets) else max(note.end_q for note in sounding)
        end = min(after, max(note.end_q for note in sounding))
        out += [Note(onset, _at_least(end - onset), pitch) for pitch in sorted({note.pitch for note in sounding})]
    return tuple(out)


def _at_least(length_q: Fraction) -> Fraction:
    return max(length_q, Fraction(1, 4))
