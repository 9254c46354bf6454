"""FilmComposer's Table 6: the seven attributes of a picture and their labels, spelled as in the paper.

Null is allowed for every attribute: it says that nobody can tell. ``fields`` of ``domain.description.Attributes`` and
keys of :data:`LABELS` are the same names.
"""
from __future__ import annotations

import difflib
from typing import Literal, get_args

Brightness = Literal["mild", "bright", "dull", "somber", "dark", "glaring", "contrasting"]
Hue = Literal["Blue", "Green", "Red", "Pink", "Yellow", "Orange", "Purple", "Black", "White", "Brown", "Gray"]
ViewScale = Literal["long shot", "full shot", "medium shot", "close-up shot", "extreme close-up shot"]
Emotion = Literal["Dignified", "Sad", "Dreamy", "Calm", "Graceful", "Joyous", "Exciting", "Vigorous", "Nervous",
                  "Angry", "Fear", "Humorous"]
Setting = Literal[
    "road", "home", "forest or jungle or canyon", "corridor", "car", "sea", "Kitchen and dining area", "ruins",
    "hospital", "garden", "space ship or outer space", "hotel", "workplace", "bar", "stairs", "airport", "city", "ship",
    "castle", "prison", "lab", "beach", "train station", "desert", "rooftop", "bus", "police station", "elevator",
    "stage", "tunnel", "alley", "train", "factory", "square", "school", "playground", "tent", "theater", "cave",
    "church", "bridge", "pier", "military base", "night view", "balcony", "store", "market", "court", "ballroom",
    "under water", "parking lot", "swimming pool", "rural", "casino", "grassland", "library or bookstore", "cemetery",
    "farm", "subway station", "cliff", "coffee shop", "rain", "street"]
Behaviour = Literal[
    "shoot gun", "run", "call", "do intimacy", "kiss", "fight", "drive car", "read", "drink", "smoke", "climb",
    "fall down", "ride horse", "eat", "applaud and cheer", "dance", "cry", "hug", "write", "drive plane", "work",
    "sleep", "laugh", "quarrel", "ride motorcycle", "kill or attack", "pursue and arrest", "play instrument", "swim",
    "fire", "faint", "play ball games", "take shower", "play games", "boating", "cook", "sing", "ride bicycle", "paint",
    "do housework", "pray", "sit", "talk", "battle", "speech", "goodbye", "gaze", "escape", "open door"]
Theme = Literal["drama", "fantasy", "action", "thriller", "adventure", "romance", "comedy", "sci-fi", "mystery",
                "crime", "disaster", "war", "horror", "animation", "family", "historical", "biography", "sport",
                "documentary"]

LABELS: dict[str, tuple[str, ...]] = {
    "brightness": get_args(Brightness), "hue": get_args(Hue), "view_scale": get_args(ViewScale),
    "emotion": get_args(Emotion), "setting": get_args(Setting), "behaviour": get_args(Behaviour),
    "theme": get_args(Theme)}
"""The labels of every attribute, in the paper's order."""


def find_label(attribute: str, text: str) -> str:
    """The label of Table 6 that ``text`` means: capitals, hyphens and a missing "shot" do not matter, and neither
    does which of "forest or jungle or canyon" is written. Raises ValueError that lists the labels, the closest first.
    """
    wanted = _plain(text)
    for label in LABELS[attribute]:
        if wanted in (_plain(label), *map(_plain, label.split(" or "))):
            return label
    for label in LABELS[attribute]:
        if _plain(label) == f"{wanted} shot":
            return label
    ordered = close_first(attribute, text)
    raise ValueError(f"there is no {attribute.replace('_', ' ')} '{text}'; choose null or one of {', '.join(ordered)}")


def is_label(attribute: str, text: str) -> bool:
    """Whether :func:`find_label` knows what is meant."""
    try:
        return bool(find_label(attribute, text))
    except ValueError:
        return False


def close_first(attribute: str, text: str) -> tuple[str, ...]:
    """All labels of an attribute, those most like ``text`` first, the others in the paper's order."""
    labels = LABELS[attribute]
    plain = {label.lower(): label for label in labels}
    close = [plain[near] for near in difflib.get_close_matches(_plain(text), plain, n=4, cutoff=0.5)]
    return (*close, *(label for label in labels if label not in close))


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("-", " ").replace("_", " ").split()).replace("grey", "gray")
