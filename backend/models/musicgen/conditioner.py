"""Rhythm spots as the decoder sees them: projected frames, masked as the released weights expect."""
from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from backend.models.musicgen.chroma import Chromagram
from backend.models.musicgen.spots_audio import BINS, SILENT, RhythmMode


def silence(batch: int, frames: int) -> Tensor:
    """No rhythm [batch, frames, 12]: every frame in bin 0. Not zeros: that is what the weights have never seen."""
    return functional.one_hot(torch.full((batch, frames), SILENT), BINS).float()


class RhythmConditioner(nn.Module):
    """Chromagrams to what the decoder takes, by one linear map.

    Before the codes: ``most_frames`` frames, those beyond a clip's own are zeros (attention still sees them: the
    released weights were never given a mask). Added to the codes: one frame for each code, that of the code's end, so
    that a burst which begins within a code is heard in it.
    """

    def __init__(self, mode: RhythmMode, width: int, most_frames: int | None = None) -> None:
        super().__init__()
        self.mode = mode
        self.most_frames = most_frames or mode.most_frames
        self.chromagram = Chromagram(mode)
        self.project = nn.Linear(BINS, width)

    def forward(self, chroma: Tensor, frames: Tensor | None = None, absent: Tensor | None = None) -> Tensor:
        """``chroma`` [batch, frames, 12] to [batch, most_frames, width]. ``frames`` [batch] are valid in each clip
        (default: all); where ``absent`` [batch] there is no rhythm, over the full length."""
        chroma = self._look_ahead(chroma)[:, :self.most_frames]
        given = chroma.shape[1]
        valid = torch.full((chroma.shape[0],), given, device=chroma.device) if frames is None else frames
        chroma = functional.pad(chroma, (0, 0, 0, self.most_frames - given))
        if absent is not None:
            nothing = silence(1, self.most_frames).to(chroma)
            chroma = torch.where(absent[:, None, None], nothing, chroma)
            valid = torch.where(absent, torch.full_like(valid, self.most_frames), valid)
        heard = torch.arange(self.most_frames, device=chroma.device)[None] < valid[:, None]
        out: Tensor = self.project(chroma.to(self.project.weight.dtype))
        return out * heard[..., None].to(out.dtype)

    def _look_ahead(self, chroma: Tensor) -> Tensor:
        return chroma[:, 1:] if self.mode.added else chroma

    def from_waves(self, waves: Tensor, samples: Tensor | None = None, absent: Tensor | None = None) -> Tensor:
        """Waveforms [batch, samples] at 32 kHz; of each, ``samples`` [batch] count (default: all)."""
        if samples is None:
            return self.forward(self.chromagram(waves), None, absent)
        beyond = torch.arange(waves.shape[-1], device=waves.device)[None] >= samples[:, None]
        frames = torch.ceil(samples / self.mode.hop).long()
        return self.forward(self.chromagram(waves.masked_fill(beyond, 0.0)), frames, absent)

    def nothing(self, batch: int) -> Tensor:
        """The condition without rhythm [batch, most_frames, width], for guidance."""
        chroma = silence(batch, self.most_frames + int(self.mode.added)).to(self.project.weight.device)
        return self.forward(chroma)


def repeated(chroma: Tensor, frames: int) -> Tensor:
    """A chromagram played again and again up to ``frames``: what upstream's own generation does with short audio."""
    times = -(-frames // chroma.shape[1])
    return chroma.repeat(1, times, 1)[:, :frames]
