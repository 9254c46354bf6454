"""Analyze: what every bar needs, from the picture's motion, the hits and the form (craft 4.4)."""
from __future__ import annotations

from dataclasses import replace

from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import DYNAMICS, BarRange, Measure, MeasurePlan
from backend.domain.spotting import Section
from backend.domain.tempo import TempoMap
from backend.music.harmony import anchored_hits
from backend.music.levels import bar_energies, bar_levels, dynamic_index, picture_energy

BUILD_WEIGHT = 0.85
"""Hits from this weight on are led into (craft 4.4 says the big ones; .85 leaves one in two to four hard hits)."""
_BUILD_BARS, _BUILD_STEP, _RELEASE = 2, 0.08, 0.1
_SMOOTH = 0.75
_LYRICAL = ("melody", "pad", "bass", "counter", "doubling", "percussion")
_RHYTHMIC = ("melody", "ostinato", "pad", "bass", "percussion", "doubling")
_DRIVE = ("melody", "ostinato", "pad", "bass", "percussion", "doubling", "counter")
_BARE = ("melody", "pad", "counter", "doubling", "bass", "percussion")
_TUTTI = 7
_BLOW_NOTES = 4
_STEADY = 3
"""A bar leaves its section's texture only when it is this many dynamic steps away from the section's centre."""
_CONTRAST_STEP = 1.3


def _contrast(request: ArrangeRequest) -> float:
    """Every complaint that the dynamics do not follow the picture widens the range."""
    wanted = sum(issue.step == "analyze" and issue.path.startswith("/measures") and issue.severity >= 2
                 for review in request.reviews for issue in review.issues)
    return min(_CONTRAST_STEP ** wanted, 1.7)


def hit_weights(request: ArrangeRequest) -> dict[int, float]:
    """Bar number -> weight of its strongest anchored hard hit."""
    out: dict[int, float] = {}
    for position, weight in anchored_hits(request.hits, request.tempo_map).items():
        bar = request.tempo_map.bar_at(position).number
        out[bar] = max(weight, out.get(bar, 0.0))
    return out


def build_ranges(request: ArrangeRequest) -> tuple[BarRange, ...]:
    """The bars that lead into a big hit, never across another one."""
    weights = hit_weights(request)
    out = []
    for bar, weight in sorted(weights.items()):
        if weight < BUILD_WEIGHT:
            continue
        first = bar
        while first > 1 and bar - first < _BUILD_BARS and first - 1 not in weights:
            first -= 1
        if first < bar:
            out.append(BarRange(first, bar - 1))
    return tuple(out)


def _shaped(levels: list[float], request: ArrangeRequest) -> list[float]:
    """Smoothed levels with builds before big hits and releases after them."""
    out: list[float] = []
    for level in levels:
        out.append(level if not out else _SMOOTH * level + (1 - _SMOOTH) * out[-1])
    weights = hit_weights(request)
    for build in build_ranges(request):
        for i, bar in enumerate(range(build.from_bar, build.to_bar + 1)):
            out[bar - 1] += _BUILD_STEP * (i + 1) / 2
    for bar, weight in weights.items():
        if weight >= BUILD_WEIGHT and bar < len(out) and bar + 1 not in weights:
            out[bar] -= _RELEASE if out[bar] <= out[bar - 1] else 0.0
    return [min(1.0, max(0.14, level)) for level in out]


def sections_of(request: ArrangeRequest) -> tuple[Section, ...]:
    """The melody's form, covering all bars."""
    last = request.tempo_map.bar_count
    found = [section for section in request.melody.sections if section.first_bar <= last]
    if not found:
        return (Section("A", 1, last),)
    ends = [section.first_bar - 1 for section in found[1:]] + [last]
    found = [replace(section, last_bar=end) for section, end in zip(found, ends, strict=True)]
    return (replace(found[0], first_bar=1), *found[1:])


def _activity(request: ArrangeRequest, levels: list[float], bars: range) -> float:
    """Onsets a quarter of what the melody and the hits give, times the level: a hard hit counts as a chord."""
    inside = [bar for bar in request.tempo_map.bars if bar.number in bars]
    start, end = inside[0].start_q, inside[-1].end_q
    notes = sum(start <= note.onset_q < end for note in request.melody.notes)
    blows = sum(start <= position < end for position in anchored_hits(request.hits, request.tempo_map))
    level = sum(levels[bar - 1] for bar in bars) / len(bars)
    return level * (notes + _BLOW_NOTES * blows) / float(end - start)


def _ladders(levels: list[float], sections: tuple[Section, ...], request: ArrangeRequest) -> list[tuple[str, ...]]:
    """The order in which layers join, per section: where the music gets busier and louder at the border
    the section is driven by an ostinato, where it calms it sings without: the texture underlines the border."""
    if len(sections) == 1:
        return [_RHYTHMIC if request.brief.articulation < 0.65 else _LYRICAL]
    steps = [_activity(request, levels, range(max(a.first_bar, b.first_bar - 2), b.first_bar))
             - _activity(request, levels, range(b.first_bar, min(b.last_bar, b.first_bar + 1) + 1))
             for a, b in zip(sections, sections[1:], strict=False)]
    out: list[tuple[str, ...]] = [_RHYTHMIC if steps[0] > 0 else _LYRICAL]
    for fall in steps:
        driven = out[-1] in (_RHYTHMIC, _DRIVE)
        rises = fall < 0 or (fall == 0 and not driven)
        out.append((_DRIVE if driven else _RHYTHMIC) if rises else (_LYRICAL if driven else _BARE))
    return out


def _allowed(role: str, request: ArrangeRequest, index: int) -> bool:
    """Percussion only as much as the brief wants: 3 from mp, 2 from mf, 1 from f, 0 never."""
    return role != "percussion" or (request.brief.percussion > 0 and index >= 6 - request.brief.percussion)


def _textures(levels: list[float], sections: tuple[Section, ...], request: ArrangeRequest) -> list[tuple[str, ...]]:
    """Layers per bar: steady inside a section (velocity and controllers do the rest), another set in the next."""
    extra = request.brief.layers - 3
    out: list[tuple[str, ...]] = []
    for section, ladder in zip(sections, _ladders(levels, sections, request), strict=True):
        bars = range(section.first_bar, section.last_bar + 1)
        centre = round(sum(dynamic_index(levels[bar - 1]) for bar in bars) / len(bars))
        for bar in bars:
            away = dynamic_index(levels[bar - 1]) - centre
            now = centre + (away >= _STEADY) - (away <= -_STEADY)
            count = max(1 if now <= 0 else 2, min(len(ladder), now + 1 + (extra if now > 1 else 0)))
            tutti = now >= _TUTTI and len(sections) == 1
            layers = tuple(dict.fromkeys((*ladder, *_RHYTHMIC))) if tutti else ladder[:count]
            out.append(tuple(role for role in layers if _allowed(role, request, now)))
    return out


def _tensions(energies: tuple[float, ...], request: ArrangeRequest) -> list[float]:
    """Tension per bar: the story's curve where the description has one, the picture's energy, a dark brief."""
    dark = 0.25 * max(0.0, -request.brief.valence) + 0.15 * max(0.0, request.brief.arousal)
    out = []
    for bar, energy in zip(request.tempo_map.bars, energies, strict=True):
        middle = float(request.tempo_map.time_s(bar.start_q + bar.length_q / 2))
        story = [part.tension for part in request.description.plot if part.start_s <= middle < part.end_s]
        out.append(min(1.0, max(0.0, 0.35 * (story[0] if story else energy) + 0.35 * energy + dark)))
    return out


def _summary(levels: list[float], tempo_map: TempoMap) -> str:
    loudest = max(range(len(levels)), key=lambda i: levels[i]) + 1
    return (f"{tempo_map.bar_count} bars, {DYNAMICS[dynamic_index(min(levels))]} to "
            f"{DYNAMICS[dynamic_index(max(levels))]}, loudest in bar {loudest}")


class RuleAnalyzer:
    """Level, tension and layers of every bar."""

    name = "rule-analyze"

    def analyze(self, request: ArrangeRequest) -> MeasurePlan:
        """One measure for every bar of the tempo map."""
        energies = bar_energies(picture_energy(request.analysis), request.tempo_map)
        levels = _shaped(bar_levels(energies, request.brief, _contrast(request)), request)
        sections = sections_of(request)
        textures = _textures(levels, sections, request)
        tensions, weights = _tensions(energies, request), hit_weights(request)
        measures = tuple(
            Measure(i + 1, DYNAMICS[dynamic_index(level)], round(level, 6), round(tension, 6), texture,
                    round(weights.get(i + 1, 0.0), 6))
            for i, (level, tension, texture) in enumerate(zip(levels, tensions, textures, strict=True)))
        return MeasurePlan(_summary(levels, request.tempo_map), measures, sections)
