"""The demo film: a round fellow sleeps under a tree, a storm comes, he gets home, morning comes. 26 s at 24 fps.

Everything is a function of the frame number, so the film is the same everywhere and its cuts and hits are known.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from backend.video import brush
from backend.video.film_truth import FilmTruth
from backend.video.film_writer import write_film

FPS = Fraction(24)
WIDTH, HEIGHT = 640, 360

Scene = Callable[[int], np.ndarray]
"""Frame number within the scene to picture, uint8 [360, 640, 3] BGR."""

NIGHT, STORM, DAWN = (62, 34, 18), (46, 40, 38), (120, 170, 250)
APPLE_FALLS, APPLE_LANDS = 44, 56
DOOR_SLAMS = 40
BRANCH_FALLS, BRANCH_LANDS = 30, 42
LIGHTNING = (30, 34, 62)
DISSOLVE = 24


def draw_story(path: Path) -> None:
    """Draw and encode the film. Raises OutputError when it cannot be written."""
    write_film(path, story_pictures(), FPS)


def story_pictures() -> Iterator[np.ndarray]:
    """All pictures of the film in order, uint8 [360, 640, 3] BGR."""
    number = 0
    for i, (length, scene) in enumerate(_SCENES):
        for frame in range(length):
            picture = scene(frame)
            if i == _MORNING and frame < DISSOLVE:
                before_length, before = _SCENES[i - 1]
                share = (frame + 1) / (DISSOLVE + 1)
                old = before(before_length + frame)
                picture = (picture * share + old * (1 - share)).round().astype(np.uint8)
            brush.frame_number(picture, number)
            yield picture
            number += 1


def story_truth() -> FilmTruth:
    """Where things happen, from the same constants that draw them."""
    starts = [sum(length for length, _ in _SCENES[:i]) for i in range(len(_SCENES) + 1)]
    return FilmTruth(
        fps=FPS, frames=starts[-1], cuts=tuple(start for i, start in enumerate(starts[1:-1], 1) if i != _MORNING),
        impacts=(starts[1] + APPLE_LANDS, starts[4] + DOOR_SLAMS, starts[5] + BRANCH_LANDS),
        flashes=tuple((starts[2] + frame, starts[2] + frame) for frame in LIGHTNING),
        fades=((0, 23), (starts[-1] - 30, starts[-1] - 1)),
        dissolves=((starts[_MORNING], starts[_MORNING] + DISSOLVE - 1),))


def _night(frame: int) -> np.ndarray:
    """A quiet hill under the moon; the camera drifts."""
    canvas = brush.sky(HEIGHT, WIDTH, NIGHT, (110, 72, 52))
    stars = np.random.default_rng(5)
    for x, y, size in zip(stars.uniform(0, WIDTH, 60), stars.uniform(0, 210, 60), stars.uniform(.6, 1.6, 60),
                          strict=True):
        brush.disc(canvas, x - .15 * frame, y, size, (190, 190, 170))
    brush.disc(canvas, 500 - .2 * frame, 80, 34, (210, 235, 240))
    brush.disc(canvas, 486 - .2 * frame, 72, 30, (92, 58, 40))
    brush.hills(canvas, .4 * frame, 250, 18, (70, 58, 40))
    brush.hills(canvas, 300 + .9 * frame, 300, 16, (48, 62, 38))
    brush.cottage(canvas, 470 - .9 * frame, 296, 62, (110, 210, 250))
    brush.tree(canvas, 240 - .9 * frame, 312, 92, (52, 84, 44))
    brush.hero(canvas, 300 - .9 * frame, 316, 15, eyes=0, squash=.25)
    return (canvas * min(1.0, frame / 24)).astype(np.uint8)


def _asleep(frame: int) -> np.ndarray:
    """Close: he sleeps; an apple falls beside him and he starts up."""
    canvas = brush.sky(HEIGHT, WIDTH, (84, 52, 34), (120, 86, 62))
    brush.hills(canvas, 60, 270, 10, (56, 74, 46))
    brush.tree(canvas, 170, 300, 240, (58, 96, 50))
    breath = .12 * np.sin(frame / 9)
    awake = frame >= APPLE_LANDS
    start = max(0.0, 1 - (frame - APPLE_LANDS) / 8) if awake else 0.0
    brush.hero(canvas, 350, 312 - 26 * start * (1 - start) * 4, 52, eyes=1.0 if awake else 0.0,
               squash=0 if awake else .35 + breath)
    fall = np.clip((frame - APPLE_FALLS) / (APPLE_LANDS - APPLE_FALLS), 0, 1)
    brush.disc(canvas, 480, 70 + 228 * fall ** 2, 17, (40, 40, 200))
    brush.line(canvas, (480, 55 + 228 * fall ** 2), (485, 44 + 228 * fall ** 2), (40, 70, 60), 2)
    return brush.shaken(canvas, 3.0 * start if awake else 0, frame)


def _storm(frame: int) -> np.ndarray:
    """Clouds race, lightning."""
    canvas = brush.sky(HEIGHT, WIDTH, STORM, (84, 76, 66))
    clouds = np.random.default_rng(9)
    for x, y, size, depth in zip(clouds.uniform(0, 900, 26), clouds.uniform(10, 190, 26), clouds.uniform(30, 78, 26),
                                 clouds.uniform(.4, 1, 26), strict=True):
        shade = round(48 + 40 * (1 - depth))
        brush.oval(canvas, ((x - 9 * depth * frame) % 900 - 130, y), (size * 1.6, size * .62),
                   (shade + 8, shade, shade))
    brush.hills(canvas, 100, 310, 20, (34, 40, 28))
    brush.rain(canvas, frame, min(140, 3 * frame), -.25)
    if frame in LIGHTNING:
        points = [(410, 0), (380, 90), (420, 120), (370, 230), (395, 300)]
        for a, b in zip(points, points[1:], strict=False):
            brush.line(canvas, a, b, (255, 255, 255), 5)
        return 255 - ((255 - canvas) * 0.35).astype(np.uint8)
    return canvas


def _running(frame: int) -> np.ndarray:
    """He runs home through the rain; the land flies past."""
    canvas = brush.sky(HEIGHT, WIDTH, (60, 52, 48), (92, 84, 74))
    speed = 10 + 4 * min(1, frame / 24)
    brush.hills(canvas, speed * .3 * frame, 220, 26, (58, 62, 50))
    for i in range(9):
        brush.tree(canvas, (i * 170 - speed * frame * .8) % 1530 - 120, 268, 78 + 9 * (i % 3), (50, 72, 46))
    brush.hills(canvas, speed * 1.4 * frame, 318, 9, (40, 54, 36))
    bounce = abs(np.sin(frame * .55))
    brush.hero(canvas, 250 + 30 * np.sin(frame / 15), 306 - 34 * bounce, 34, eyes=1, squash=.3 * (1 - bounce))
    brush.rain(canvas, frame, 140, -.7)
    return canvas


def _door(frame: int) -> np.ndarray:
    """Inside: he slips in and the door slams."""
    canvas = np.full((HEIGHT, WIDTH, 3), (44, 66, 96), np.uint8)
    for x in range(0, WIDTH, 64):
        brush.line(canvas, (x, 0), (x, 290), (38, 58, 86), 2)
    brush.shape(canvas, [(0, 290), (WIDTH, 290), (WIDTH, HEIGHT), (0, HEIGHT)], (40, 50, 66))
    brush.shape(canvas, [(90, 290), (240, 290), (240, 70), (90, 70)], (70, 60, 54))
    brush.rain(canvas[72:288, 92:238], frame, 30, -.3)
    swing = 0.0 if frame < DOOR_SLAMS - 9 else min(1.0, ((frame - DOOR_SLAMS + 9) / 9) ** 2)
    edge = 240 - 150 * swing
    lean = 26 * (1 - swing)
    brush.shape(canvas, [(240, 290), (edge, 290 + lean), (edge, 70 - lean), (240, 70)], (52, 84, 138))
    brush.disc(canvas, edge + 16, 190, 6, (80, 190, 220))
    run = min(1.0, frame / 26)
    brush.hero(canvas, 120 + 300 * run, 312 - 20 * abs(np.sin(frame * .5)) * (run < 1), 44,
               eyes=.4 if frame >= DOOR_SLAMS else 1, squash=.2 if frame > DOOR_SLAMS else 0)
    brush.disc(canvas, 560, 120, 26, (120, 200, 250))
    since = frame - DOOR_SLAMS
    return brush.shaken(canvas, 9 * max(0.0, 1 - since / 7) if since >= 0 else 0, frame)


def _branch(frame: int) -> np.ndarray:
    """Outside: the storm tears a branch off; it crashes down before the window."""
    canvas = brush.sky(HEIGHT, WIDTH, (54, 46, 42), (84, 76, 68))
    brush.hills(canvas, 220, 300, 12, (40, 50, 34))
    brush.cottage(canvas, 440, 300, 150, (110, 210, 250))
    brush.tree(canvas, 150, 310, 150, (48, 72, 42))
    brush.rain(canvas, frame + 200, 140, -.45)
    fall = np.clip((frame - BRANCH_FALLS) / (BRANCH_LANDS - BRANCH_FALLS), 0, 1) ** 2
    x, y = 260 + 20 * fall, 120 + 176 * fall
    brush.shape(canvas, [(x - 90, y - 8), (x + 90, y - 14), (x + 92, y + 8), (x - 88, y + 14)], (34, 52, 74))
    for dx in (-60, -10, 50):
        brush.disc(canvas, x + dx, y - 12, 22, (48, 72, 42))
    since = frame - BRANCH_LANDS
    return brush.shaken(canvas, 12 * max(0.0, 1 - since / 9) if since >= 0 else 0, frame)


def _morning(frame: int) -> np.ndarray:
    """The sun rises, he comes out and looks; the picture goes."""
    rise = min(1.0, frame / 110)
    canvas = brush.sky(HEIGHT, WIDTH, (215, 175, 130), DAWN)
    brush.disc(canvas, 180, 250 - 130 * rise, 46, (150, 225, 255))
    brush.hills(canvas, 40 + .3 * frame, 262, 20, (96, 150, 120))
    brush.hills(canvas, 240 + .5 * frame, 300, 14, (80, 170, 110))
    brush.cottage(canvas, 470 - .5 * frame, 300, 80, (150, 220, 250))
    brush.tree(canvas, 330 - .5 * frame, 316, 100, (90, 190, 120))
    brush.hero(canvas, 430 - .9 * frame, 318, 24, eyes=.8, squash=.08 * np.sin(frame / 6))
    left = _SCENES[_MORNING][0] - 1 - frame
    return (canvas * min(1.0, left / 29)).astype(np.uint8)


_SCENES: tuple[tuple[int, Scene], ...] = (
    (108, _night), (88, _asleep), (84, _storm), (84, _running), (70, _door), (72, _branch), (128, _morning))
_MORNING = 6
