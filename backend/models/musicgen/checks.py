"""Whether a folder of MusicGen weights is what it should be: hashes, names, parity with transformers, a sample."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from backend.errors import InputError
from backend.models.musicgen.conditioner import repeated
from backend.models.musicgen.decoder import Condition
from backend.models.musicgen.generate import Draw
from backend.models.musicgen.loading import LICENCE_LINE, check_hashes, load_pretrained
from backend.models.musicgen.rhythm_musicgen import RhythmMusicGen, Spots, load_rhythm_musicgen
from backend.models.musicgen.spots_audio import FINE25, PAPER

SAMPLE_S = 2.0
SAMPLE_SPOTS = Spots((0.1, 0.5, 0.9, 1.3, 1.7), (3, 1, 2, 1, 3))
_WORDS = "calm strings"
_STEPS = 8


def check_musicgen(folder: Path, say: Callable[[str], None]) -> NDArray[np.float32] | None:
    """Say what was found, line by line; a sample of two seconds, None for audiocraft's files (no codec).

    Raises InputError in one line for weights that are broken or do not do what upstream's code does with them.
    """
    say(LICENCE_LINE)
    hashes = check_hashes(folder)
    say(f"hashes: {len(hashes)} files are what the hub gave" if hashes else "hashes: none known for these files")
    pretrained = load_pretrained(folder)
    shape = pretrained.decoder.shape
    say(f"names: {pretrained.layout}, {shape.layers} layers of {shape.width}, {shape.heads} heads, {shape.books} "
        f"books, {'text by cross-attention' if shape.crossing else 'text and rhythm before the codes'}")
    if pretrained.layout == "audiocraft":
        say("parity and sample: not run; they need the transformers files")
        return None
    model = load_rhythm_musicgen(folder, FINE25)
    say(f"parity with transformers: logits differ by at most {parity(folder, model):.1e}")
    wave = model.write(_WORDS, SAMPLE_SPOTS, SAMPLE_S, draw=Draw(seed=1))
    if not np.isfinite(wave).all():
        raise InputError(f"The weights in '{folder}' write no sound that can be played. Fetch them again.")
    say(f"sample: {len(wave) / model.companions.sample_rate:g} s, level {float(np.sqrt((wave ** 2).mean())):.3f}")
    return wave


@torch.no_grad()
def parity(folder: Path, model: RhythmMusicGen) -> float:
    """The largest difference of the whole model's logits to upstream's, in shares of their spread. Raises InputError
    when it is not rounding."""
    from transformers import MusicgenForConditionalGeneration, MusicgenMelodyForConditionalGeneration
    shape, pretrained = model.decoder.shape, model.pretrained
    kind = MusicgenForConditionalGeneration if shape.crossing else MusicgenMelodyForConditionalGeneration
    upstream = kind.from_pretrained(folder, local_files_only=True).eval()  # type: ignore[no-untyped-call]
    words = model.companions.tokenizer([_WORDS], return_tensors="pt")["input_ids"]
    states, heard = model.companions.text_states([_WORDS])
    text = pretrained.text(states) * heard[..., None]
    codes = torch.arange(shape.books * _STEPS).view(1, shape.books, _STEPS) % shape.codes
    given = {"input_ids": words, "decoder_input_ids": codes[0]}
    if shape.crossing or pretrained.rhythm is None:
        condition = Condition(context=text)
    else:
        chroma = torch.eye(12)[torch.arange(40) % 12][None]
        frames = getattr(upstream.config, "chroma_length", PAPER.most_frames)
        condition = Condition(torch.cat([pretrained.rhythm(repeated(chroma, frames)), text], 1))
        given["input_features"] = chroma
    theirs = upstream(**given).logits.view(1, shape.books, -1, shape.codes)[:, :, -_STEPS:]
    share = float((model.decoder(codes, condition) - theirs).abs().max() / theirs.std().clamp_min(1e-9))
    if not share < 1e-3:
        raise InputError(f"With the weights in '{folder}' the decoder differs from transformers' by {share:.1e} of the "
                         "logits' spread. Fetch them again; if it stays, take another version of transformers.")
    return share
