"""Voice-Part: melodies that no instrument can carry become voices that each lie well; all others stay whole."""
from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from fractions import Fraction

import pytest

from backend.agents.rules.palette import MAX_COST_PER_Q, ranked
from backend.agents.rules.quality import range_rating
from backend.agents.rules.voices import (
    RuleVoices,
    bar_numbers,
    carriers,
    clashes,
    divided,
    for_voice,
    measured,
    whole_melody,
)
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import BarRange, Casting, Voice, VoicePlan
from backend.domain.score import Note, Score
from backend.music.instruments import instruments
from backend.music.orchestrate import write_score
from backend.music.ranges import fit, fit_cost_per_q, practical_share
from backend.rounds import arrange_in_rounds
from tests.agents.sample_cue import EXPERTS, request

LOW, MIDDLE, HIGH = (18, 27), (58, 66), (99, 108)


def _bars_of(registers: list[tuple[int, int]], seed: int = 1) -> ArrangeRequest:
    """Quarters without a rest, so that no phrase breaks; a bar's notes lie in its register."""
    rng, notes = random.Random(seed), []
    asked = request("Exciting")
    for bar, (low, high) in zip(asked.tempo_map.bars, registers, strict=True):
        for beat in range(4):
            onset = bar.start_q + beat
            if onset < asked.tempo_map.end_q:
                notes.append(Note(onset, Fraction(1, 2), rng.randint(low, high)))
    return replace(asked, melody=replace(asked.melody, notes=tuple(notes)))


def _voices(asked: ArrangeRequest) -> VoicePlan:
    plan = EXPERTS.analyzer.analyze(asked)
    return RuleVoices().split(asked, plan, EXPERTS.arranger.arrange(asked, plan))


CLASHING = {"cellar to attic": [LOW] * 5 + [HIGH] * 5, "bar by bar": [LOW, HIGH] * 5,
            "a high answer": [LOW] * 4 + [HIGH] * 2 + [LOW] * 4, "three floors": [LOW, MIDDLE, HIGH] * 3 + [LOW],
            "one low bar": [HIGH] * 7 + [LOW] + [HIGH] * 2}


@pytest.fixture(params=sorted(CLASHING))
def clashing(request: pytest.FixtureRequest) -> ArrangeRequest:
    return _bars_of(CLASHING[request.param])


def test_a_melody_that_lies_well_stays_whole() -> None:
    for emotion in ("Exciting", "Calm", "Sad"):
        asked = request(emotion)
        assert carriers(asked)
        pitches = [note.pitch for note in asked.melody.notes]
        whole = VoicePlan((Voice("melody", (BarRange(1, 10),), min(pitches), max(pitches)),))
        assert _voices(asked) == whole == whole_melody(asked)


def test_a_melody_without_notes_stays_whole() -> None:
    asked = request("Calm")
    empty = replace(asked, melody=replace(asked.melody, notes=()))
    assert [voice.bars for voice in _voices(empty).voices] == [(BarRange(1, 10),)]


def test_nobody_carries_these_melodies(clashing: ArrangeRequest) -> None:
    singers = [item for item in instruments().values() if "melody" in item.roles and item.pitched]
    assert all(fit_cost_per_q(clashing.melody.notes, item.id) > MAX_COST_PER_Q for item in singers)
    assert carriers(clashing) == []


def test_their_voices_own_every_bar_once_and_every_note(clashing: ArrangeRequest) -> None:
    plan = _voices(clashing)
    owned = [bar for voice in plan.voices for item in voice.bars for bar in range(item.from_bar, item.to_bar + 1)]
    assert sorted(owned) == list(range(1, 11)) and len(plan.voices) >= 2
    sung = [note for voice in plan.voices for note in for_voice(clashing, voice).melody.notes]
    assert Counter(sung) == Counter(clashing.melody.notes)
    assert clashes(clashing, plan) == ()


def test_each_voice_has_somebody_who_carries_it_where_it_lies(clashing: ArrangeRequest) -> None:
    for voice in _voices(clashing).voices:
        mine = for_voice(clashing, voice)
        best = ranked("melody", mine)[0]
        assert fit_cost_per_q(mine.melody.notes, best.id) <= MAX_COST_PER_Q
        pitches = [note.pitch for note in mine.melody.notes]
        assert (voice.low_pitch, voice.high_pitch) == (min(pitches), max(pitches))


def _score(asked: ArrangeRequest, voices: VoicePlan) -> tuple[Score, Casting]:
    asked = replace(asked, voices=voices)
    plan = EXPERTS.analyzer.analyze(asked)
    arrange = EXPERTS.arranger.arrange(asked, plan)
    casting = EXPERTS.caster.cast(asked, plan, arrange)
    return write_score(asked, plan, arrange, casting, "Voices"), casting


def test_in_the_score_the_clash_is_gone(clashing: ArrangeRequest) -> None:
    """Undivided, a tenth to half of the notes are folded out of their phrases; divided, hardly any; all in range."""
    score, casting = _score(clashing, _voices(clashing))
    leads = [part for part in score.parts if part.role == "melody"]
    assert Counter(n.onset_q for part in leads for n in part.notes) >= Counter(
        n.onset_q for n in clashing.melody.notes)
    owned = [bar for track in casting.tracks if track.role == "melody" for bar in bar_numbers(track.bars)]
    assert sorted(owned) == list(range(1, 11))
    assert all(practical_share(part.notes, instruments()[part.instrument]) == 1 for part in leads)
    folded = sum(fit(for_voice(clashing, Voice("x", track.bars, 0, 127)).melody.notes,
                     instruments()[track.instrument]).folded for track in casting.tracks if track.role == "melody")
    undivided = min(fit(clashing.melody.notes, item).folded for item in instruments().values()
                    if "melody" in item.roles and item.pitched)
    assert folded <= 0.08 * len(clashing.melody.notes) and 2 * folded <= undivided


def test_the_whole_chain_rates_the_range_as_good(clashing: ArrangeRequest) -> None:
    score, scheme = arrange_in_rounds(clashing, EXPERTS, "Voices")
    assert range_rating(score) > 0.99
    assert scheme.rounds[scheme.chosen_round].qa["limits"] == 1
    assert sum(track.role == "melody" for track in scheme.tracks) >= 2


def test_who_is_avoided_does_not_count_as_a_singer() -> None:
    """A span that only the avoided could carry is divided instead."""
    wide = _bars_of([(38, 45)] * 5 + [(84, 94)] * 5)
    able = [item.id for item in carriers(wide)]
    assert able
    strict = replace(wide, brief=replace(wide.brief, avoid=(*wide.brief.avoid, *able)))
    plan = _voices(strict)
    assert len(plan.voices) == 2 and clashes(strict, plan) == ()
    assert [voice.bars for voice in plan.voices] == [(BarRange(6, 10),), (BarRange(1, 5),)]


def test_the_line_changes_hands_where_it_breathes() -> None:
    """The rest lies before bar 6; bar 5 could be had by either voice."""
    asked = _bars_of([LOW] * 4 + [(80, 90)] + [HIGH] * 5)
    notes = tuple(n for n in asked.melody.notes if not Fraction(19) <= n.onset_q < Fraction(20))
    asked = replace(asked, melody=replace(asked.melody, notes=notes))
    found = divided(asked)
    assert sorted(bar for voice in found.voices for bar in bar_numbers(voice.bars)) == list(range(1, 11))
    assert clashes(asked, found) == ()


def test_measuring_corrects_what_was_guessed() -> None:
    asked = request("Calm")
    guess = VoicePlan((Voice("a", (BarRange(1, 5),), 0, 1), Voice("b", (BarRange(6, 10),), 2, 3)))
    for voice in measured(asked, guess).voices:
        pitches = [note.pitch for note in for_voice(asked, voice).melody.notes]
        assert (voice.low_pitch, voice.high_pitch) == (min(pitches), max(pitches))


@pytest.mark.parametrize("bars", [
    ((BarRange(1, 4),), ()), ((BarRange(1, 4),), (BarRange(3, 8),)), ((BarRange(2, 2),), (BarRange(9, 40),)), ((), ())])
def test_the_melody_is_never_lost_nor_doubled_by_bars(bars: tuple[tuple[BarRange, ...], ...]) -> None:
    """Whatever bars two melody tracks claim, every note is played once."""
    asked = request("Exciting")
    plan = EXPERTS.analyzer.analyze(asked)
    arrange = EXPERTS.arranger.arrange(asked, plan)
    cast = EXPERTS.caster.cast(asked, plan, arrange)
    leads = [track for track in cast.tracks if track.role == "melody"]
    assert len(leads) == 2
    claimed = [replace(track, bars=mine) for track, mine in zip(leads, bars, strict=True)]
    rest = [track for track in cast.tracks if track.role not in ("melody", "pad", "bass")]
    score = write_score(asked, plan, arrange, Casting((*claimed, *rest)), "Claims")
    lead = Counter(n.onset_q for part in score.parts if part.role == "melody" for n in part.notes
                   if n.onset_q < asked.tempo_map.end_q)
    assert lead == Counter(n.onset_q for n in asked.melody.notes)
