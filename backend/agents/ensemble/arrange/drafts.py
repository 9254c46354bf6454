"""What was decided so far, as tables: DRAFT is the work of those who spoke before, BEFORE a speaker's last answer."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from backend.agents.ensemble.aliases import section_aliases
from backend.agents.ensemble.arrange.tables import bar_list, csv_text
from backend.agents.rules.mix import RuleMixer
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import (
    ArrangementScheme,
    ArrangePlan,
    BarRange,
    Casting,
    CastTrack,
    Layer,
    MeasurePlan,
    MixPlan,
    VoicePlan,
    VolumePlan,
)
from backend.domain.score import Part, Score
from backend.domain.spotting import Section
from backend.domain.tempo import TempoMap
from backend.music.instruments import instruments
from backend.music.ranges import practical_share

_NOTABLE = 0.2
_HEADER = ("kind", "what", "from_bar", "to_bar", "detail")


def arrange_draft(arrange: ArrangePlan, voices: VoicePlan | None = None) -> str:
    """Layers, doublings, softenings, silences, builds, ending and voices: kind,what,from_bar,to_bar,detail."""
    rows: list[tuple[object, ...]] = [("layer", x.role, x.from_bar, x.to_bar, x.cell) for x in _run_together(arrange)]
    rows += [("double", x.source, x.from_bar, x.to_bar, f"{x.instrument} {x.octave:+d}") for x in arrange.duplicates]
    rows += [("soften", x.track, x.from_bar, x.to_bar, f"{x.gain_db:g} dB") for x in arrange.soften]
    rows += [("silence", "", x.from_bar, x.to_bar, "") for x in arrange.silences]
    rows += [("build", "", x.from_bar, x.to_bar, "") for x in arrange.builds]
    rows.append(("ending", arrange.ending, "", "", ""))
    if voices is not None and len(voices.voices) > 1:
        rows += [("voice", v.id, x.from_bar, x.to_bar, f"{v.low_pitch}-{v.high_pitch}")
                 for v in voices.voices for x in v.bars]
    return csv_text(_HEADER, rows)


def _run_together(arrange: ArrangePlan) -> list[Layer]:
    """Layers of a role and cell that follow each other as one."""
    out: list[Layer] = []
    for layer in arrange.layers:
        if out and (out[-1].role, out[-1].cell, out[-1].to_bar + 1) == (layer.role, layer.cell, layer.from_bar):
            out[-1] = replace(out[-1], to_bar=layer.to_bar)
        else:
            out.append(layer)
    return out


def voices_draft(voices: VoicePlan) -> str:
    return csv_text(("id", "low", "high", "bars"),
                    [(v.id, v.low_pitch, v.high_pitch, bars_text(v.bars)) for v in voices.voices])


def bars_text(ranges: Iterable[BarRange]) -> str:
    return bar_list((item.from_bar, item.to_bar) for item in ranges)


def plan_draft(plan: MeasurePlan) -> str:
    """m,level,tension,texture,section of every bar, texture and section where they change."""
    labels = section_aliases(plan.sections)
    starts = {section.first_bar: labels[section.label] for section in plan.sections}
    textures = ["+".join(measure.texture) for measure in plan.measures]
    return csv_text(("m", "level", "tension", "texture", "section"), [
        (m.m, m.level, m.tension, "" if now == before else now, starts.get(m.m, "")) for m, now, before in zip(
            plan.measures, textures, ["", *textures], strict=False)])


def _cast_row(track: CastTrack) -> list[object]:
    return [track.track_index, track.part, track.role, track.instrument, track.articulation, track.octave_shift,
            bars_text(track.bars)]


_CAST_HEADER = ["track_index", "part", "role", "instrument", "articulation", "octave_shift", "bars"]


def casting_draft(casting: Casting) -> str:
    return csv_text(_CAST_HEADER, [_cast_row(track) for track in casting.tracks])


def players_draft(casting: Casting) -> str:
    """Who played in the last round and how: the instrument where the part's name does not say it."""
    rows = [(track.part, "" if track.part.endswith(f".{track.instrument}") else track.instrument,
             f"{track.articulation} {f'{track.octave_shift:+d}' if track.octave_shift else ''}".strip())
            for track in casting.tracks]
    width = 3 if any(how for _, _, how in rows) else 2
    return csv_text(("part", "instrument", "how")[:width], [row[:width] for row in rows])


def seats_draft(request: ArrangeRequest, casting: Casting) -> str:
    """The casting with where each player usually sits, how far the hall is and how loud the role is beside the
    melody."""
    usual = {track.track_index: track for track in RuleMixer().mix(request, casting).tracks}
    rows = []
    for track in casting.tracks:
        place, instrument = usual[track.track_index], instruments()[track.instrument]
        rows.append([track.track_index, track.part, track.role, track.instrument, instrument.family,
                     f"{instrument.power_weight_db:g}", place.pan, place.reverb_space, f"{place.gain_db:g}"])
    return csv_text(("track_index", "part", "role", "instrument", "family", "power_db", "seat_pan", "seat_reverb",
                     "usual_gain_db"), rows)


def volume_draft(volume: VolumePlan) -> str:
    """Levels where they have moved by .2 since they were last named."""
    return csv_text(("track_index", "levels"), [(t.track_index, _moves(t.measures)) for t in volume.tracks])


def _moves(levels: dict[int, float]) -> str:
    """``1:0.5 9:0.7``."""
    out: list[str] = []
    before = -1.0
    for bar, level in sorted(levels.items()):
        if abs(level - before) >= _NOTABLE:
            out.append(f"{bar}:{level:.1f}")
            before = level
    return " ".join(out)


def _by_section(levels: dict[int, float], sections: tuple[Section, ...], labels: Mapping[str, str]) -> str:
    """``A 0.62 B 0.80``: mean level of every section."""
    out, now = [], 1.0
    for section in sections:
        values = []
        for bar in range(section.first_bar, section.last_bar + 1):
            now = levels.get(bar, now)
            values.append(now)
        out.append(f"{labels[section.label]} {sum(values) / len(values):.2f}")
    return " ".join(out)


def mix_draft(mix: MixPlan) -> str:
    return csv_text(("track_index", "gain_db", "pan", "reverb_space"),
                    [(t.track_index, t.gain_db, t.pan, t.reverb_space) for t in mix.tracks])


def scheme_draft(score: Score, scheme: ArrangementScheme, tempo_map: TempoMap,
                 labels: Mapping[str, str] | None = None) -> str:
    """Every track with its place and what it came to: notes, range, share in comfortable range, bars, mean levels.
    ``labels`` are what tables call the sections."""
    called = labels or section_aliases(scheme.sections)
    parts = {part.id: part for part in score.parts}
    rows = []
    for track in scheme.tracks:
        part = parts.get(track.part)
        rows.append([track.track_index, track.part, track.role, track.instrument, track.articulation, track.panning,
                     track.reverb_space, f"{track.gain_db:g}", *_played(part, tempo_map),
                     _by_section(track.volume_envelope, scheme.sections, called)])
    return csv_text(("track_index", "part", "role", "instrument", "articulation", "pan", "reverb", "gain_db", "notes",
                     "low", "high", "in_range", "bars", "levels"), rows)


def _played(part: Part | None, tempo_map: TempoMap) -> list[object]:
    if part is None or not part.notes:
        return [0, "", "", "", ""]
    pitches = [note.pitch for note in part.notes]
    bars = sorted({tempo_map.bar_at(note.onset_q).number for note in part.notes})
    runs: list[tuple[int, int]] = []
    for bar in bars:
        if runs and runs[-1][1] >= bar - 2:
            runs[-1] = (runs[-1][0], bar)
        else:
            runs.append((bar, bar))
    instrument = instruments()[part.instrument]
    share = practical_share(part.notes, instrument) if instrument.pitched else 1.0
    return [len(pitches), min(pitches), max(pitches), share, bar_list(runs)]
