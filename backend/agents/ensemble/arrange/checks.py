"""What must hold of a plan beyond its schema, before anything is cast: Analyze, Arrange, Voice-Part.

Every function returns the faults of a payload; a fault says what is wrong and what would be right.
"""
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from backend.agents.ensemble.arrange.tables import bars_with_notes, pulses_in
from backend.agents.ensemble.question import Fault
from backend.agents.rules.analyze import hit_weights
from backend.agents.rules.palette import ranked
from backend.agents.rules.voices import bar_numbers, clashes, divided
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import (
    DYNAMICS,
    ArrangePlan,
    BarRange,
    Duplicate,
    Layer,
    Measure,
    MeasurePlan,
    Soften,
    VoicePlan,
)
from backend.music.levels import dynamic_index

LAYERS = ("melody", "pad", "bass", "counter", "ostinato", "doubling", "percussion")
SOURCES = ("melody", "bass", "counter")
_InBars = Layer | Duplicate | Soften | BarRange
MOST_LAYERS, MOST_DOUBLINGS, MOST_VOICES = 120, 24, 4
_QUIETEST_DB = -24.0
_POOL = 3
"""Instruments from which a doubling can always be chosen: two may be the melody's own."""
_FAR_STEPS = 1
"""A dynamic may be a step beside its level: 0.49 is called mf by some and mp by others."""


def plan_faults(request: ArrangeRequest, plan: MeasurePlan) -> tuple[Fault, ...]:
    """Every bar once, layers that exist, the melody where it plays, sections without gaps."""
    last = request.tempo_map.bar_count
    out = _coverage([measure.m for measure in plan.measures], last)
    sounding, known = bars_with_notes(request), frozenset(section.label for section in request.melody.sections)
    for place, measure in enumerate(plan.measures):
        out += _measure_faults(("measures", place), measure, measure.m in sounding)
    return tuple([*out, *_section_faults(plan, last, known)])


def _coverage(numbers: list[int], last: int) -> list[Fault]:
    missing = [bar for bar in range(1, last + 1) if bar not in numbers]
    out = []
    if missing:
        out.append(Fault(("measures",), f"measures {_some(missing)} are missing: give every one of 1 to {last} once"))
    seen: Counter[int] = Counter()
    for place, number in enumerate(numbers):
        seen[number] += 1
        if not 1 <= number <= last:
            out.append(Fault(("measures", place), f"there is no measure {number}: the cue has {last}"))
        elif seen[number] > 1:
            out.append(Fault(("measures", place), f"measure {number} is there twice"))
    return out


def _some(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers[:12])) + (" and more" if len(numbers) > 12 else "")


def _measure_faults(path: tuple[str | int, ...], measure: Measure, sounding: bool) -> list[Fault]:
    out = []
    unknown = [role for role in measure.texture if role not in LAYERS]
    if unknown:
        out.append(Fault((*path, "texture"), f"'{unknown[0][:40]}' is no layer; there are {', '.join(LAYERS)}"))
    elif sounding and "melody" not in measure.texture:
        out.append(Fault((*path, "texture"), "the melody plays in this measure: put it into the texture"))
    named, meant = DYNAMICS.index(measure.dynamic), dynamic_index(measure.level)
    if abs(named - meant) > _FAR_STEPS:
        out.append(Fault((*path, "dynamic"), f"level {measure.level:.2f} is {DYNAMICS[meant]}, not {measure.dynamic}"))
    return out


def _section_faults(plan: MeasurePlan, last: int, known: frozenset[str]) -> list[Fault]:
    wanted = 1
    for place, section in enumerate(plan.sections):
        if section.first_bar != wanted:
            return [Fault(("sections", place), f"first_bar must be {wanted}: sections follow each other without gaps")]
        if not re.fullmatch(r"[\w' .-]{1,16}", section.label) and section.label not in known:
            return [Fault(("sections", place, "label"), "name a section by a letter, like B, or a short word")]
        wanted = section.last_bar + 1
    if wanted != last + 1:
        return [Fault(("sections",), f"sections end in bar {wanted - 1}: the last one must end in bar {last}")]
    return []


def _range_fault(path: tuple[str | int, ...], first: int, end: int, last: int) -> list[Fault]:
    if 1 <= first <= end <= last:
        return []
    return [Fault(path, f"bars {first} to {end} do not lie within 1 to {last}")]


def arrange_faults(request: ArrangeRequest, plan: MeasurePlan, arrange: ArrangePlan) -> tuple[Fault, ...]:
    """Bars, layers, cells that fill a bar, doublings in reach, softenings that soften, silences that cover nothing."""
    last = request.tempo_map.bar_count
    out: list[Fault] = []
    named: tuple[tuple[str, Sequence[_InBars]], ...] = (
        ("layers", arrange.layers), ("duplicates", arrange.duplicates), ("soften", arrange.soften),
        ("silences", arrange.silences), ("builds", arrange.builds))
    for name, items in named:
        for place, item in enumerate(items):
            out += _range_fault((name, place), item.from_bar, item.to_bar, last)
    if out:
        return tuple(out)
    for place, layer in enumerate(arrange.layers):
        out += _layer_faults(("layers", place), layer, request)
    for place, item in enumerate(arrange.duplicates):
        out += _doubling_faults(("duplicates", place), item, request)
    return tuple([*out, *_melody_layer(arrange), *_doubling_layer(request, arrange), *_soften_faults(arrange),
                  *_silence_faults(request, arrange), *_build_faults(request, arrange), *_sizes(arrange, last)])


def _layer_faults(path: tuple[str | int, ...], layer: Layer, request: ArrangeRequest) -> list[Fault]:
    if layer.role not in LAYERS:
        return [Fault((*path, "role"), f"'{layer.role[:40]}' is no layer; there are {', '.join(LAYERS)}")]
    if layer.role != "ostinato":
        return [Fault((*path, "cell"), f"only an ostinato has a cell: leave it empty for {layer.role}")
                ] if layer.cell else []
    bars = request.tempo_map.bars
    inside = bars if request.locks else bars[layer.from_bar - 1:layer.to_bar]
    fitting = sorted({pulses_in(bar, request) for bar in inside})
    wanted = " or ".join(map(str, fitting))
    if not layer.cell:
        return []
    if not re.fullmatch(r"[x.]*x[x.]*", layer.cell):
        return [Fault((*path, "cell"), f"write {wanted} characters, x for a stroke and . for none")]
    if len(layer.cell) not in fitting:
        return [Fault((*path, "cell"), f"'{layer.cell[:40]}' has {len(layer.cell)} characters, a bar there {wanted}")]
    return []


def _doubling_faults(path: tuple[str | int, ...], item: Duplicate, request: ArrangeRequest) -> list[Fault]:
    out = []
    if item.source not in SOURCES:
        out.append(Fault((*path, "source"), f"double one of {', '.join(SOURCES)}"))
    if item.instrument not in {option.id for option in ranked("doubling", request)}:
        out.append(Fault((*path, "instrument"), f"'{item.instrument[:40]}' cannot double here: take an id of OPTIONS"))
    if not -2 <= item.octave <= 2:
        out.append(Fault((*path, "octave"), f"{item.octave} octaves are out of reach: -2 to 2"))
    return out


def _melody_layer(arrange: ArrangePlan) -> list[Fault]:
    if any(layer.role == "melody" for layer in arrange.layers):
        return []
    return [Fault(("layers",), "there is no melody: it needs a layer")]


def _doubling_layer(request: ArrangeRequest, arrange: ArrangePlan) -> list[Fault]:
    """Doublings and their layer go together, or nobody is cast for them. Locked textures may part them."""
    layered = any(layer.role == "doubling" for layer in arrange.layers)
    if request.locks or layered == bool(arrange.duplicates):
        return []
    if arrange.duplicates:
        return [Fault(("layers",), "duplicates need a layer of role doubling in their bars")]
    if len(ranked("doubling", request)) < _POOL:
        return []
    return [Fault(("duplicates",), "the doubling layer has no duplicates: say what doubles, or leave the layer out")]


def _soften_faults(arrange: ArrangePlan) -> list[Fault]:
    out = []
    for place, item in enumerate(arrange.soften):
        if item.track != "*" and item.track.split(".")[0] not in (*LAYERS, "accent"):
            out.append(Fault(("soften", place, "track"), f"'{item.track[:40]}' is neither a role nor *"))
        if not _QUIETEST_DB <= item.gain_db <= 0:
            out.append(Fault(("soften", place, "gain_db"), f"{item.gain_db:g} dB: give {_QUIETEST_DB:g} to 0"))
    return out


def _silence_faults(request: ArrangeRequest, arrange: ArrangePlan) -> list[Fault]:
    hits, sounding, last = hit_weights(request), bars_with_notes(request), request.tempo_map.bar_count
    out = []
    for place, item in enumerate(arrange.silences):
        for bar in range(item.from_bar, item.to_bar + 1):
            why = ("a hit falls there" if bar in hits else "the melody has notes there" if bar in sounding else
                   "it is the last" if bar == last else "")
            if why:
                out.append(Fault(("silences", place), f"bar {bar} cannot be silent: {why}"))
                break
    return out


def _build_faults(request: ArrangeRequest, arrange: ArrangePlan) -> list[Fault]:
    hits = hit_weights(request)
    return [Fault(("builds", place), f"bar {bar} has a hit: a build leads into it and ends in bar {bar - 1}")
            for place, item in enumerate(arrange.builds)
            for bar in _first(bar for bar in range(item.from_bar, item.to_bar + 1) if bar in hits)]


def _first(bars: Iterable[int]) -> list[int]:
    return next(([bar] for bar in bars), [])


def _sizes(arrange: ArrangePlan, bars: int) -> list[Fault]:
    """Long cues may have more of both."""
    out = []
    for name, items, most in (("layers", arrange.layers, max(MOST_LAYERS, 2 * bars)),
                              ("duplicates", arrange.duplicates, max(MOST_DOUBLINGS, bars // 4))):
        if len(items) > most:
            out.append(Fault((name,), f"{len(items)} are too many: join neighbouring ranges, {most} at most"))
    return out


def voice_faults(request: ArrangeRequest, voices: VoicePlan) -> tuple[Fault, ...]:
    """Ids, every bar owned once, and lines that instruments can carry."""
    last = request.tempo_map.bar_count
    out: list[Fault] = []
    if not 1 <= len(voices.voices) <= MOST_VOICES:
        return (Fault(("voices",), f"give 1 to {MOST_VOICES} voices"),)
    ids = Counter(voice.id for voice in voices.voices)
    for place, voice in enumerate(voices.voices):
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,15}", voice.id) or ids[voice.id] > 1:
            out.append(Fault(("voices", place, "id"), "give every voice a short id of its own, like high"))
        if not voice.bars:
            out.append(Fault(("voices", place, "bars"), "this voice owns no bars"))
        for number, item in enumerate(voice.bars):
            out += _range_fault(("voices", place, "bars", number), item.from_bar, item.to_bar, last)
    return tuple(out or [*_owners(voices, last), *_carried(request, voices)])


def _owners(voices: VoicePlan, last: int) -> list[Fault]:
    owned: Counter[int] = Counter()
    for voice in voices.voices:
        for item in voice.bars:
            owned.update(range(item.from_bar, item.to_bar + 1))
    twice = sorted(bar for bar, count in owned.items() if count > 1)
    nobody = [bar for bar in range(1, last + 1) if bar not in owned]
    out = [Fault(("voices",), f"bars {_some(twice)} are owned twice")] if twice else []
    return out + ([Fault(("voices",), f"nobody owns bars {_some(nobody)}")] if nobody else [])


def _carried(request: ArrangeRequest, voices: VoicePlan) -> list[Fault]:
    """Voices without notes, and clashes that a better division would not have."""
    if not request.melody.notes:
        return []
    sounding = bars_with_notes(request)
    out = [Fault(("voices", place), f"the melody has no notes in the bars of '{voice.id}'")
           for place, voice in enumerate(voices.voices) if not bar_numbers(voice.bars) & sounding]
    clashing = clashes(request, voices)
    if out or len(clashing) <= len(clashes(request, divided(request)) if clashing else ()):
        return out
    return [Fault(("voices", place, "bars"), f"no instrument can carry '{voice.id}': its bars span too much")
            for place, voice in enumerate(voices.voices) if voice.id in clashing]
