"""Articulation maps: what a player without the asked-for one does, and what a .reabank says."""
from __future__ import annotations

import pytest

from backend.daw.articulation_reabank import Bank, Program, articulation_name, bank_map, find_bank, read_banks
from backend.daw.articulations import ArticulationMap, Switch, known_articulations
from backend.errors import InputError

TEXT = """// a plain comment
//! g="Some Vendor/Brass" n="Horn Solo"
//! m="Set patch to UACC"
Bank 65 1 SVB - Horn Solo
//! c=legato i=legato o=cc:32,20
20 legato
//! c=long i=note-whole o=cc:32,1
1 sustains
//! c=short o=note:17,1/-note-hold:23
42 tight
//! o=note@2:24
40 Staccato
//! o=@1
7 con sordino

//! g="Some Vendor/Strings" n="Horn Solo" id=cbbdac4f
Bank * * Strings
//! o=program:5
11 trem.
nonsense
//! o=note:130
56 pizz
70 trill m2
"""
BANKS = read_banks(TEXT)


def test_banks_programs_and_outputs_are_read() -> None:
    assert BANKS == (
        Bank("Some Vendor/Brass/Horn Solo", 65, 1, (
            Program(20, "legato", "cc:32,20"), Program(1, "sustains", "cc:32,1"),
            Program(42, "tight", "note:17,1/-note-hold:23"), Program(40, "Staccato", "note@2:24"),
            Program(7, "con sordino", "@1"))),
        Bank("Some Vendor/Strings/Horn Solo", None, None, (
            Program(11, "trem.", "program:5"), Program(56, "pizz", "note:130"), Program(70, "trill m2"))))


def test_for_reaticulate_every_program_is_a_program_change_in_its_bank() -> None:
    names = bank_map(BANKS[0], "x").names
    assert set(names) == {"legato", "long", "spiccato", "staccato", "con_sord"}
    assert names["long"] == (Switch(program=1, bank_msb=65, bank_lsb=1),)
    assert names["spiccato"] == (Switch(program=42, bank_msb=65, bank_lsb=1),), "by its usual number"


def test_without_reaticulate_its_outputs_are_sent_and_routings_left_out() -> None:
    names = bank_map(BANKS[0], "x", direct=True).names
    assert names == {"legato": (Switch(cc=32, value=20),), "long": (Switch(cc=32, value=1),),
                     "spiccato": (Switch(key=17, velocity=1), Switch(key=23, velocity=127, hold=True))}
    assert bank_map(BANKS[1], "x", direct=True).names == {
        name: (Switch(program=5),) for name in ("tremolo", "flutter")}


@pytest.mark.parametrize(("written", "name"), [
    ("Con Sordino", "con_sord"), ("trill M2", "trill_M2"), ("trill m2", "trill_m2"), ("Sul Ponticello", "sul_pont"),
    ("Pizz.", "pizzicato"), ("spiccato", "spiccato"), ("Something else", "something_else")])
def test_names_of_banks_are_ours(written: str, name: str) -> None:
    assert articulation_name(written) == name


@pytest.mark.parametrize(("name", "found"), [
    ("some vendor/brass/horn solo", 0), ("Some Vendor/Strings/Horn Solo", 1)])
def test_a_bank_is_found_by_its_name(name: str, found: int) -> None:
    assert find_bank(BANKS, name, "x") is BANKS[found]
    assert find_bank(BANKS[:1], "horn solo", "x") is BANKS[0]


@pytest.mark.parametrize(("name", "banks", "said"), [
    ("Tuba", BANKS, "'b.reabank' has no banks named 'Tuba'; it holds 'Some Vendor/Brass/Horn Solo', "),
    ("Horn Solo", BANKS, "'b.reabank' has 2 banks named 'Horn Solo'"), ("x", (), "it holds no bank at all")])
def test_a_bank_that_is_not_there_is_said(name: str, banks: tuple[Bank, ...], said: str) -> None:
    with pytest.raises(InputError, match=said.replace("(", r"\(")):
        find_bank(banks, name, "b.reabank")


def test_a_bank_without_numbers_or_known_names_is_refused() -> None:
    with pytest.raises(InputError, match="has no numbers of its own"):
        bank_map(BANKS[1], "b.reabank")
    with pytest.raises(InputError, match="lists no articulation that is known here"):
        bank_map(Bank("x", 0, 0, (Program(99, "wobble"),)), "b.reabank")


def only(*names: str) -> ArticulationMap:
    return ArticulationMap({name: (Switch(key=index),) for index, name in enumerate(names)})


@pytest.mark.parametrize(("asked", "has", "key"), [
    ("spiccato", ("long", "spiccato"), 1), ("spiccato", ("long", "marcato", "staccato"), 2),
    ("staccato", ("long", "spiccato"), 1), ("bartok_pizz", ("long", "pizzicato"), 1), ("sfz", ("long", "marcato"), 1),
    ("trill_M2", ("long", "trill_m2", "tremolo"), 1), ("legato", ("long",), 0), ("long", ("legato", "hit"), 0),
    ("harmonics", ("long", "staccato"), 0), ("", ("staccato", "long"), 1), ("made_up", ("staccato", "long"), 1)])
def test_the_nearest_articulation_is_played(asked: str, has: tuple[str, ...], key: int) -> None:
    assert only(*has).switches(asked) == (Switch(key=key),)


def test_where_nothing_comes_near_nothing_is_sent_or_the_default() -> None:
    assert only("staccato").switches("harmonics") == ()
    assert ArticulationMap(only("staccato").names, "staccato").switches("harmonics") == (Switch(key=0),)


def test_every_known_articulation_reaches_a_map_with_long() -> None:
    assert {only("long").switches(name) for name in known_articulations()} == {(Switch(key=0),)}


@pytest.mark.parametrize(("fields", "said"), [
    ({}, "name one of program, key and cc"), ({"key": 1, "program": 2}, "name one of"),
    ({"cc": 32}, "cc and value go together"), ({"key": 1, "bank_msb": 2}, "go with a program"),
    ({"key": 128}, "key: 128 is not within 0 and 127"), ({"key": 1, "velocity": 0}, "velocity"),
    ({"cc": 1, "value": 200}, "value: 200")])
def test_a_switch_says_what_is_wrong_with_it(fields: dict[str, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Switch(**fields)  # type: ignore[arg-type]


def test_a_misspelt_articulation_is_noticed() -> None:
    with pytest.raises(ValueError, match="did you mean 'spiccato'"):
        only("spicatto")
    with pytest.raises(ValueError, match="default: 'long' is not among names"):
        ArticulationMap({}, "long")
