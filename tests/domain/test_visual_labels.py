"""The labels of Table 6: how many, how they are spelled, and what a person may write for them."""
from __future__ import annotations

import pytest

from backend.domain.description import EMOTIONS
from backend.domain.visual_labels import LABELS, close_first, find_label, is_label
from backend.music.emotions import emotions
from backend.video.features import HUES


def test_the_table_is_whole_and_names_nothing_twice() -> None:
    assert {name: len(labels) for name, labels in LABELS.items()} == {
        "brightness": 7, "hue": 11, "view_scale": 5, "emotion": 12, "setting": 63, "behaviour": 49, "theme": 19}
    assert all(len({label.lower() for label in labels}) == len(labels) for labels in LABELS.values())


def test_what_is_measured_and_what_music_knows_are_labels() -> None:
    assert tuple(emotions()) == EMOTIONS == LABELS["emotion"]
    assert {find_label("hue", word) for word in HUES} == set(LABELS["hue"])


@pytest.mark.parametrize("name", sorted(LABELS))
def test_every_label_is_found_in_any_capitals(name: str) -> None:
    for label in LABELS[name]:
        assert find_label(name, label) == find_label(name, f" {label.upper()} ") == label


@pytest.mark.parametrize(("name", "written", "label"), [
    ("view_scale", "close-up", "close-up shot"), ("view_scale", "Extreme close up", "extreme close-up shot"),
    ("view_scale", "medium", "medium shot"), ("hue", "grey", "Gray"), ("theme", "sci fi", "sci-fi"),
    ("setting", "canyon", "forest or jungle or canyon"), ("setting", "outer space", "space ship or outer space"),
    ("setting", "bookstore", "library or bookstore")])
def test_near_spellings_are_understood(name: str, written: str, label: str) -> None:
    assert find_label(name, written) == label and is_label(name, written)


def test_an_unknown_label_is_answered_with_all_the_closest_first() -> None:
    with pytest.raises(ValueError, match="there is no setting 'subway'; choose null or one of subway station, "):
        find_label("setting", "subway")
    assert close_first("behaviour", "fighting")[0] == "fight"
    assert sorted(close_first("setting", "xyz")) == sorted(LABELS["setting"]) and not is_label("theme", "western")
