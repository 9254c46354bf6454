"""Before training: every clip's codes and what may be said of it, worked out once and kept."""
from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import gcd
from pathlib import Path

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from scipy.signal import resample_poly
from torch import Tensor

from backend.errors import InputError, OutputError
from backend.models.musicgen.companions import Companions
from backend.training.rcmusicgen_manifest import Clip
from backend.training.rcmusicgen_text import TextPlan, every_caption

TextStates = Callable[[Sequence[str]], tuple[Tensor, Tensor]]


def prepare(clips: Sequence[Clip], companions: Companions, cache: Path, base: str,
            tell: Callable[[int, int], None]) -> list[Clip]:
    """The clips with their codes: those of the manifest, or encoded now and kept under ``cache``; ``tell`` hears how
    many of how many are done. Resumable. Raises InputError for sound that cannot be read, OutputError for no space."""
    out = []
    for number, clip in enumerate(clips, 1):
        if clip.codes is None:
            file = cache / "codes" / f"{_name_of(clip, base)}.npy"
            if not file.is_file():
                _keep(file, companions.codes(read_sound(clip, companions.sample_rate)))
            clip = replace(clip, codes=file)
        out.append(clip)
        tell(number, len(clips))
    return out


def _name_of(clip: Clip, base: str) -> str:
    assert clip.audio is not None
    try:
        standing = clip.audio.stat()
    except OSError as error:
        raise InputError(f"The sound '{clip.audio}' of the clip '{clip.name}' cannot be read: "
                         f"{error.strerror}.") from None
    key = repr((base, str(clip.audio), standing.st_size, standing.st_mtime_ns, clip.start_s, clip.duration_s))
    return hashlib.sha256(key.encode()).hexdigest()[:24]


def read_sound(clip: Clip, sample_rate: int) -> NDArray[np.float32]:
    """The clip's part of its file, mono, at a rate. Raises InputError in one line."""
    assert clip.audio is not None
    try:
        with soundfile.SoundFile(clip.audio) as opened:
            opened.seek(min(round(clip.start_s * opened.samplerate), opened.frames))
            wave = opened.read(round(clip.duration_s * opened.samplerate), dtype="float32", always_2d=True).mean(1)
            rate = opened.samplerate
    except (OSError, soundfile.SoundFileError) as error:
        raise InputError(f"The sound '{clip.audio}' of the clip '{clip.name}' cannot be read: "
                         f"{str(error).splitlines()[0].rstrip('.')}.") from None
    if len(wave) < rate // 2:
        raise InputError(f"The clip '{clip.name}' has less than half a second of sound from {clip.start_s:g} s on in "
                         f"'{clip.audio}'. Correct its start, or leave it out.")
    shared = gcd(rate, sample_rate)
    even = wave if rate == sample_rate else resample_poly(wave, sample_rate // shared, rate // shared)
    return np.asarray(even, np.float32)


def _keep(file: Path, codes: Tensor) -> None:
    part = file.with_name(file.name + ".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as opened:
            np.save(opened, codes.cpu().numpy().astype(np.uint16))
        os.replace(part, file)
    except OSError as error:
        raise OutputError(f"'{file}' cannot be written: {error.strerror}. Free some space; what is prepared "
                          "stays.") from None


class KeptTexts:
    """A text encoder that remembers, in memory and in a folder: the same text is encoded once. Without ``keep`` it
    remembers prepared texts only: when words are lost, no text comes twice."""

    def __init__(self, encode: TextStates, folder: Path, base: str, keep: bool = True) -> None:
        self._encode, self._folder, self._base, self._keep = encode, folder, base, keep
        self._known: dict[str, Tensor] = {}

    def prepare(self, clips: Sequence[Clip], plan: TextPlan) -> int:
        """Encode all that may be said of the clips while no word is lost; how many texts that are."""
        texts = sorted({text for clip in clips for text in every_caption(clip, plan)} | {""})
        for text in texts:
            self._remember(text)
        return len(texts)

    def __call__(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """States [texts, tokens, width], zeros after a text's end, and which tokens count."""
        rows = [self._states(text) for text in texts]
        longest = max(1, *(len(row) for row in rows))
        states = torch.zeros(len(rows), longest, rows[0].shape[1])
        heard = torch.zeros(len(rows), longest, dtype=torch.bool)
        for number, row in enumerate(rows):
            states[number, :len(row)] = row
            heard[number, :len(row)] = True
        return states, heard

    def _states(self, text: str) -> Tensor:
        """States [tokens, width] of one text; none of an empty one."""
        if text not in self._known and not self._keep:
            return self._fresh(text).float()
        return self._remember(text).float()

    def _remember(self, text: str) -> Tensor:
        if text not in self._known:
            name = hashlib.sha256(f"{self._base}\n{text}".encode()).hexdigest()[:24]
            self._known[text] = self._kept(self._folder / f"{name}.safetensors", text)
        return self._known[text]

    def _fresh(self, text: str) -> Tensor:
        states, heard = self._encode([text])
        return states[0][heard[0]].half().contiguous()

    def _kept(self, file: Path, text: str) -> Tensor:
        if file.is_file():
            try:
                return load_file(file)["states"]
            except (SafetensorError, OSError, KeyError):
                file.unlink(missing_ok=True)
        half = self._fresh(text)
        part = file.with_name(file.name + ".part")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            save_file({"states": half}, part)
            os.replace(part, file)
        except (OSError, SafetensorError) as error:
            raise OutputError(f"'{file}' cannot be written: {error}. Free some space; what is prepared "
                              "stays.") from None
        return half
