"""From plans to notes: the whole score of a cue. Experts decide who plays when; this writes what they play."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Protocol

from backend.domain.analysis import ClipAnalysis
from backend.domain.brief import CueBrief
from backend.domain.hits import HitPoints
from backend.domain.instruments import Instrument
from backend.domain.scheme import ArrangePlan, Casting, MeasurePlan
from backend.domain.score import Chord, Melody, Note, Part, Score
from backend.domain.tempo import TempoMap
from backend.music import expression
from backend.music.breath import breathe
from backend.music.harmony import anchored_hits
from backend.music.instruments import instruments
from backend.music.layers import accents, bass, counter, doubling, ostinato, pad, percussion
from backend.music.layers.canvas import Anchor, Canvas, Seat, clear_before_hits
from backend.music.levels import level_curve, picture_energy
from backend.music.ranges import fit, nearest_octave
from backend.music.seating import seats
from backend.music.spacing import lower_ground, open_spacing
from backend.music.voicing import Voicing, VoicingSlot, fold_soprano, voice

MADE_BY = "rule-orchestrate"
_WRITERS = {"pad": pad.write, "bass": bass.write, "ostinato": ostinato.write, "counter": counter.write,
            "percussion": percussion.write, "accent": accents.write}
_ORDER = ("melody", "bass", "counter", "pad", "ostinato", "doubling", "percussion", "accent")


class ScoreRequest(Protocol):
    """The part of an arrangement request the notes are written from."""

    @property
    def melody(self) -> Melody: ...
    @property
    def chords(self) -> tuple[Chord, ...]: ...
    @property
    def analysis(self) -> ClipAnalysis: ...
    @property
    def hits(self) -> HitPoints: ...
    @property
    def tempo_map(self) -> TempoMap: ...
    @property
    def brief(self) -> CueBrief: ...
    @property
    def seed(self) -> int: ...


def anchors_of(hits: HitPoints, tempo_map: TempoMap) -> tuple[Anchor, ...]:
    """Anchored hard hits, and the soft ones at least a beat away from them and the end, in order of position."""
    hard = anchored_hits(hits, tempo_map)
    soft = anchored_hits(hits, tempo_map, ("soft",))
    strong = [*hard, tempo_map.end_q]
    found = {q: Anchor(q, weight, False) for q, weight in soft.items()
             if all(abs(q - other) >= tempo_map.beat_q for other in strong)}
    found.update({q: Anchor(q, weight, True) for q, weight in hard.items()})
    return tuple(found[q] for q in sorted(found))


def _soprano(melody: Sequence[Note], chord: Chord, before: int) -> int:
    """The melody pitch over a chord's start (or the first inside it), in the soprano's octave."""
    inside = [note for note in melody if note.end_q > chord.onset_q and note.onset_q < chord.onset_q + chord.duration_q]
    return fold_soprano(inside[0].pitch) if inside else before


def voice_chords(melody: Sequence[Note], chords: Sequence[Chord], brief: CueBrief) -> tuple[Voicing, ...]:
    """Four voices for every chord under the melody."""
    slots, before = [], fold_soprano(brief.register_pitch)
    for chord in chords:
        before = _soprano(melody, chord, before)
        slots.append(VoicingSlot(chord.root_pc, chord.quality, before))
    return voice(slots, brief.tonic_pc, brief.mode)


def paint(request: ScoreRequest, plan: MeasurePlan, arrange: ArrangePlan) -> Canvas:
    """Everything the layers share."""
    curve = level_curve(plan.measures, picture_energy(request.analysis), request.tempo_map)
    voicings = voice_chords(request.melody.notes, request.chords, request.brief)
    return Canvas(request.tempo_map, request.melody.notes, request.chords, voicings, curve, plan, arrange,
                  request.brief, anchors_of(request.hits, request.tempo_map), request.seed)


def _lead(canvas: Canvas, seat: Seat) -> tuple[Note, ...]:
    """The melody's notes of a seat's bars, whole as they were written."""
    return tuple(replace(note, velocity=70) for note in canvas.melody
                 if canvas.bar_at(note.onset_q).number in seat.bars)


def _in_reach(notes: Sequence[Note], seat: Seat) -> tuple[Note, ...]:
    """Lines move by phrases, chords tone by tone."""
    shifted = [replace(note, pitch=min(127, max(0, note.pitch + 12 * seat.track.octave_shift))) for note in notes]
    instrument = seat.instrument
    if not instrument.pitched:
        return tuple(notes)
    if seat.track.role not in ("pad", "accent") or instrument.max_polyphony == 1:
        return fit(shifted, instrument).notes
    low, high = instrument.practical_range
    out = []
    for note in shifted:
        pitch = note.pitch if low <= note.pitch <= high else nearest_octave(note.pitch, low, high, note.pitch)
        out.append(replace(note, pitch=pitch if pitch is not None else min(max(note.pitch, low), high)))
    return tuple(out)


def playable(notes: Sequence[Note], instrument: Instrument) -> tuple[Note, ...]:
    """No unison doubled within a part, no note over its own repetition, no more voices than the instrument has."""
    unique = {(note.onset_q, note.pitch): note for note in sorted(notes, key=lambda n: (n.onset_q, n.pitch, n.end_q))}
    ordered = [unique[key] for key in sorted(unique)]
    limit = instrument.max_polyphony if instrument.pitched else 99
    out: list[Note] = []
    for i, note in enumerate(ordered):
        later = [other.onset_q for other in ordered[i + 1:i + 40] if other.onset_q > note.onset_q
                 and (other.pitch == note.pitch or limit == 1)]
        end = min([note.end_q, *later[:1]])
        struck = sum(other.onset_q == note.onset_q for other in out[-limit:])
        if struck < limit:
            out.append(replace(note, duration_q=end - note.onset_q))
    return _released(out, limit)


def _released(notes: list[Note], limit: int) -> tuple[Note, ...]:
    """Older notes stop where new ones would need more voices than there are."""
    out = list(notes)
    for i, note in enumerate(out):
        sounding = [j for j in range(max(0, i - 3 * limit), i)
                    if out[j].onset_q < note.onset_q < out[j].end_q]
        struck = sum(other.onset_q == note.onset_q for other in out[max(0, i - limit):i + limit])
        for j in sounding[:max(0, len(sounding) + struck - limit)]:
            out[j] = replace(out[j], duration_q=note.onset_q - out[j].onset_q)
    return tuple(out)


def _write(canvas: Canvas, seat: Seat, sources: dict[str, tuple[Note, ...]]) -> tuple[Note, ...]:
    """Raw notes of a seat, in range, with air before the hits."""
    role = seat.track.role
    if role == "melody":
        return _in_reach(_lead(canvas, seat), seat)
    raw = doubling.write(canvas, seat, sources) if role == "doubling" else _WRITERS[role](canvas, seat)
    notes = playable(_in_reach(raw, seat), seat.instrument)
    if role != "accent":
        notes = clear_before_hits(notes, canvas)
    if role == "bass":
        return lower_ground(notes, seat.instrument, sources.get("melody", ()))
    return playable(open_spacing(notes, seat.instrument, sources, role in ("pad", "accent")), seat.instrument)


def _perform(canvas: Canvas, seat: Seat, notes: tuple[Note, ...]) -> Part:
    """Notes as a part that is played: velocities, articulations, breath, controllers, timing."""
    role, instrument = seat.track.role, seat.instrument
    rng = expression.part_rng(canvas.seed, seat.track.part)
    played = expression.velocities(notes, canvas, role, rng)
    if seat.track.articulation and seat.track.articulation in instrument.articulations:
        played = tuple(replace(note, articulation=seat.track.articulation) for note in played)
    else:
        played = expression.articulate(played, instrument, canvas, role)
    played = breathe(played, instrument, canvas.tempo_map)
    return Part(seat.track.part, instrument.name, instrument.id, role, played,
                expression.controls(played, instrument, canvas, role),
                expression.timing(played, canvas, role, rng))


def _faded(parts: list[Part], canvas: Canvas) -> list[Part]:
    """An ending that fades keeps its last chord for the soft instruments."""
    if canvas.arrange.ending != "fade":
        return parts
    return [part if part.role in ("melody", "pad", "bass") else replace(
        part, notes=tuple(note for note in part.notes if note.onset_q < canvas.end_q),
        timing_ms=part.timing_ms[:sum(note.onset_q < canvas.end_q for note in part.notes)]) for part in parts]


def _with_last_chord(parts: list[Part], canvas: Canvas) -> list[Part]:
    """Something must start on the planned end: without pad or bass the first tonal part strikes the final tonic."""
    if any(note.onset_q == canvas.end_q for part in parts for note in part.notes):
        return parts
    for i, part in enumerate(parts):
        instrument = instruments()[part.instrument]
        pitch = nearest_octave(canvas.chords[-1].root_pc, *instrument.practical_range,
                               part.notes[-1].pitch if part.notes else 60)
        if instrument.pitched and pitch is not None:
            kept = tuple(replace(n, duration_q=min(n.duration_q, canvas.end_q - n.onset_q)) for n in part.notes)
            last = Note(canvas.end_q, canvas.last_q - canvas.end_q, pitch, 70)
            return [*parts[:i], replace(part, notes=(*kept, last), timing_ms=(*part.timing_ms, 0.0)), *parts[i + 1:]]
    return parts


def write_score(request: ScoreRequest, plan: MeasurePlan, arrange: ArrangePlan, casting: Casting, title: str) -> Score:
    """The notes of every cast track: melody, counter, pads, bass, ostinato, doublings, percussion, accents.

    The parts stand in the order of the casting. The last onset lies on ``tempo_map.end_q``. Every track is written
    from its own stream of chance: writing one anew leaves the others as they are.
    """
    canvas = paint(request, plan, arrange)
    raw: dict[str, tuple[Note, ...]] = {}
    sources: dict[str, tuple[Note, ...]] = {}
    seated = seats(canvas, casting)
    for role in _ORDER:
        for seat in (seat for seat in seated if seat.track.role == role):
            raw[seat.track.part] = _write(canvas, seat, sources)
        sources[role] = tuple(sorted((note for seat in seated if seat.track.role == role
                                      for note in raw[seat.track.part]), key=lambda n: (n.onset_q, n.pitch)))
    parts = [_perform(canvas, seat, raw[seat.track.part]) for seat in seated]
    parts = _with_last_chord(_faded(parts, canvas), canvas)
    return Score(title, request.melody.key, tuple(part for part in parts if part.notes or part.role == "melody"),
                 request.chords, plan.sections, MADE_BY, request.seed)


def last_onset_q(score: Score) -> Fraction:
    """Where the last note of a score starts."""
    return max((note.onset_q for part in score.parts for note in part.notes), default=Fraction(0))
