"""Event bytes: notes in are notes out, in an order that every instrument understands."""
from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.daw.articulations import ArticulationMap, Switch
from backend.domain.live import LiveItem
from backend.domain.session import MidiArticulation, MidiControl, MidiItem, MidiNote, MidiProgram
from backend.live.plan_articulations import articulation_events, clashes
from backend.live.plan_events import encoded, event_bytes, item_events
from tests.live.midi_events import messages, notes, played


def as_item(midi: MidiItem, map_: ArticulationMap | None = None, programs: bool = True) -> LiveItem:
    events = item_events(midi, programs) + (articulation_events(midi, map_, 0) if map_ else [])
    end = midi.start_tick + midi.length_ticks
    return LiveItem("midi", midi.name, 0.0, 1.0, encoded(event_bytes(events, midi.start_tick, end)))


def item(midi_notes: list[MidiNote], **more: object) -> MidiItem:
    return MidiItem("x", 0, 3840, tuple(midi_notes), **more)  # type: ignore[arg-type]


def test_the_bytes_of_one_note() -> None:
    data = event_bytes(item_events(item([MidiNote(240, 480, 60, 90, 2)])), 0, 3840)
    assert data.hex(" ") == ("f0 00 00 00 00 03 00 00 00 92 3c 5a "
                             "e0 01 00 00 00 03 00 00 00 82 3c 00 "
                             "30 0c 00 00 00 03 00 00 00 b0 7b 00")


def test_at_one_tick_ends_come_first_then_programs_controllers_and_beginnings() -> None:
    midi = item([MidiNote(0, 960, 60, 80), MidiNote(960, 960, 60, 81)],
                controls=(MidiControl(960, 1, 64),), programs=(MidiProgram(960, 45),))
    assert [message.hex() for tick, message in messages(as_item(midi)) if tick == 960] == [
        "803c00", "c02d", "b00140", "903c51"]


def test_programs_are_left_out_where_they_are_not_wanted() -> None:
    midi = item([MidiNote(0, 960, 60, 80)], programs=(MidiProgram(0, 45),))
    assert [m[0] & 0xF0 for _, m in messages(as_item(midi, programs=False))] == [0x90, 0x80, 0xB0]


def test_an_item_ends_where_it_should_or_with_its_last_note() -> None:
    assert messages(as_item(item([MidiNote(0, 10, 60, 80)])))[-1] == (3840, bytes((0xB0, 123, 0)))
    assert messages(as_item(item([MidiNote(3000, 2000, 60, 80)])))[-1][0] == 5000


def test_offsets_count_from_the_item() -> None:
    midi = MidiItem("x", 1920, 960, (MidiNote(2000, 100, 60, 80),))
    assert [tick for tick, _ in messages(as_item(midi))] == [80, 180, 960]


@st.composite
def untangled_notes(draw: st.DrawFn) -> list[MidiNote]:
    """As the session has them: those of one pitch and channel follow one another."""
    out = []
    for pitch, channel in draw(st.lists(st.tuples(st.integers(0, 127), st.integers(0, 15)), unique=True, max_size=5)):
        now = 0
        for gap, length in draw(st.lists(st.tuples(st.integers(0, 999), st.integers(1, 999)), max_size=6)):
            out.append(MidiNote(now + gap, length, pitch, draw(st.integers(1, 127)), channel))
            now += gap + length
    return sorted(out, key=lambda note: (note.tick, note.pitch, note.channel))


CONTROLS = st.lists(st.builds(MidiControl, st.integers(0, 9999), st.integers(0, 119), st.integers(0, 127)), max_size=8)


@given(untangled_notes(), CONTROLS)
def test_notes_in_are_notes_out(midi_notes: list[MidiNote], controls: list[MidiControl]) -> None:
    live = as_item(item(midi_notes, controls=tuple(controls)))
    assert notes(live) == midi_notes
    assert sorted((t, m[1], m[2]) for t, m in played(live) if m[0] == 0xB0) == sorted(
        (c.tick, c.number, c.value) for c in controls)


LONG, SPICCATO = (Switch(key=1),), (Switch(key=2),)
KEYS = ArticulationMap({"long": LONG, "spiccato": SPICCATO})
HELD = ArticulationMap({"long": (Switch(key=1, hold=True),), "spiccato": (Switch(key=2, hold=True),)})
PLAYED = [MidiNote(0, 960, 60, 80), MidiNote(960, 480, 62, 80), MidiNote(1440, 480, 64, 80)]
CHANGES = (MidiArticulation(0, "long"), MidiArticulation(960, "spiccato"), MidiArticulation(1440, "staccato"),
           MidiArticulation(1920, "long"))


def only_keys(live: LiveItem) -> list[tuple[int, str]]:
    return [(tick, message.hex()) for tick, message in played(live) if message[0] in (0x80, 0x90) and message[1] < 9]


def test_a_key_switch_comes_before_its_note_and_only_when_something_changes() -> None:
    live = as_item(item(PLAYED, articulations=CHANGES[:3]), KEYS)
    assert only_keys(live) == [(0, "900164"), (30, "800100"), (930, "900264"), (990, "800200")]


def test_a_key_switch_stands_before_the_note_that_begins_with_it() -> None:
    live = as_item(item(PLAYED, articulations=CHANGES), KEYS)
    assert [message.hex() for tick, message in played(live) if tick == 0] == ["900164", "903c50"]


def test_a_held_key_goes_up_as_the_next_one_goes_down() -> None:
    live = as_item(item(PLAYED, articulations=CHANGES), HELD)
    assert only_keys(live) == [(0, "900164"), (930, "800100"), (930, "900264"), (1890, "800200"), (1890, "900164"),
                               (3840, "800100")]


def test_a_switch_never_comes_before_a_note_of_the_articulation_before() -> None:
    midi = item([MidiNote(950, 10, 60, 80), MidiNote(960, 10, 62, 80)],
                articulations=(MidiArticulation(0, "long"), MidiArticulation(960, "spiccato")))
    assert only_keys(as_item(midi, KEYS))[2] == (951, "900264")


def test_banks_programs_and_controllers_select_at_the_note_itself() -> None:
    map_ = ArticulationMap({"long": (Switch(program=20, bank_msb=65, bank_lsb=2),),
                            "spiccato": (Switch(cc=32, value=42), Switch(program=3))})
    live = as_item(item(PLAYED, articulations=CHANGES[:2]), map_)
    assert [m.hex() for t, m in played(live) if t == 0] == ["b00041", "b02002", "c014", "903c50"]
    assert [m.hex() for t, m in played(live) if t == 960] == ["803c00", "b0202a", "c003", "903e50"]


def test_an_item_that_names_no_articulation_gets_the_default_once() -> None:
    map_ = ArticulationMap({"marcato": SPICCATO, "hit": LONG}, default="hit")
    assert only_keys(as_item(item(PLAYED), map_)) == [(0, "900164"), (30, "800100")]


def test_key_switches_among_the_played_pitches_are_named() -> None:
    assert clashes(item(PLAYED, articulations=CHANGES), KEYS) == []
    assert clashes(item([MidiNote(0, 9, 2, 80)], articulations=CHANGES), KEYS) == [2]


@given(untangled_notes(), st.lists(st.tuples(st.integers(0, 9999), st.sampled_from(("long", "spiccato"))), max_size=9),
       st.sampled_from((KEYS, HELD)))
@settings(max_examples=150)
def test_articulations_leave_every_note_alone(midi_notes: list[MidiNote], changes: list[tuple[int, str]],
                                              map_: ArticulationMap) -> None:
    high = [note for note in midi_notes if note.pitch > 2]
    midi = MidiItem("x", 0, 20_000, tuple(high), articulations=tuple(
        MidiArticulation(tick, name) for tick, name in sorted(dict(changes).items())))
    assert [note for note in notes(as_item(midi, map_)) if note.pitch > 2] == high
