"""Text and rhythm spots to sound: MusicGen with the rhythm conditioner, whole."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.errors import InputError
from backend.models.musicgen.adapted import apply_trained
from backend.models.musicgen.companions import Companions, load_companions
from backend.models.musicgen.conditioner import RhythmConditioner
from backend.models.musicgen.decoder import Condition, Decoder
from backend.models.musicgen.generate import Draw, Guided, cuda_graph, generate
from backend.models.musicgen.loading import Pretrained, load_pretrained
from backend.models.musicgen.precision import at_precision
from backend.models.musicgen.spots_audio import FINE25, SAMPLE_RATE, RhythmMode, raster_spots, render_spots

CODE_RATE = 50


@dataclass(frozen=True)
class Spots:
    """Times in seconds and strengths 1 .. 3."""

    times_s: Sequence[float]
    strengths: Sequence[int]


@dataclass(frozen=True)
class Wish:
    """What is to be written, and how far guidance goes (1: none)."""

    text: str
    spots: Spots
    scale: float = 3.0
    draw: Draw = Draw()


def chromagram(spots: Spots, duration_s: float, conditioner: RhythmConditioner) -> Tensor:
    """[1, frames, 12]: drawn where the mode allows, else through the sound."""
    mode = conditioner.mode
    if mode.gate:
        return torch.from_numpy(raster_spots(spots.times_s, spots.strengths, duration_s, mode))[None]
    wave = torch.from_numpy(render_spots(spots.times_s, spots.strengths, duration_s))[None]
    heard: Tensor = conditioner.chromagram(wave)
    return heard


@dataclass(frozen=True)
class RhythmMusicGen:
    """The parts, ready to write. Not for speech: mono music at the codec's rate."""

    pretrained: Pretrained
    companions: Companions
    conditioner: RhythmConditioner

    @property
    def decoder(self) -> Decoder:
        return self.pretrained.decoder

    @torch.no_grad()
    def guided(self, text: str, spots: Spots, duration_s: float, scale: float) -> Guided:
        """Text and rhythm against neither."""
        states, heard = self.companions.text_states([text])
        place = self.pretrained.text.weight
        words = self.pretrained.text(states.to(place)) * heard[..., None].to(place)
        rhythm = self.conditioner(chromagram(spots, duration_s, self.conditioner).to(place.device))
        nothing = self.conditioner.nothing(1)
        full, null = (self._condition(frames, part) for frames, part in
                      ((rhythm, words), (nothing, torch.zeros_like(words))))
        return Guided((full, null), (scale,)) if scale != 1 else Guided((full,))

    def _condition(self, rhythm: Tensor, words: Tensor) -> Condition:
        crossing, added = self.decoder.shape.crossing, self.conditioner.mode.added
        before = [part for part, here in ((rhythm, not added), (words, not crossing)) if here]
        return Condition(torch.cat(before, 1) if before else None, words if crossing else None,
                         rhythm if added else None)

    def write(self, text: str, spots: Spots, duration_s: float, scale: float = 3.0,
              draw: Draw | None = None) -> NDArray[np.float32]:
        """Mono sound of ``duration_s`` at ``companions.sample_rate``. Raises InputError when memory runs out."""
        try:
            wish = Wish(text, spots, scale, draw or Draw())
            return self.companions.sound(self.codes(wish, round(duration_s * CODE_RATE))[0].cpu())
        except (torch.OutOfMemoryError, MemoryError):
            raise InputError("Memory ran out while MusicGen wrote. Take a shorter cue, half precision, or a smaller "
                             "model.") from None


    def codes(self, wish: Wish, frames: int) -> Tensor:
        """Codes [1, books, frames]. What is longer than the model's span is written span by span, each one hearing the
        last two fifths of the one before."""
        span = self._span()
        kept = span * 2 // 5
        done = self._window(wish, 0, min(span, frames), None)
        while done.shape[-1] < frames:
            first = done.shape[-1] - kept
            more = self._window(wish, first, min(span, frames - first), done[..., first:])
            done = torch.cat([done[..., :first], more], -1)
        return done

    def _span(self) -> int:
        """Codes that the rhythm condition reaches over."""
        return self.conditioner.most_frames * self.conditioner.mode.hop * CODE_RATE // SAMPLE_RATE

    def _window(self, wish: Wish, first: int, frames: int, given: Tensor | None) -> Tensor:
        start_s, duration_s = first / CODE_RATE, frames / CODE_RATE
        pairs = zip(wish.spots.times_s, wish.spots.strengths, strict=True)
        here = [(time_s - start_s, strength) for time_s, strength in pairs
                if start_s <= time_s < start_s + duration_s]
        moved = Spots([time_s for time_s, _ in here], [strength for _, strength in here])
        guided = self.guided(wish.text, moved, duration_s, wish.scale)
        recorded = cuda_graph if self.decoder.norm.weight.is_cuda else None
        return generate(self.decoder, guided, frames, wish.draw, recorded, given=given)


def load_rhythm_musicgen(folder: Path, mode: RhythmMode = FINE25, precision: str = "fp32",
                         trained: Path | None = None, device: str = "cpu") -> RhythmMusicGen:
    """From a folder in transformers' layout, at one of PRECISIONS; ``trained`` is a file that training wrote in this
    mode. Text encoder and codec stay on the processor.

    Without ``trained`` the rhythm map starts from the model's own chroma map. Raises InputError in one line.
    """
    pretrained, companions = load_pretrained(folder), load_companions(folder)
    if companions.sample_rate != SAMPLE_RATE:
        raise InputError(f"'{folder}' has a codec of {companions.sample_rate} Hz; MusicGen's works at {SAMPLE_RATE}.")
    conditioner = rhythm_conditioner(pretrained, mode)
    if trained is not None:
        apply_trained(trained, pretrained, conditioner)
    if precision != "fp32":
        pretrained = replace(pretrained, decoder=at_precision(pretrained.decoder, precision))
    for part in (pretrained.decoder, pretrained.text, conditioner):
        part.to(device)
    return RhythmMusicGen(pretrained, companions, conditioner)


def rhythm_conditioner(pretrained: Pretrained, mode: RhythmMode) -> RhythmConditioner:
    """A conditioner whose map is the melody model's own for chroma: the first step hears a melody of three notes.
    What is added to the codes, and a text model's map, start from nothing instead."""
    conditioner = RhythmConditioner(mode, pretrained.decoder.shape.width)
    with torch.no_grad():
        if pretrained.rhythm is not None and not mode.added:
            conditioner.project.load_state_dict(pretrained.rhythm.state_dict())
        else:
            conditioner.project.weight.zero_()
            conditioner.project.bias.zero_()
    return conditioner.requires_grad_(False)
