"""description.txt: exact there and back, an edit is the user's word, and mistakes are named with their line."""
from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.description import (
    Attribute,
    Attributes,
    ClipDescription,
    MusicElements,
    PlotSection,
    Reasoning,
    ShotDescription,
    VisualElements,
)
from backend.domain.visual_labels import LABELS
from backend.errors import EditError
from backend.music.description_text import read_text, write_text

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    ["null", "NULL", '"quoted"', '"half', "[clip]", "# remark", "a\nb", " spaces ", "x (user 1.00)", "", "motion: y"])
_UNIT = st.floats(0, 1)


@st.composite
def _attributes(draw: st.DrawFn) -> Attributes:
    def one(name: str) -> Attribute:
        label = draw(st.none() | st.sampled_from(LABELS[name]) | _TEXTS)
        return Attribute(label, draw(st.sampled_from(["measured", "user", "model", "none"])), draw(_UNIT))
    return Attributes(**{name: one(name) for name in LABELS})


_SHOTS = st.builds(ShotDescription, st.integers(0, 40), _attributes(), _TEXTS, st.none() | _TEXTS)
_SECTIONS = st.builds(lambda a, b, *rest: PlotSection(min(a, b), max(a, b), *rest), st.floats(0, 1e6),
                      st.floats(0, 1e6), _UNIT, st.none() | _TEXTS, st.sampled_from(["measured", "user", "model"]))
_REASONINGS = st.builds(
    Reasoning, st.builds(VisualElements, _TEXTS, _TEXTS, _TEXTS, _TEXTS),
    st.builds(MusicElements, _TEXTS, st.lists(st.sampled_from(["flute", "violins1"]) | _TEXTS, max_size=4).map(tuple),
              _TEXTS, _TEXTS), _TEXTS)
_DESCRIPTIONS = st.builds(
    ClipDescription, _attributes(), st.lists(_SHOTS, max_size=4).map(tuple), st.lists(_SECTIONS, max_size=4).map(tuple),
    _TEXTS, st.floats(-1, 1), st.floats(-1, 1), _UNIT, _UNIT, _TEXTS, st.none() | _REASONINGS)


@given(_DESCRIPTIONS)
@settings(max_examples=150, deadline=None)
def test_there_and_back_is_exact(description: ClipDescription) -> None:
    assert read_text(write_text(description), description) == description


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    for whole in (text, write_text(SAMPLE).replace("church", text), write_text(SAMPLE) + text):
        try:
            read_text(whole, SAMPLE)
        except EditError as error:
            assert "\n" not in str(error) and "description.txt, line " in str(error)


def _labels(**known: Attribute) -> Attributes:
    return Attributes(**{name: known.get(name, Attribute(None)) for name in LABELS})


SAMPLE = ClipDescription(
    _labels(brightness=Attribute("dark", "measured", .9)),
    (ShotDescription(0, _labels(setting=Attribute("church", "model", .8)), "2.0 s, slow motion.", "A door opens."),
     ShotDescription(1, _labels(), "3.0 s, fast motion.")),
    (PlotSection(0.0, 2.5, .25, "She comes in.", "model"), PlotSection(2.5, 5.0, .5)), "Slow motion.", .1, -.2, .25, .5,
    "vision:x", Reasoning(VisualElements("a door", "calm", "slow", "dark"),
                          MusicElements("chamber", ("flute", "harp"), "slow", "calm"), "Calm music for flute."))
TEXT = write_text(SAMPLE)


def test_it_reads_like_a_list_of_shots() -> None:
    assert "\n[shot 0]\n" in TEXT and "\nsetting: church (model 0.80)\n" in TEXT
    assert "\nseen: A door opens.\n" in TEXT and "\nbehaviour: null\n" in TEXT
    assert "\n[plot 0.0 to 2.5]\ntension: 0.25 (model)\nsentence: She comes in.\n" in TEXT
    assert "\ninstruments: flute, harp\n" in TEXT and "\ndescription: Calm music for flute.\n" in TEXT


@pytest.mark.parametrize(("written", "label"), [
    ("cave", "cave"), ("Cave (model 0.80)", "cave"), ("jungle", "forest or jungle or canyon"),
    ("KITCHEN AND DINING AREA", "Kitchen and dining area"), ("  library ", "library or bookstore")])
def test_a_label_that_is_changed_is_the_users(written: str, label: str) -> None:
    read = read_text(TEXT.replace("church (model 0.80)", written), SAMPLE)
    assert read.shots[0].attributes.setting == Attribute(label, "user", 1.0)
    assert replace(read, shots=SAMPLE.shots) == SAMPLE


@pytest.mark.parametrize("written", ["setting: null", "setting:", "setting: -", "# setting: cave"])
def test_a_label_is_taken_back(written: str) -> None:
    read = read_text(TEXT.replace("setting: church (model 0.80)", written), SAMPLE)
    assert read.shots[0].attributes.setting == Attribute(None)


def test_sentences_are_free_and_may_go_on() -> None:
    changed = TEXT.replace("seen: A door opens.", 'seen: "Who is there?" she asks;\n  nobody answers: silence # yet')
    assert read_text(changed, SAMPLE).shots[0].sentence == '"Who is there?" she asks; nobody answers: silence # yet'


def test_blocks_come_and_go() -> None:
    without = TEXT[:TEXT.index("[shot 1]")] + TEXT[TEXT.index("[plot 0.0"):]
    assert read_text(without, SAMPLE).shots == SAMPLE.shots[:1]
    more = TEXT.replace("[seen]", "[plot 5 to 7.5]\ntension: .75\nsentence: She leaves.\n\n[seen]")
    assert read_text(more, SAMPLE).plot == (*SAMPLE.plot, PlotSection(5.0, 7.5, .75, "She leaves.", "user"))
    assert read_text(TEXT[:TEXT.index("[seen]")], SAMPLE).reasoning is None


def test_a_changed_tension_is_the_users() -> None:
    read = read_text(TEXT.replace("tension: 0.25 (model)", "tension: 0.9 (model)"), SAMPLE)
    assert read.plot[0] == PlotSection(0.0, 2.5, .9, "She comes in.", "user")


def test_line_ends_and_byte_order_marks_of_other_systems_do_not_matter() -> None:
    assert read_text("\ufeff" + TEXT.replace("\n", "\r\n"), SAMPLE) == SAMPLE


@pytest.mark.parametrize(("old", "new", "words"), [
    ("church (model 0.80)", "chruch", "line 21: there is no setting 'chruch'; choose null or one of church, "),
    ("setting: church", "seting: church", "has no key that [shot] knows; known are setting, "),
    ("[shot 1]", "[shot 7]", "the description has no shot 7"),
    ("[shot 1]", "[shot 0]", "or it has a block already"),
    ("[shot 1]", "[scene 1]", "is no block; write [clip]"),
    ("tension: 0.25 (model)", "tension: high", "tension: 'high' is no number"),
    ("tension: 0.25 (model)", "tension: 7", "tension"),
    ("tension: 0.25 (model)\n", "", "tension is missing"),
    ("[plot 0.0 to 2.5]", "[plot 9 to 2.5]", "ends before it starts"),
    ("valence: 0.1", "valence: 3", "valence"),
    ("[music]", "[clip]", "[clip] is there twice"),
    ("[seen]\nobjects: a door\nemotion: calm\ndynamics: slow\ncolour: dark\n", "", "belong together"),
    ("[clip]", "clip", "stands before the first block"),
    ("motion: Slow motion.\n", "motion: a\nmotion: b\n", "motion is there twice")])
def test_mistakes_are_named_with_their_line(old: str, new: str, words: str) -> None:
    assert old in TEXT
    with pytest.raises(EditError) as caught:
        read_text(TEXT.replace(old, new, 1), SAMPLE)
    assert str(caught.value).startswith("description.txt, line ") and words in str(caught.value)
