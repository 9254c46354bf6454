"""Frames of the demo film: the number burnt into each is the frame that was asked for."""
from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from backend.domain.analysis import ClipAnalysis
from backend.video import brush
from backend.video.drawn_film import HEIGHT, WIDTH
from backend.video.stills import PyAvGrabber


def _box(number: int) -> np.ndarray:
    canvas = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    brush.frame_number(canvas, number)
    return canvas[-26:-6, -70:-8].astype(np.float32)


def test_every_shot_of_the_story_shows_its_frame(story: Path, story_analysis: ClipAnalysis) -> None:
    asked = [frame for shot in story_analysis.shots
             for frame in (shot.start_frame, (shot.start_frame + shot.end_frame) // 2, shot.end_frame - 1)]
    asked = [frame for frame in asked if story_analysis.curve("luma").values[frame] > .05]
    times = tuple(story_analysis.frame_times_s[frame] for frame in asked)
    stills = PyAvGrabber().grab(story_analysis, story, times, HEIGHT)
    boxes = np.stack([_box(number) for number in range(len(story_analysis.frame_times_s))])
    seen = [cv2.imdecode(np.frombuffer(still.data, np.uint8), cv2.IMREAD_COLOR)[-26:-6, -70:-8] for still in stills]
    assert len(asked) > 15 and [still.frame for still in stills] == asked
    assert [int(np.abs(boxes - box).mean(axis=(1, 2, 3)).argmin()) for box in seen] == asked
