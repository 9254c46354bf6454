"""The eyes, scripted: what they say of a shot is measured in the very pictures that came with the prompt."""
from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from backend.agents.stand_in.burnt_in import frame_of
from backend.agents.stand_in.saying import Saying
from backend.agents.stand_in.sheet import Missing, Row, Sheet

_DARK, _BRIGHT = 0.3, 0.6
_LABELS = ("brightness", "hue", "view_scale", "emotion", "setting", "behaviour", "theme")


def look(sheet: Sheet) -> Saying:
    """Shots where there is a TABLE; clip, plot and reasoning where there is a PLOT."""
    frames = sheet.rows("FRAMES", "image", "t_s", "frame", "shot", "why")
    numbers = _numbers(sheet, frames)
    lights = [_light(image) for image in sheet.asked.images]
    facts = sheet.pairs("CUE")
    if "valence" not in facts or "arousal" not in facts:
        raise Missing("CUE of 'visual' does not say valence or arousal")
    payload: dict[str, Any] = {}
    if sheet.has("TABLE"):
        shots = sheet.rows("TABLE", "shot", "start_s", "end_s", "brightness", "hue", "motion", "moves")
        payload["shots"] = [_shot(sheet, row, frames, lights) for row in shots]
    elif not sheet.has("DRAFT"):
        raise Missing("the prompt of 'visual' has neither TABLE nor DRAFT")
    if sheet.has("PLOT"):
        mean = float(np.mean(lights))
        plot = sheet.rows("PLOT", "section", "start_s", "end_s", "tension", "shots")
        payload |= {"clip": _labels(_emotion(facts), mean), "plot": [_section(sheet, row) for row in plot],
                    "reasoning": _reasoning(sheet, facts, mean)}
    seen = ", ".join(row["frame"] for row in frames)
    return Saying(payload, f"{len(frames)} frames seen: {seen}.", ("motion", "tension"), 0.7, numbers)


def _numbers(sheet: Sheet, frames: list[Row]) -> tuple[int | None, ...]:
    """The burnt-in number of every picture. Raises Missing where pictures and FRAMES do not agree."""
    images = sheet.asked.images
    if len(images) != len(frames):
        raise Missing(f"{len(frames)} frames are named and {len(images)} pictures have come")
    numbers = tuple(frame_of(image) for image in images)
    for row, number in zip(frames, numbers, strict=True):
        if number is not None and number != int(row["frame"]):
            raise Missing(f"image {row['image']} is frame {number}, not {row['frame']}")
    return numbers


def _light(image: bytes) -> float:
    """Mean luma 0..1."""
    picture = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise Missing("a picture of 'visual' cannot be decoded")
    return float(picture.mean()) / 255


def _shot(sheet: Sheet, row: Row, frames: list[Row], lights: list[float]) -> dict[str, Any]:
    mine = [light for frame, light in zip(frames, lights, strict=True) if frame["shot"] == row["shot"]]
    if not mine:
        raise Missing(f"no picture shows shot {row['shot']}")
    mean, motion = float(np.mean(mine)), sheet.number(row, "motion", "TABLE")
    sentence = f"{len(mine)} pictures with a mean light of {mean:.2f}."
    return {"shot": int(row["shot"]), "sentence": sentence, "confidence": 0.6,
            "labels": _labels("Exciting" if motion > 0.5 else "Calm", mean)}


def _labels(emotion: str, light: float) -> dict[str, str | None]:
    known = {"brightness": "dark" if light < _DARK else "bright" if light > _BRIGHT else "mild", "emotion": emotion,
             "theme": "animation"}
    return {name: known.get(name) for name in _LABELS}


def _emotion(facts: dict[str, str]) -> str:
    """The composer's word, or the quarter of the plane that the figures lie in."""
    if "emotion" in facts:
        return facts["emotion"].split(" (")[0]
    lively = float(facts["arousal"]) >= 0
    return ("Joyous" if lively else "Calm") if float(facts["valence"]) >= 0 else "Nervous" if lively else "Sad"


def _section(sheet: Sheet, row: Row) -> dict[str, Any]:
    tension = sheet.number(row, "tension", "PLOT")
    return {"section": int(row["section"]), "tension": tension,
            "sentence": f"From {row['start_s']} to {row['end_s']} s things {'tighten' if tension > 0.5 else 'rest'}."}


def _reasoning(sheet: Sheet, facts: dict[str, str], light: float) -> dict[str, Any]:
    offered = [row["id"] for row in sheet.rows("OPTIONS", "id")]
    emotion = _emotion(facts).lower()
    pace = "fast" if float(facts["arousal"]) >= 0 else "slow"
    return {"visual": {"objects": "drawn shapes", "emotion": emotion, "dynamics": facts.get("moves", "")[:180] or pace,
                       "colour": f"mean light {light:.2f}"},
            "music": {"genre": "film score", "instruments": offered[:3], "rhythm": pace, "emotion": emotion},
            "music_description": f"A {emotion}, {pace} film score for {', '.join(offered[:3])}."}
