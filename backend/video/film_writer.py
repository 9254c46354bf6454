"""Writes drawn pictures as a film (H.264 in MP4), for the demo and for films whose truth is known."""
from __future__ import annotations

import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from backend.errors import OutputError

QUALITY = "20"
"""x264's constant rate factor: visually clean, about 100 kB for ten seconds of drawing."""


def write_film(path: Path, pictures: Iterable[np.ndarray], fps: Fraction, preset: str = "veryfast") -> None:
    """Encode BGR pictures (uint8 [height, width, 3], even sides) at a constant rate, without sound; ``preset`` is
    x264's.
    The file appears under its name only when it is complete. Raises OutputError.
    """
    unfinished = path.with_name(f".{path.stem}.unfinished{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _encode(unfinished, pictures, fps, preset)
        os.replace(unfinished, path)
    except (OSError, av.FFmpegError) as error:
        raise OutputError(f"The film '{path}' cannot be written: {error}. Free some space or choose another folder."
                          ) from None
    finally:
        unfinished.unlink(missing_ok=True)


def _encode(path: Path, pictures: Iterable[np.ndarray], fps: Fraction, preset: str) -> None:
    with av.open(str(path), "w") as container:
        stream = None
        for picture in pictures:
            if stream is None:
                stream = container.add_stream("libx264", rate=fps)
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.options = {"crf": QUALITY, "preset": preset, "threads": "1"}
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24")
            container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode(None))
