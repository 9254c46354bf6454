"""Clips as the decoder learns them: windows of codes, the spots that fall into them, a text."""
from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.errors import InputError
from backend.models.musicgen.chroma import Chromagram
from backend.models.musicgen.decoder import DecoderShape
from backend.models.musicgen.delay import delayed
from backend.models.musicgen.spots_audio import BINS, MODES, SAMPLE_RATE, raster_spots, render_spots
from backend.training.rcmusicgen_manifest import Clip
from backend.training.rcmusicgen_options import RcOptions
from backend.training.rcmusicgen_text import TextPlan, caption
from backend.training.trainer import Batch

IGNORED = -100
CODE_RATE = 50


@dataclass(frozen=True)
class Row:
    """A window: codes [books, frames] padded to the segment, of which ``length`` count; chromagram, of which ``frames``
    count; words."""

    codes: NDArray[np.int64]
    length: int
    chroma: NDArray[np.float32]
    frames: int
    words: str


class ClipMaterial:
    """The clips of a split, drawn by weight. Raises InputError when a clip's codes are not there or are no codes."""

    def __init__(self, clips: Sequence[Clip], shape: DecoderShape, options: RcOptions) -> None:
        self._clips, self._shape, self._options = clips, shape, options
        self._segment = round(options.segment_s * CODE_RATE)
        genres = Counter(clip.music.get("genre", "") for clip in clips)
        shares = [clip.weight / (genres[clip.music.get("genre", "")] if options.balanced else 1) for clip in clips]
        if sum(shares) <= 0:
            raise InputError("Every clip of the manifest has the weight 0; give some a weight above 0.")
        self.chances = np.array(shares) / sum(shares)
        self._codes = [_read_codes(clip, shape) for clip in clips]
        mode = MODES.get(options.mode)
        self._chromagram = Chromagram(mode) if mode is not None and not mode.gate else None

    @property
    def fingerprint(self) -> str:
        """Of the codes and conditions: another data set gives another one."""
        digest = hashlib.sha256()
        for clip, codes in zip(self._clips, self._codes, strict=True):
            digest.update(codes.tobytes() + repr((clip.name, clip.times_s, clip.strengths, dict(clip.music),
                                                  dict(clip.visual), clip.free, clip.weight)).encode())
        return digest.hexdigest()

    def draw(self, plan: TextPlan, share: float, rng: np.random.Generator) -> Row:
        number = int(rng.choice(len(self._clips), p=self.chances))
        clip, codes = self._clips[number], self._codes[number]
        first = int(rng.integers(0, max(0, codes.shape[1] - self._segment) + 1))
        part = codes[:, first:first + self._segment].astype(np.int64)
        chroma, frames = self._chroma(clip, first / CODE_RATE, part.shape[1])
        padded = np.pad(part, ((0, 0), (0, self._segment - part.shape[1])), constant_values=self._shape.pad)
        return Row(padded, part.shape[1], chroma, frames, caption(clip, share, plan, rng))

    def _chroma(self, clip: Clip, start_s: float, length: int) -> tuple[NDArray[np.float32], int]:
        """The chromagram of the segment, and how many of its frames lie within the clip."""
        mode, duration_s = MODES.get(self._options.mode), self._options.segment_s
        if mode is None:
            return np.zeros((1, BINS), np.float32), 0
        inside = [(time_s - start_s, s) for time_s, s in zip(clip.times_s, clip.strengths, strict=True)
                  if start_s <= time_s < start_s + length / CODE_RATE]
        times, strengths = [time_s for time_s, _ in inside], [s for _, s in inside]
        frames = -(-length * SAMPLE_RATE // CODE_RATE // mode.hop)
        if self._chromagram is None:
            return raster_spots(times, strengths, duration_s, mode), frames
        wave = torch.from_numpy(render_spots(times, strengths, duration_s))[None]
        return np.asarray(self._chromagram(wave)[0].numpy(), np.float32), frames


def _read_codes(clip: Clip, shape: DecoderShape) -> NDArray[np.uint16]:
    if clip.codes is None:
        raise InputError(f"The clip '{clip.name}' has no codes yet. Prepare the data set first.")
    return read_codes(clip.codes, shape)


def read_codes(file: Path, shape: DecoderShape) -> NDArray[np.uint16]:
    """Codes [books, frames] of a file (npy). Raises InputError in one line."""
    try:
        codes = np.load(file, allow_pickle=False)
    except OSError as error:
        raise InputError(f"The codes '{file}' cannot be read: {error.strerror or error}. Prepare the data set "
                         "again.") from None
    except (ValueError, EOFError):
        raise InputError(f"'{file}' is no file of codes. Delete it and prepare the data set again.") from None
    if codes.ndim != 2 or codes.shape[0] != shape.books or codes.shape[1] == 0 or codes.dtype.kind not in "ui":
        raise InputError(f"'{file}' has codes of the shape {codes.shape}; {shape.books} books of whole numbers are "
                         "needed. Prepare the data set with these weights.")
    if codes.max() >= shape.codes:
        raise InputError(f"'{file}' has the code {codes.max()}; the model knows {shape.codes}. Prepare the data set "
                         "with these weights.")
    return np.asarray(codes, np.uint16)


def stack(rows: Sequence[Row], texts: Callable[[Sequence[str]], tuple[Tensor, Tensor]], silent: NDArray[np.bool_],
          wordless: NDArray[np.bool_], pad: int) -> Batch:
    """Windows side by side; ``silent`` rows hear no rhythm, ``wordless`` ones no text."""
    codes = torch.from_numpy(np.stack([row.codes for row in rows]))
    inputs, targets = delayed(codes, pad)
    states, heard = texts(["" if none else row.words for row, none in zip(rows, wordless, strict=True)])
    return {"codes": inputs, "targets": targets.masked_fill(targets == pad, IGNORED),
            "chroma": torch.from_numpy(np.stack([row.chroma for row in rows])),
            "frames": torch.tensor([row.frames for row in rows]), "no_rhythm": torch.from_numpy(silent.copy()),
            "text": states.float(), "said": heard.float()}
