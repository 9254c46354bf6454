from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from backend.domain.requests import ArrangeRequest
from backend.domain.score import Score
from backend.music.instruments import instruments
from backend.music.layers.accents import FAST_ATTACK_MS
from backend.music.orchestrate import anchors_of, last_onset_q, paint, voice_chords, write_score
from backend.music.ranges import full_share, polyphony
from backend.music.splice import splice_score
from backend.music.voicing import count_parallels
from tests.agents.sample_cue import EXPERTS, request
from tests.music.drawn import hit, hits

EMOTIONS = ["Exciting", "Calm", "Humorous", "Fear", "Sad"]


def _score(asked: ArrangeRequest) -> Score:
    plan = EXPERTS.analyzer.analyze(asked)
    arrange = EXPERTS.arranger.arrange(asked, plan)
    return write_score(asked, plan, arrange, EXPERTS.caster.cast(asked, plan, arrange), "Test")


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_every_hard_hit_is_struck_by_several_with_a_fast_one_after_air(emotion: str) -> None:
    asked = request(emotion)
    score = _score(asked)
    for anchor in anchors_of(asked.hits, asked.tempo_map):
        here = anchor.position_q
        struck = [part for part in score.parts if any(note.onset_q == here for note in part.notes)]
        assert len(struck) >= 3
        fast = [note.velocity for part in struck for note in part.notes
                if note.onset_q == here and instruments()[part.instrument].attack_ms <= FAST_ATTACK_MS]
        assert max(fast) >= 75
        before = [note for part in score.parts if part.role != "melody" for note in part.notes
                  if here - asked.tempo_map.beat_q / 2 < note.onset_q < here]
        assert before == []


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_notes_can_be_played(emotion: str) -> None:
    for part in _score(request(emotion)).parts:
        instrument = instruments()[part.instrument]
        if instrument.pitched:
            assert full_share(part.notes, instrument) == 1.0
            assert polyphony(part.notes) <= instrument.max_polyphony
        else:
            assert {note.pitch for note in part.notes} <= set(instrument.drum_pitches)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_the_melody_is_whole(emotion: str) -> None:
    asked = request(emotion)
    played = sorted((note.onset_q, note.pitch % 12) for part in _score(asked).parts if part.role == "melody"
                    for note in part.notes if note.onset_q < asked.tempo_map.end_q)
    assert played == [(note.onset_q, note.pitch % 12) for note in asked.melody.notes]


@pytest.mark.parametrize("meter", [(4, 4), (3, 4), (7, 8), (6, 8)])
def test_the_last_onset_is_the_planned_end(meter: tuple[int, int]) -> None:
    asked = request("Dignified", meter=meter)
    assert last_onset_q(_score(asked)) == asked.tempo_map.end_q


def test_humanised_offsets_leave_hits_alone() -> None:
    asked = request("Exciting")
    hard = {anchor.position_q for anchor in anchors_of(asked.hits, asked.tempo_map)}
    offsets = []
    for part in _score(asked).parts:
        assert len(part.timing_ms) == len(part.notes)
        for note, offset in zip(part.notes, part.timing_ms, strict=True):
            if note.onset_q in hard:
                assert abs(offset) <= 3
            offsets.append(offset)
    assert max(offsets) > 4 and min(offsets) < -4


def test_controllers_only_where_the_instrument_listens() -> None:
    for part in _score(request("Exciting")).parts:
        numbers = {control.number for control in part.controls}
        assert numbers <= set(instruments()[part.instrument].dynamics_cc)
        assert numbers in (set(), {1, 11})
        assert all(0 <= control.value <= 127 for control in part.controls)


def test_louder_picture_louder_notes() -> None:
    asked = request("Exciting", hit_times_s=())
    crest, trough = Fraction(10), Fraction(20)
    notes = [note for part in _score(asked).parts for note in part.notes]

    def strength(centre: Fraction) -> float:
        return sum(note.velocity ** 2 for note in notes if abs(note.onset_q - centre) <= 2)

    assert strength(crest) > 2 * strength(trough)


def test_two_emotions_differ_in_instruments_and_density() -> None:
    calm, exciting = _score(request("Calm")), _score(request("Exciting"))
    common = {p.instrument for p in calm.parts} & {p.instrument for p in exciting.parts}
    assert len(common) <= 2
    assert sum(len(p.notes) for p in exciting.parts) > 1.5 * sum(len(p.notes) for p in calm.parts)


def test_sections_are_orchestrated_differently() -> None:
    asked = request("Joyous")
    score = _score(asked)
    edge = asked.tempo_map.bars[asked.melody.sections[1].first_bar - 1].start_q
    first = {part.id for part in score.parts for note in part.notes if note.onset_q < edge}
    second = {part.id for part in score.parts for note in part.notes if edge <= note.onset_q < asked.tempo_map.end_q}
    assert len(first ^ second) >= 3


def test_same_request_same_score_and_another_seed_another() -> None:
    assert _score(request("Sad", seed=4)) == _score(request("Sad", seed=4))
    assert _score(request("Sad", seed=4)).parts != _score(replace(request("Sad", seed=4), seed=5)).parts


def test_skeleton_has_no_parallels() -> None:
    asked = request("Sad")
    voicings = voice_chords(asked.melody.notes, asked.chords, asked.brief)
    assert len(voicings) == len(asked.chords)
    assert count_parallels(voicings) == 0


def test_soft_hits_keep_away_from_hard_ones() -> None:
    asked = request("Sad", hit_times_s=(6.0, 6.3, 12.0))
    points = hits(hit(6.0, 0.9), hit(6.3, 0.5, "soft"), hit(12.0, 0.5, "soft"))
    found = anchors_of(points, asked.tempo_map)
    assert [(float(a.position_q), a.hard) for a in found] == [(10.0, True), (20.0, False)]


def test_canvas_finds_chord_bar_and_next_hit() -> None:
    asked = request("Sad")
    plan = EXPERTS.analyzer.analyze(asked)
    canvas = paint(asked, plan, EXPERTS.arranger.arrange(asked, plan))
    assert canvas.chord_at(Fraction(0)) == asked.chords[0]
    assert canvas.bar_at(Fraction(9, 2)).number == 2
    first = canvas.next_hard(Fraction(0))
    assert first is not None and first.position_q == 10
    last = canvas.next_hard(Fraction(30))
    assert last is not None and last.position_q == asked.tempo_map.end_q
    assert canvas.next_hard(asked.tempo_map.end_q) is None


def test_splice_changes_only_the_named_bars_and_parts() -> None:
    asked = request("Exciting")
    old, new = _score(asked), _score(replace(asked, seed=99))
    part = "melody"
    done = splice_score(old, new, (3, 4), frozenset({part}), asked.tempo_map)
    low, high = asked.tempo_map.bars[2].start_q, asked.tempo_map.bars[3].end_q
    for before, after in zip(old.parts, done.parts, strict=True):
        if before.id != part:
            assert after == before
            continue
        fresh = next(p for p in new.parts if p.id == part)
        outside = [(n, t) for n, t in zip(before.notes, before.timing_ms, strict=True) if not low <= n.onset_q < high]
        inside = [(n, t) for n, t in zip(fresh.notes, fresh.timing_ms, strict=True) if low <= n.onset_q < high]
        got = list(zip(after.notes, after.timing_ms, strict=True))
        assert [pair for pair in got if not low <= pair[0].onset_q < high] == outside
        assert [pair for pair in got if low <= pair[0].onset_q < high] == inside
    assert done.chords == old.chords


def test_splice_of_the_whole_takes_the_last_chord_too() -> None:
    asked = request("Exciting")
    old = _score(asked)
    new = _score(replace(asked, seed=98))
    done = splice_score(old, new, (1, asked.tempo_map.bar_count), None, asked.tempo_map)
    kept = {part.id: part.notes for part in new.parts}
    assert all(part.notes == kept.get(part.id, ()) for part in done.parts)


def test_splice_with_itself_is_itself() -> None:
    asked = request("Fear")
    score = _score(asked)
    assert splice_score(score, score, (2, 5), None, asked.tempo_map) == score
