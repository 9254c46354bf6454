"""Cases for the arrangement: cues in which one answer of one expert is forced.

What forces it is put in on purpose: a line that one instrument alone can carry, a line that none can, a lock, a wish
of the composer, a picture that moves in some bars only. The known answer is computed from that.
"""
from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

from backend.agents.ensemble.arrange.experts import ModelAnalyzer, ModelArranger, ModelCaster, ModelVoices
from backend.agents.ensemble.question import Desk
from backend.agents.rules.analyze import RuleAnalyzer
from backend.agents.rules.arrange import RuleArranger
from backend.agents.rules.palette import ranked
from backend.agents.rules.voices import bar_numbers, whole_melody
from backend.agents.trials.case import TrialCase
from backend.agents.trials.scenes import Draft, Scene, brief_of, drafts, draw, steady
from backend.domain.ensemble import Lock
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import ArrangePlan, Casting, MeasurePlan, VoicePlan
from backend.domain.score import Note

CHAT = "arrange"
Rng = random.Random
Stock = tuple[Draft, ...]
_STOCK, _BARS = 16, (8, 10, 12, 14)
_WIDEST, _NARROWEST = 80, 38
_LOW, _HIGH = 26, 102
"""Registers (MIDI) that no instrument has both of."""
_STIR, _STILL = 0.7, 0.02
_REST_S = 6.0
_LOUDER = 0.1
"""Mean level that bars with all of the motion must have above the still ones."""
_ENDINGS = ("fade", "cut_off", "segue")
_FADES = ("Let it fade out at the end.", "I would like the end to fade.", "End with a slow fade, no cadence.")


def arrangement_cases(count: int, seed: int = 0) -> tuple[TrialCase, ...]:
    """``count`` cases, every kind equally often."""
    stock = drafts(seed, "arrange", _STOCK, _BARS, ((4, 4), (3, 4)))
    return tuple(KINDS[number % len(KINDS)](Rng(f"trial/arrange/{seed}/{number}"), stock) for number in range(count))


def _scene(rng: Rng, stock: Stock) -> Scene:
    return draw(rng.choice(stock))


def _case(kind: str, known: str, put: Callable[[Desk], Any], agrees: Callable[[Any], bool]) -> TrialCase:
    return TrialCase("arrangement", kind, CHAT, known, put, agrees)


def _on(request: ArrangeRequest, notes: tuple[Note, ...]) -> ArrangeRequest:
    return replace(request, melody=replace(request.melody, notes=notes))


def only_one_fits(rng: Rng, stock: Stock) -> TrialCase:
    """The line leaps between two registers, so far apart that few can follow; the brief avoids all of them but one."""
    request = _scene(rng, stock).request()
    for width in range(rng.randrange(_NARROWEST + 2, _WIDEST, 2), _NARROWEST - 1, -2):
        low = 66 - width // 2
        wide = _on(request, tuple(replace(note, pitch=low + width * (i % 2))
                                  for i, note in enumerate(request.melody.notes)))
        able = [instrument.id for instrument in ranked("melody", wide)]
        if able:
            break
    else:
        raise ValueError("no instrument carries the widest line of the trials")
    lead = rng.choice(able)
    others = {*request.brief.avoid, *able} - {lead}
    core = tuple(name for name in request.brief.core if name not in others)
    asked = replace(wide, brief=replace(request.brief, avoid=tuple(sorted(others)), core=core))
    asked = replace(asked, voices=whole_melody(asked))
    plan = RuleAnalyzer().analyze(asked)
    arrange = RuleArranger().arrange(asked, plan)

    def agrees(casting: Casting) -> bool:
        return [t.instrument for t in casting.tracks if t.part == "melody"] == [lead]
    return _case("one instrument fits", f"{lead} leads", partial(_cast, asked, plan, arrange), agrees)


def _cast(request: ArrangeRequest, plan: MeasurePlan, arrange: ArrangePlan, desk: Desk) -> Casting:
    return ModelCaster(desk=desk).cast(request, plan, arrange)


def _ending(kind: str, asked: ArrangeRequest, wanted: str) -> TrialCase:
    plan = RuleAnalyzer().analyze(asked)
    return _case(kind, f"ending {wanted}", partial(_arrange, asked, plan), lambda said: said.ending == wanted)


def _arrange(request: ArrangeRequest, plan: MeasurePlan, desk: Desk) -> ArrangePlan:
    return ModelArranger(desk=desk).arrange(request, plan)


def locked_ending(rng: Rng, stock: Stock) -> TrialCase:
    wanted = rng.choice(_ENDINGS)
    return _ending("ending locked", replace(_scene(rng, stock).request(), locks=(Lock("/ending", wanted),)), wanted)


def wished_fade(rng: Rng, stock: Stock) -> TrialCase:
    return _ending("fade wished", replace(_scene(rng, stock).request(), note=rng.choice(_FADES)), "fade")


def picture_fades(rng: Rng, stock: Stock) -> TrialCase:
    """The picture comes to rest and goes to black; nobody says a word of it but the table of facts."""
    draft = rng.choice(stock)
    asked = draw(replace(draft, motion=_dying, fade_out=True)).request()
    return _ending("picture fades out", asked, "fade")


def _dying(time_s: float) -> float:
    return _STILL + (_STIR - _STILL) * math.exp(-time_s / _REST_S)


def silent_bars(rng: Rng, stock: Stock) -> TrialCase:
    """The melody rests in two bars and the composer wants nothing else there."""
    scene = _scene(rng, stock)
    first = rng.randrange(3, scene.tempo_map.bar_count - 2)
    bars = scene.tempo_map.bars
    start, end = bars[first - 1].start_q, bars[first].end_q
    notes = tuple(_ended(note, start) for note in scene.melody.notes if not start <= note.onset_q < end)
    asked = replace(_on(scene.request(), notes), note=f"Complete silence in bars {first} to {first + 1}, please.")
    plan = RuleAnalyzer().analyze(asked)

    def agrees(said: ArrangePlan) -> bool:
        return bar_numbers(said.silences) == {first, first + 1}
    return _case("silence wished", f"silent bars {first}-{first + 1}", partial(_arrange, asked, plan), agrees)


def _ended(note: Note, before_q: Fraction) -> Note:
    if note.onset_q < before_q < note.end_q:
        return replace(note, duration_q=before_q - note.onset_q)
    return note


def two_registers(rng: Rng, stock: Stock) -> TrialCase:
    """Two bars very low, two very high, and so on without a breath: no instrument has both."""
    for draft in rng.sample(stock, len(stock)):
        asked, high = _apart(draw(draft).request())
        if not ranked("melody", asked):
            break
    else:
        raise ValueError("an instrument carries both registers of the trials")
    sounding = {asked.tempo_map.bar_at(note.onset_q).number for note in asked.melody.notes}

    def agrees(said: VoicePlan) -> bool:
        owned = [bar_numbers(voice.bars) & sounding for voice in said.voices]
        return len(owned) > 1 and not any(bars & high and bars - high for bars in owned)
    return _voices("two registers", "low and high bars in different voices", asked, agrees)


def _apart(request: ArrangeRequest) -> tuple[ArrangeRequest, set[int]]:
    """The request with its melody in two registers, and the numbers of the high bars."""
    where = request.tempo_map.bar_at
    high = {bar.number for bar in request.tempo_map.bars if (bar.number - 1) // 2 % 2}
    onsets = [*(note.onset_q for note in request.melody.notes[1:]), request.tempo_map.bars[-1].end_q]
    return _on(request, tuple(
        replace(note, duration_q=after - note.onset_q,
                pitch=(_HIGH if where(note.onset_q).number in high else _LOW) + note.pitch % 8)
        for note, after in zip(request.melody.notes, onsets, strict=True))), high


def one_voice(rng: Rng, stock: Stock) -> TrialCase:
    """An ordinary melody stays whole."""
    return _voices("one register", "one voice", _scene(rng, stock).request(), lambda said: len(said.voices) == 1)


def _voices(kind: str, known: str, asked: ArrangeRequest, agrees: Callable[[VoicePlan], bool]) -> TrialCase:
    plan = RuleAnalyzer().analyze(asked)
    return _case(kind, known, partial(_split, asked, plan), agrees)


def _split(request: ArrangeRequest, plan: MeasurePlan, desk: Desk) -> VoicePlan:
    return ModelVoices(desk=desk).split(request, plan, RuleArranger().arrange(request, plan))


def motion_in_some_bars(rng: Rng, stock: Stock) -> TrialCase:
    """The picture stands still but for a quarter of the bars."""
    draft = rng.choice(stock)
    length = max(2, draft.bars // 4)
    first = rng.randrange(2, draft.bars - length)
    stirred = range(first, first + length)
    beats = steady(draft.bars, draft.meter, brief_of(draft).tempo_qpm)
    start_s, end_s = (float(beats.time_s(beats.bars[bar - 1].start_q)) for bar in (first, first + length))
    asked = draw(replace(draft, motion=lambda t: _STIR if start_s <= t < end_s else _STILL)).request()

    def agrees(said: MeasurePlan) -> bool:
        levels = {measure.m: measure.level for measure in said.measures}
        inside = [levels[bar] for bar in stirred]
        outside = [level for bar, level in levels.items() if bar not in stirred]
        return sum(inside) / len(inside) >= sum(outside) / len(outside) + _LOUDER
    known = f"bars {stirred[0]}-{stirred[-1]} louder than the rest"
    return _case("motion in some bars", known, partial(_analyze, asked), agrees)


def _analyze(request: ArrangeRequest, desk: Desk) -> MeasurePlan:
    return ModelAnalyzer(desk=desk).analyze(request)


KINDS = (only_one_fits, locked_ending, silent_bars, two_registers, motion_in_some_bars, wished_fade, one_voice,
         picture_fades)
