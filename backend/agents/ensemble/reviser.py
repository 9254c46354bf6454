"""The reviser: a request in the composer's words becomes operations that code executes. The twin has none to offer."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from backend.agents.ensemble.aliases import names_text, own_name, part_aliases, renamed, section_aliases
from backend.agents.ensemble.arrange.tables import bar_list, chord_name, csv_text, cut, joined
from backend.agents.ensemble.prompts import quoted, system_prompt
from backend.agents.ensemble.question import Answer, Desk, Fault, Question
from backend.domain.ensemble import Lock
from backend.domain.hits import HitPoints
from backend.domain.instruments import Instrument
from backend.domain.revision import Revision, RevisionPlan
from backend.domain.score import Part
from backend.domain.tempo import Bar
from backend.music.harmony import anchored_hits
from backend.music.instruments import instruments
from backend.music.locks import ENDINGS, ROLES
from backend.music.revision_cells import bars_of
from backend.music.revision_check import distinct, plan_faults
from backend.music.revision_faults import Ground
from backend.music.theory import key_fifths, key_name

CHAT, STEP, SPEAKER = "revise", "E", "reviser"
_EARLIER, _WORDS = 8, 150
"""Requests the model is reminded of, the latest, and how much of each."""
_NOBODY = "No language model answered, so nothing can be done with a request in words."


@dataclass(frozen=True)
class ReviseRequest:
    """``words`` are the composer's; ``earlier`` what was asked of this folder before, the oldest first."""

    words: str
    title: str
    ground: Ground
    hits: HitPoints
    locks: tuple[Lock, ...] = ()
    earlier: tuple[Revision, ...] = ()


class ModelReviser:
    """Asks a model at the desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._problems: tuple[str, ...] = ()
        self.name = desk.model_of(SPEAKER)

    @property
    def problems(self) -> tuple[str, ...]:
        """What was wrong with the model's last reply, a line each."""
        return self._problems

    def revise(self, request: ReviseRequest) -> Answer[RevisionPlan]:
        """Operations that can be done, or an answer that says why there are none. Raises EndpointError, CapError,
        ReplayError. The chat goes on from request to request: earlier ones stay in its record."""
        shown, ids = _shown(request.ground), {alias: part for part, alias in _parts(request.ground).items()}
        answer = self._desk.ask(Question(
            CHAT, STEP, SPEAKER, system_prompt(SPEAKER, self._desk.prompting), task_text(request), RevisionPlan,
            twin=lambda: RevisionPlan((), _NOBODY),
            check=lambda plan: tuple(Fault(path, problem) for path, problem in plan_faults(plan, shown, request.hits))))
        operations = tuple(replace(one, tracks=tuple(ids.get(name, name) for name in one.tracks))
                           for one in distinct(answer.payload.operations))
        self._problems = next((turn.problems for turn in reversed(self._desk.record(CHAT).turns)
                               if turn.source == "llm"), ())
        return replace(answer, payload=replace(answer.payload, operations=operations))


def task_text(request: ReviseRequest) -> str:
    """Everything about this cue and this request, as sections."""
    shown = replace(request, ground=_shown(request.ground))
    return joined((("CUE", _cue(shown)), ("NAMES", _names(request)), ("TABLE", _table(shown)),
                   ("DRAFT", _draft(shown.ground)), ("OPTIONS", _options(shown.ground)),
                   ("LOCKS", _locks(request.locks)), ("REVISIONS", _earlier(request.earlier)),
                   ("NOTE", quoted(request.words))))


def _parts(ground: Ground) -> dict[str, str]:
    """Part id -> what tables call it."""
    return part_aliases(ground.score.parts)


def _shown(ground: Ground) -> Ground:
    """The documents with parts called as tables call them."""
    score, scheme = renamed(ground.score, ground.scheme, _parts(ground))
    return replace(ground, score=score, scheme=scheme)


def _names(request: ReviseRequest) -> str:
    """What people call the cue, its sections and its tracks where tables call them otherwise, fenced."""
    score = request.ground.score
    ids, labels = _parts(request.ground), section_aliases(score.sections)
    called = [("title", request.title), *((alias, label) for label, alias in labels.items()),
              *((alias, part) for part, alias in ids.items()),
              *((ids[part.id], part.name) for part in score.parts if part.name != own_name(part))]
    return names_text(called)


def _cue(request: ReviseRequest) -> str:
    ground = request.ground
    score, beats = ground.score, ground.tempo_map
    labels = section_aliases(score.sections)
    sections = "; ".join(f"{labels[s.label]} {s.first_bar}-{s.last_bar}" for s in score.sections)
    return "\n".join(f"{name}: {value}" for name, value in (
        ("bars", beats.bar_count), ("seconds", f"{float(beats.time_s(beats.end_q)):.1f}"),
        ("tempo_qpm", round(beats.points[0].tempo_qpm)),
        ("key", key_name(score.key.tonic_pc, score.key.mode)), ("sections", sections),
        ("ending", ground.scheme.ending if ground.scheme.ending in ENDINGS else "open"),
        ("can_restore", "yes" if ground.first else "no")))


def _table(request: ReviseRequest) -> str:
    ground = request.ground
    hits = anchored_hits(request.hits, ground.tempo_map)
    measures = {measure.m: measure for measure in ground.scheme.measures}
    rows = []
    for bar in ground.tempo_map.bars:
        measure = measures.get(bar.number)
        weights = [weight for q, weight in hits.items() if bar.start_q <= q < bar.end_q]
        playing = sum(any(bar.start_q <= note.onset_q < bar.end_q for note in part.notes)
                      for part in ground.score.parts)
        rows.append((bar.number, f"{float(ground.tempo_map.time_s(bar.start_q)):.1f}", max(weights, default=None),
                     _chords(ground, bar), playing, measure.dynamic if measure else ""))
    return csv_text(("m", "t_s", "hit", "chord", "tracks", "dyn"), rows)


def _chords(ground: Ground, bar: Bar) -> str:
    fifths = key_fifths(ground.score.key.tonic_pc, ground.score.key.mode)
    return " ".join(chord_name(chord, fifths) for chord in ground.score.chords
                    if bar.start_q <= chord.onset_q < bar.end_q)


def _draft(ground: Ground) -> str:
    tracks = {track.part: track for track in ground.scheme.tracks}
    rows: list[tuple[object, ...]] = []
    for part in ground.score.parts:
        instrument, track = instruments()[part.instrument], tracks.get(part.id)
        pitches = [note.pitch for note in part.notes]
        role = part.role if part.role in ROLES else ""
        rows.append((part.id, own_name(part), role, part.instrument, instrument.family, _plays(part, ground),
                     len(part.notes), min(pitches, default=None), max(pitches, default=None),
                     track.panning if track else instrument.pan, track.reverb_space if track else None,
                     track.gain_db if track else 0.0, " ".join(instrument.articulations)))
    return csv_text(("part", "name", "role", "instrument", "family", "plays", "notes", "low", "high", "pan", "reverb",
                     "gain_db", "articulations"), rows)


def _plays(part: Part, ground: Ground) -> str:
    bars = sorted({bar for note in part.notes for bar in bars_of(note, ground.tempo_map)})
    runs: list[tuple[int, int]] = []
    for bar in bars:
        if runs and runs[-1][1] == bar - 1:
            runs[-1] = (runs[-1][0], bar)
        else:
            runs.append((bar, bar))
    return bar_list(runs)


def _options(ground: Ground) -> str:
    """Instruments that could take over from one that plays."""
    pitched = {instruments()[part.instrument].pitched for part in ground.score.parts}
    rows = [(i.id, i.family, *(i.practical_range if i.pitched else (None, None)))
            for i in _worthwhile(instruments().values()) if i.pitched in pitched]
    return csv_text(("id", "family", "low", "high"), rows)


def _worthwhile(every: Iterable[Instrument]) -> list[Instrument]:
    return [instrument for instrument in every if instrument.roles]


def _locks(locks: tuple[Lock, ...]) -> str:
    return csv_text(("path", "value"), [(lock.path, cut(lock.value)) for lock in locks]) if locks else ""


def _earlier(revisions: tuple[Revision, ...]) -> str:
    """Earlier requests and what came of them; people's words, so fenced."""
    if not revisions:
        return ""
    return quoted("\n".join(f"{one.number}. \"{_head(one.request)}\" -> {_came_of(one)}"
                            for one in revisions[-_EARLIER:]))


def _came_of(revision: Revision) -> str:
    if revision.state == "answered":
        return f'nothing was changed, you answered: "{_head(revision.answer)}"'
    return "taken back" if revision.state == "undone" else _head(revision.summary)


def _head(text: str) -> str:
    return " ".join(text.split())[:_WORDS]
