"""What the text says at which time of training: first all of the music, in the end the picture alone.

The staged simplification of the paper: words that only a musician would say fall away one after the other, so that
the model learns to write from a description of the picture, and keeps understanding the musician's words, which come
back whole now and then.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np

from backend.training.rcmusicgen_manifest import MUSIC, Clip


@dataclass(frozen=True)
class TextPlan:
    """``falls``: from this share of the updates on, a part of the music's description is said with chance ``still``
    only; from ``picture_only`` on none is. ``whole``: how often all of it is said at any time. ``words_lost``: each
    word's chance to be missing."""

    falls: Mapping[str, float] = field(default_factory=dict)
    picture_only: float = 2.0
    still: float = 0.3
    whole: float = 0.25
    words_lost: float = 0.0
    picture: bool = True


STAGED = TextPlan({"instrumentation": 0.3, "tempo": 0.45, "genre": 0.6, "mood": 0.725}, 0.85)
"""Four stages: 0-.3 all; .3-.6 instrumentation, then tempo fall; .6-.85 genre, then mood; .85-1 the picture alone."""
PAPER = replace(STAGED, words_lost=0.2)
"""The same with a fifth of the words missing: such texts cannot be prepared, the text encoder runs all the time."""
MUSIC_ONLY = TextPlan(picture=False)
TEXT_PLANS = {"staged": STAGED, "paper": PAPER, "everything": TextPlan(), "music": MUSIC_ONLY}


def said(clip: Clip, parts: tuple[str, ...], plan: TextPlan) -> str:
    """The description of a clip with these parts of the music's."""
    music = [f"{name}: {clip.music[name]}" for name in parts if name in clip.music]
    picture = [f"{name.replace('_', ' ')}: {words}" for name, words in clip.visual.items()] if plan.picture else []
    return ". ".join([*music, *picture, *([clip.free] if clip.free else [])])


def parts_at(share: float, plan: TextPlan, rng: np.random.Generator) -> tuple[str, ...]:
    """Which parts of the music's description are said at a share (0 .. 1) of the updates."""
    whole, chances = rng.random() < plan.whole, rng.random(len(MUSIC))
    return tuple(name for name, chance in zip(MUSIC, chances, strict=True) if whole or (
        share < plan.picture_only and (share < plan.falls.get(name, 2.0) or chance < plan.still)))


def caption(clip: Clip, share: float, plan: TextPlan, rng: np.random.Generator) -> str:
    """What is said of a clip at a share of the updates."""
    words = said(clip, parts_at(share, plan, rng), plan).split(" ")
    kept = rng.random(len(words)) >= plan.words_lost
    return " ".join(word for word, stays in zip(words, kept, strict=True) if stays)


def every_caption(clip: Clip, plan: TextPlan) -> list[str]:
    """All that may ever be said of a clip while no word is lost: what can be prepared."""
    choices = product(*((False, True) if name in plan.falls else (True,) for name in MUSIC))
    texts = [said(clip, tuple(name for name, here in zip(MUSIC, choice, strict=True) if here), plan)
             for choice in choices]
    return list(dict.fromkeys(texts))
