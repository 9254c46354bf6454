"""Random small films with exact truth, for measuring detectors: cuts, pans, flashes, strobes, dissolves, fades, shakes,
impacts. The same seed always draws the same film."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from backend.video.film_truth import FilmTruth
from backend.video.film_writer import write_film

WIDTH, HEIGHT = 160, 90
RATES = (Fraction(24), Fraction(25), Fraction(24000, 1001), Fraction(30))
SHOTS = (4, 7)
CAMERAS = ("still", "still", "pan", "ease", "zoom", "shake", "whip")
EVENTS = ("none", "none", "flash", "strobe", "drop", "drop", "slam", "jolt", "passer")
IMPACTS = ("drop", "slam", "jolt")
JOINS = ("cut", "cut", "cut", "cut", "dissolve", "fade")
NOISES = 12
"""Different pictures of grain."""

TITLES = 0.08
"""Share of shots that are a text card on black."""

QUIET = 14
"""Frames after the join and before the end of a shot in which no event lies or nearly so."""


@dataclass(frozen=True)
class _Shot:
    """A camera move over a painted ground with at most one event; ``at`` is the event's frame within the shot."""

    frames: int
    ground: np.ndarray
    camera: str
    course: tuple[float, float]
    event: str
    at: int
    seed: int
    join: str
    join_frames: int


def draw_test_film(seed: int, path: Path) -> FilmTruth:
    """Draw film number ``seed`` (160x90, six to twelve seconds). Raises OutputError."""
    rng = np.random.default_rng(seed)
    fps = RATES[int(rng.integers(len(RATES)))]
    shots = _plan(rng)
    write_film(path, _pictures(shots, int(rng.integers(1 << 30)), float(rng.uniform(0.5, 3))), fps,
               preset="ultrafast")
    return _truth(shots, fps)


def _plan(rng: np.random.Generator) -> list[_Shot]:
    shots: list[_Shot] = []
    for i in range(int(rng.integers(*SHOTS))):
        title, short = rng.random() < TITLES, rng.random() < 0.15
        join = "cut" if i == 0 or short else str(rng.choice(JOINS))
        joining = int(rng.integers(18, 31)) if join != "cut" else 0
        event = "none" if short or title else str(rng.choice(EVENTS))
        camera = str(rng.choice(CAMERAS))
        if event in IMPACTS and camera != "still":
            camera = "ease" if camera == "ease" and event != "jolt" else "still"
        room = int(rng.integers(9, 20) if short else rng.integers(30, 60))
        first = joining + QUIET
        heading, speed = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 4.5)
        relative = shots[-1].ground if shots and rng.random() < 0.2 and shots[-1].ground.max() > 0 else None
        shots.append(_Shot(
            frames=joining + room, ground=_title(rng) if title else _ground(rng, relative), camera=camera,
            course=(speed * np.cos(heading), speed * np.sin(heading) * 0.5), event=event,
            at=int(rng.integers(first, max(first + 1, joining + room - QUIET - 2))), seed=int(rng.integers(1 << 30)),
            join=join, join_frames=joining))
    return shots


def _ground(rng: np.random.Generator, relative: np.ndarray | None) -> np.ndarray:
    """A painted surface, float32 [180, 320, 3] that tiles. A relative keeps the palette of another shot."""
    paint = sum((_cloud(rng, size) * size ** 0.6 for size in (4, 8, 16, 32, 64)), np.zeros((180, 320), np.float32))
    paint = (paint - paint.min()) / (paint.max() - paint.min())
    if relative is not None:
        dark, light = np.percentile(relative.reshape(-1, 3), (10, 90), axis=0)
    else:
        dark, light = rng.uniform(0, 110, 3), rng.uniform(70, 255, 3)
    return np.asarray(dark + (light - dark) * paint[..., None], np.float32)


def _title(rng: np.random.Generator) -> np.ndarray:
    """A text card: black with a few words, sometimes with none."""
    card = np.zeros((180, 320, 3), np.uint8)
    for row in range(int(rng.integers(0, 3))):
        cv2.putText(card, "the end of the night"[:int(rng.integers(5, 20))], (int(rng.integers(2, 40)), 40 + 24 * row),
                    cv2.FONT_HERSHEY_SIMPLEX, float(rng.uniform(0.25, 0.6)), (210, 220, 230), 1, cv2.LINE_AA)
    return card.astype(np.float32)


def _cloud(rng: np.random.Generator, size: int) -> np.ndarray:
    coarse = rng.random((180 // size + 1, 320 // size + 1)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (320, 180), interpolation=cv2.INTER_CUBIC))


def _pictures(shots: list[_Shot], noise_seed: int, grain: float) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(noise_seed)
    noises = rng.normal(0, grain, (NOISES, HEIGHT, WIDTH, 1)).astype(np.float32)
    for i, shot in enumerate(shots):
        for frame in range(shot.frames):
            picture = _picture(shot, frame)
            half = shot.join_frames // 2
            if shot.join == "dissolve" and frame < shot.join_frames:
                share = (frame + 1) / (shot.join_frames + 1)
                before = shots[i - 1]
                picture = picture * share + _picture(before, before.frames + frame) * (1 - share)
            if shot.join == "fade" and frame < half:
                picture = picture * (frame / half)
            after = shots[i + 1] if i + 1 < len(shots) else None
            if after is not None and after.join == "fade":
                picture = picture * min(1.0, (shot.frames - 1 - frame) / (after.join_frames // 2))
            yield np.clip(picture + noises[rng.integers(NOISES)], 0, 255).astype(np.uint8)


def _picture(shot: _Shot, frame: int) -> np.ndarray:
    """Frame of a shot without its joins, float32 [90, 160, 3]."""
    x, y, scale = _camera(shot, frame)
    move = np.array([[scale, 0, -x], [0, scale, -y]], np.float32)
    picture = cv2.warpAffine(shot.ground, move, (WIDTH, HEIGHT), borderMode=cv2.BORDER_WRAP)
    actor = np.random.default_rng(shot.seed)
    colour = actor.uniform(0, 255, 3)
    since = frame - shot.at
    if shot.event == "drop":
        fall = min(1.0, max(0.0, 1 + since / 12)) ** 2
        _box(picture, actor.uniform(20, 120) - x, -24 + fall * actor.uniform(70, 90) - y, actor.uniform(16, 34), colour)
    elif shot.event == "slam":
        shut = min(1.0, max(0.0, 1 + since / 8)) ** 1.5
        _panel(picture, 20 + 70 * shut - x, colour)
    elif shot.event == "passer":
        _box(picture, -40 + 240 * frame / shot.frames, actor.uniform(10, 50), actor.uniform(16, 34), colour)
    elif shot.event == "flash" and 0 <= since < 1 + shot.seed % 3:
        picture = picture * 0.25 + 255 * 0.75
    elif shot.event == "strobe" and 0 <= since < 16 and since // (1 + shot.seed % 2) % 2 == 0:
        picture = picture * 0.3
    return np.asarray(picture, np.float32)


def _camera(shot: _Shot, frame: int) -> tuple[float, float, float]:
    """Displacement in pixels and scale."""
    vx, vy = shot.course
    if shot.camera == "pan":
        return vx * frame, vy * frame, 1.0
    if shot.camera == "ease":
        t = min(1.0, frame / shot.frames)
        return 12 * vx * t * t * (3 - 2 * t), 12 * vy * t * t * (3 - 2 * t), 1.0
    if shot.camera == "whip":
        turn = 1 / (1 + np.exp(-(frame - shot.at) / 2.5))
        return 40 * vx * turn, 20 * vy * turn, 1.0
    if shot.camera == "zoom":
        return 0.0, 0.0, 1 + 0.006 * abs(vx) * frame
    jitter = np.random.default_rng((shot.seed, frame)).normal(0, 1, 2)
    if shot.camera == "shake":
        return (4 * np.sin(frame / 5 + vx) + 0.6 * jitter[0], 3 * np.sin(frame / 7 + vy) + 0.6 * jitter[1], 1.0)
    since = frame - shot.at
    if shot.event == "jolt" and 0 <= since < 10:
        fade = 6 * (1 - since / 10)
        return fade * np.cos(2.4 * since) * np.sign(vx), fade * np.sin(2.4 * since + 1), 1.0
    return 0.0, 0.0, 1.0


def _panel(picture: np.ndarray, edge: float, colour: np.ndarray) -> None:
    """A door that comes from the left, its edge at ``edge``."""
    cv2.rectangle(picture, (-3200, 160), (round(edge * 16), 1280), colour.tolist(), -1, cv2.LINE_AA, 4)


def _box(picture: np.ndarray, x: float, y: float, size: float, colour: np.ndarray) -> None:
    corner, far = (round(x * 16), round(y * 16)), (round((x + size) * 16), round((y + size) * 16))
    cv2.rectangle(picture, corner, far, colour.tolist(), -1, cv2.LINE_AA, 4)
    middle = (round((x + size / 2) * 16), round((y + size / 2) * 16))
    cv2.circle(picture, middle, round(size * 5), (255 - colour).tolist(), -1, cv2.LINE_AA, 4)


def _truth(shots: list[_Shot], fps: Fraction) -> FilmTruth:
    lists: dict[str, list[Any]] = {name: [] for name in ("cuts", "impacts", "flashes", "strobes", "fades", "dissolves")}
    start = 0
    for i, shot in enumerate(shots):
        half = shot.join_frames // 2
        if i and shot.join == "cut":
            lists["cuts"].append(start)
        elif shot.join == "dissolve":
            lists["dissolves"].append((start, start + shot.join_frames - 1))
        elif shot.join == "fade":
            lists["fades"] += [(start - half - 1, start - 1), (start, start + half)]
        at = start + shot.at
        if shot.event in IMPACTS:
            lists["impacts"].append(at)
        elif shot.event == "flash":
            lists["flashes"].append((at, at + shot.seed % 3))
        elif shot.event == "strobe":
            lists["strobes"].append((at, at + 15))
        start += shot.frames
    return FilmTruth(fps, start, **{name: tuple(values) for name, values in lists.items()})
