"""What each layer promises, on one canvas of a drawn cue."""
from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from backend.domain.scheme import CastTrack, Duplicate, Layer
from backend.domain.score import Note
from backend.domain.spotting import Section
from backend.music.instruments import instruments
from backend.music.layers import accents, bass, counter, doubling, ostinato, pad, percussion
from backend.music.layers.canvas import Anchor, Canvas, Seat, clear_before_hits
from backend.music.orchestrate import paint
from backend.music.theory import chord_pcs
from tests.agents.sample_cue import EXPERTS, request, tempo_map


def _canvas(emotion: str = "Exciting", **changes: object) -> Canvas:
    asked = request(emotion)
    plan = EXPERTS.analyzer.analyze(asked)
    return replace(paint(asked, plan, EXPERTS.arranger.arrange(asked, plan)), **changes)  # type: ignore[arg-type]


def _seat(canvas: Canvas, role: str, instrument: str, rank: int = 0, of: int = 1) -> Seat:
    every = frozenset(bar.number for bar in canvas.tempo_map.bars)
    return Seat(CastTrack(1, f"{role}.{instrument}", role, instrument, ""), instruments()[instrument], every, rank, of)


def test_bass_stays_below_e3_and_plays_the_root_under_changes() -> None:
    canvas = _canvas("Dignified")
    notes = bass.write(canvas, _seat(canvas, "bass", "basses"))
    assert all(28 <= note.pitch <= 53 for note in notes)
    calm = [chord for chord in canvas.chords[:-1] if canvas.measure_at(chord.onset_q).tension < 0.4
            and not canvas.is_build(canvas.bar_at(chord.onset_q).number)]
    roots = {note.onset_q: note.pitch % 12 for note in notes}
    assert calm and all(roots[chord.onset_q] == chord.root_pc for chord in calm)


def test_bass_is_busier_where_it_is_louder() -> None:
    plain = _canvas("Exciting", anchors=())
    edge = plain.plan.sections[1].first_bar
    measures = tuple(replace(m, level=0.2 if m.m < edge else 0.9) for m in plain.plan.measures)
    canvas = replace(plain, plan=replace(plain.plan, measures=measures))
    notes = bass.write(canvas, _seat(canvas, "bass", "basses"))

    def count(bar: int) -> int:
        return sum(canvas.bar_at(note.onset_q).number == bar for note in notes)

    assert count(edge + 1) == 8
    assert 1 <= count(edge - 2) <= 2


def test_patterns_stay_steady_inside_a_section() -> None:
    plain = _canvas("Exciting", anchors=())
    first = plain.plan.sections[0]
    levels = {bar: 0.45 + 0.1 * (bar % 2) for bar in range(first.first_bar, first.last_bar + 1)}
    measures = tuple(replace(m, level=levels.get(m.m, m.level)) for m in plain.plan.measures)
    canvas = replace(plain, plan=replace(plain.plan, measures=measures))
    assert len({canvas.steady_dynamic(bar) for bar in levels}) == 1
    away = replace(canvas, plan=replace(canvas.plan, measures=tuple(
        replace(m, level=1.0 if m.m == 2 else m.level) for m in measures)))
    assert away.steady_dynamic(2) == 7


def test_bass_steps_into_a_hit() -> None:
    canvas = _canvas("Sad", anchors=(Anchor(Fraction(8), 1.0, True),))
    notes = bass.write(canvas, _seat(canvas, "bass", "cellos"))
    target = next(note for note in notes if note.onset_q == 8)
    before = next(note for note in notes if note.end_q == 8)
    assert 0 <= target.pitch - before.pitch <= 2 or before.duration_q < 2


def test_pad_holds_chord_tones_and_ties_common_ones() -> None:
    canvas = _canvas("Sad", anchors=())
    notes = pad.write(canvas, _seat(canvas, "pad", "strings_slow"))
    for note in notes:
        chord = canvas.chord_at(note.onset_q)
        assert note.pitch % 12 in chord_pcs(chord.root_pc, chord.quality)
    changes = len(canvas.chords)
    assert len(notes) < 4 * changes


def test_pad_is_struck_again_on_a_hard_hit_only() -> None:
    free = _canvas("Sad", anchors=())
    middle = next(chord.onset_q for chord in free.chords if chord.duration_q >= 3) + Fraction(3, 2)
    hit = _canvas("Sad", anchors=(Anchor(middle, 0.8, True),))
    seat = _seat(free, "pad", "strings_slow")
    assert not any(note.onset_q == middle for note in pad.write(free, seat))
    assert sum(note.onset_q == middle for note in pad.write(hit, seat)) == 4


def test_divisi_sections_share_the_chord() -> None:
    canvas = _canvas("Sad")
    lines = [pad.write(canvas, _seat(canvas, "pad", name, rank, 3))
             for rank, name in enumerate(("violins2", "violas", "cellos"))]
    first = [{note.pitch for note in line if note.onset_q == 0} for line in lines]
    assert [len(pitches) for pitches in first] == [1, 1, 1]
    assert max(first[0]) > max(first[1]) > max(first[2])


def test_ostinato_keeps_its_cell_and_chord() -> None:
    asked = _canvas("Sad", anchors=())
    layers = (Layer("ostinato", 1, asked.tempo_map.bar_count, "x..x"),)
    canvas = replace(asked, arrange=replace(asked.arrange, layers=layers, builds=()))
    pulse = ostinato.pulse_q(canvas.tempo_map, canvas.brief.arousal)
    notes = ostinato.write(canvas, _seat(canvas, "ostinato", "violas"))
    bar = canvas.tempo_map.bars[1]
    places = [int((note.onset_q - bar.start_q) / pulse) for note in notes if bar.start_q <= note.onset_q < bar.end_q]
    assert places == [i for i in range(int(bar.length_q / pulse)) if i % 4 in (0, 3)]
    assert max(n.pitch for n in notes) - min(n.pitch for n in notes) <= 24


def test_ostinato_doubles_its_pace_in_the_last_bar_of_a_build() -> None:
    canvas = _canvas("Dignified", anchors=())
    seat = _seat(canvas, "ostinato", "violas")
    pulse = ostinato.pulse_q(canvas.tempo_map, canvas.brief.arousal)
    assert pulse > Fraction(1, 4)
    built = replace(canvas, arrange=replace(canvas.arrange, layers=(Layer("ostinato", 1, 10, "x.x."),), builds=(
        replace(EXPERTS.arranger.arrange(request("Dignified"), canvas.plan).builds[0], from_bar=3, to_bar=4),)))
    counts = [sum(canvas.bar_at(note.onset_q).number == bar for note in ostinato.write(built, seat)) for bar in (3, 4)]
    assert counts[1] >= 2 * counts[0]


@pytest.mark.parametrize(("onsets", "pulses", "cell"), [(3, 8, "x.x..x.."), (5, 8, "xx.xx.x."), (4, 4, "xxxx"),
                                                       (9, 4, "xxxx"), (1, 4, "x...")])
def test_euclidean_cells(onsets: int, pulses: int, cell: str) -> None:
    found = ostinato.euclid(onsets, pulses)
    assert found.count("x") == cell.count("x") and len(found) == len(cell) and found[0] == "x"
    gaps = [len(gap) for gap in found.split("x")[1:]]
    assert max(gaps) - min(gaps) <= 1


def test_melody_cell_is_the_commonest_bar() -> None:
    bars = tempo_map(24, (4, 4)).bars
    notes = tuple(Note(bar.start_q + place, Fraction(1), 60) for bar in bars[:4]
                  for place in ((0, 1, 3) if bar.number != 2 else (0, 2)))
    assert ostinato.melody_cell(notes, bars, Section("A", 1, 4), Fraction(1)) == "xx.x"
    assert ostinato.melody_cell((), bars, Section("A", 1, 4), Fraction(1)) == ""


def test_counter_speaks_while_the_melody_holds_and_below_it() -> None:
    long = tuple(Note(Fraction(8 * i), Fraction(8), 72 + i) for i in range(5))
    canvas = _canvas("Sad", melody=long)
    notes = counter.write(canvas, _seat(canvas, "counter", "cellos"))
    assert 0 < len(notes) <= 0.6 * len(long)
    for note in notes:
        over = next(m for m in long if m.onset_q <= note.onset_q < m.end_q)
        assert note.onset_q > over.onset_q and 3 <= over.pitch - note.pitch <= 16


def test_counter_is_silent_when_the_melody_never_rests() -> None:
    quick = tuple(Note(Fraction(i, 2), Fraction(1, 2), 72) for i in range(80))
    canvas = _canvas("Sad", melody=quick)
    assert counter.write(canvas, _seat(canvas, "counter", "cellos")) == ()


def test_doubling_copies_the_named_bars_an_octave_up() -> None:
    plain = _canvas("Joyous")
    canvas = replace(plain, arrange=replace(plain.arrange, duplicates=(Duplicate("melody", "flute", 1, 2, 3),)))
    notes = doubling.write(canvas, _seat(canvas, "doubling", "flute"), {"melody": canvas.melody})
    wanted = [(n.onset_q, n.pitch + 12) for n in canvas.melody if canvas.bar_at(n.onset_q).number in (2, 3)]
    assert [(n.onset_q, n.pitch) for n in notes] == wanted and wanted


def test_recast_doubling_takes_over_by_rank() -> None:
    plain = _canvas("Joyous")
    canvas = replace(plain, arrange=replace(plain.arrange, duplicates=(Duplicate("melody", "flute", 1, 2, 3),)))
    assert doubling.plan_of(canvas, _seat(canvas, "doubling", "oboe")) == canvas.arrange.duplicates
    assert doubling.plan_of(canvas, _seat(canvas, "doubling", "oboe", rank=1)) == ()


def test_percussion_rolls_into_a_big_hit_and_leaves_air() -> None:
    canvas = _canvas("Exciting", anchors=(Anchor(Fraction(16), 1.0, True),))
    notes = percussion.write(canvas, _seat(canvas, "percussion", "cymbal_susp"))
    assert len(notes) >= 8
    assert notes[-1].onset_q < Fraction(31, 2)
    assert [n.velocity for n in notes] == sorted(n.velocity for n in notes)


def test_no_roll_into_a_small_hit() -> None:
    canvas = _canvas("Exciting", anchors=(Anchor(Fraction(16), 0.7, True),))
    assert percussion.write(canvas, _seat(canvas, "percussion", "cymbal_susp")) == ()


def test_low_drums_mark_every_bar() -> None:
    canvas = _canvas("Exciting", anchors=())
    notes = percussion.write(canvas, _seat(canvas, "percussion", "taiko_ensemble"))
    onsets = {note.onset_q for note in notes}
    assert all(bar.start_q in onsets for bar in canvas.tempo_map.bars if bar.start_q < canvas.end_q)


@pytest.mark.parametrize("name", ["timpani", "harp", "strings_pizzicato", "taiko_ensemble", "brass_section", "celesta"])
def test_accents_fall_on_the_hits_and_fit_the_instrument(name: str) -> None:
    anchors = (Anchor(Fraction(8), 1.0, True), Anchor(Fraction(20), 0.7, True))
    canvas = _canvas("Exciting", anchors=anchors)
    instrument = instruments()[name]
    notes = accents.write(canvas, _seat(canvas, "accent", name))
    assert {note.onset_q for note in notes} == {Fraction(8), Fraction(20), canvas.end_q}
    for note in notes:
        assert instrument.practical_range[0] <= note.pitch <= instrument.practical_range[1]
        if instrument.pitched:
            chord = canvas.chord_at(note.onset_q)
            assert note.pitch % 12 in chord_pcs(chord.root_pc, chord.quality)


def test_third_accent_waits_for_heavy_hits() -> None:
    anchors = (Anchor(Fraction(8), 1.0, True), Anchor(Fraction(20), 0.6, True))
    canvas = _canvas("Calm", anchors=anchors)
    third = accents.write(canvas, _seat(canvas, "accent", "harp", rank=2, of=3))
    assert Fraction(8) in {n.onset_q for n in third} and Fraction(20) not in {n.onset_q for n in third}


def test_soft_hits_get_light_instruments_and_less_force() -> None:
    anchors = (Anchor(Fraction(8), 0.6, False), Anchor(Fraction(20), 0.9, True))
    canvas = _canvas("Exciting", anchors=anchors)
    assert all(n.onset_q != 8 for n in accents.write(canvas, _seat(canvas, "accent", "taiko_ensemble")))
    harp = accents.write(canvas, _seat(canvas, "accent", "harp"))
    soft, hard = ([n.velocity for n in harp if n.onset_q == q] for q in (8, 20))
    assert soft and max(soft) < min(hard)


def test_air_before_hits() -> None:
    canvas = _canvas("Sad", anchors=(Anchor(Fraction(8), 1.0, True),))
    spans = ((Fraction(4), 6), (Fraction(31, 4), 1), (Fraction(8), 1))
    notes = tuple(Note(start, Fraction(length), 60) for start, length in spans)
    kept = clear_before_hits(notes, canvas)
    assert [(n.onset_q, n.end_q) for n in kept] == [(4, Fraction(15, 2)), (8, 9)]
