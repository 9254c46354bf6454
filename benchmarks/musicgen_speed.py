"""How fast MusicGen's decoder writes, ours against transformers', at musicgen-small's shapes with random weights.

    python -m benchmarks.musicgen_speed [--threads 1] [--steps 24] [--repeats 3] [--width 1024 --layers 24]

Batch 1 under guidance (two rows), a context of 20 words by cross-attention, greedy. "generate()" is upstream's own,
with a text encoder and a codec so small that they do not count; "its loop" is the same work without upstream's
bookkeeping. Each repeat runs every row of the table once, one after the other; the table holds the best. On a machine
with a GPU the same is done there, with bf16 and a recorded graph; without one its rows say "not run".
"""
from __future__ import annotations

import argparse
import copy
import time
from collections.abc import Callable

import torch
from transformers import (
    EncodecConfig,
    MusicgenConfig,
    MusicgenDecoderConfig,
    MusicgenForConditionalGeneration,
    T5Config,
)

from backend.models.musicgen.decoder import Condition, Decoder, DecoderShape
from backend.models.musicgen.generate import Draw, Guided, cuda_graph, generate
from backend.models.musicgen.names import from_transformers
from backend.models.musicgen.precision import at_precision

WORDS, SCALE = 20, 3.0
Run = Callable[[], torch.Tensor]


def upstream(shape: DecoderShape) -> MusicgenForConditionalGeneration:
    """The decoder at its real shapes between a tiny text encoder and a tiny codec, random weights."""
    torch.manual_seed(0)
    text = T5Config(vocab_size=99, d_model=32, d_kv=8, d_ff=64, num_layers=1, num_heads=4)
    codec = EncodecConfig(sampling_rate=32_000, audio_channels=1, normalize=False, num_filters=4, hidden_size=16,
                          codebook_size=shape.codes, codebook_dim=16, upsampling_ratios=[8, 5, 4, 4],
                          num_lstm_layers=1, target_bandwidths=[2.2], use_causal_conv=False, norm_type="weight_norm")
    decoder = MusicgenDecoderConfig(vocab_size=shape.codes, hidden_size=shape.width, num_hidden_layers=shape.layers,
                                    num_attention_heads=shape.heads, ffn_dim=shape.inner, pad_token_id=shape.pad,
                                    bos_token_id=shape.pad, dropout=0.0, max_position_embeddings=2048)
    return MusicgenForConditionalGeneration(MusicgenConfig(
        text_encoder=text.to_dict(), audio_encoder=codec.to_dict(), decoder=decoder.to_dict())).eval()


def ours(model: MusicgenForConditionalGeneration, shape: DecoderShape) -> Decoder:
    decoder = Decoder(shape)
    decoder.load_state_dict(from_transformers(model.state_dict()).decoder)
    return decoder.eval()


@torch.no_grad()
def heard(model: MusicgenForConditionalGeneration, words: torch.Tensor) -> torch.Tensor:
    """The context that the model's decoder is given for ``words`` [1, tokens]."""
    out: torch.Tensor = model.enc_to_dec_proj(model.text_encoder(words).last_hidden_state)
    return out


def upstream_sound(model: MusicgenForConditionalGeneration, words: torch.Tensor, frames: int) -> torch.Tensor:
    """Upstream's own generate(), as it ships."""
    pad = model.config.decoder.pad_token_id
    out: torch.Tensor = model.generate(
        input_ids=words, attention_mask=torch.ones_like(words), guidance_scale=SCALE, do_sample=False,
        pad_token_id=pad, bos_token_id=pad, decoder_start_token_id=pad,
        max_length=frames + model.config.decoder.num_codebooks)
    return out


@torch.no_grad()
def sound(model: MusicgenForConditionalGeneration, codes: torch.Tensor) -> torch.Tensor:
    out: torch.Tensor = model.audio_encoder.decode(codes[None], [None]).audio_values
    return out


@torch.no_grad()
def upstream_codes(whole: MusicgenForConditionalGeneration, context: torch.Tensor, frames: int) -> torch.Tensor:
    """The loop that upstream's generate() runs, without its bookkeeping: cache, both rows in one batch, greedy."""
    model = whole.decoder
    books, pad = model.config.num_codebooks, model.config.pad_token_id
    rows = torch.cat([context, torch.zeros_like(context)])
    sequence = torch.full((1, books, frames + books), pad, device=context.device)
    cache = None
    for step in range(1, frames + books):
        tokens = sequence[..., step - 1:step].repeat(2, 1, 1).reshape(2 * books, 1)
        out = model(input_ids=tokens, encoder_hidden_states=rows, past_key_values=cache, use_cache=True)
        cache = out.past_key_values
        full, null = out.logits[:, -1].float().view(2, books, -1)
        drawn = (null + (full - null) * SCALE).argmax(-1)
        for book in range(books):
            if 0 <= step - 1 - book < frames:
                sequence[0, book, step] = drawn[book]
    return torch.stack([sequence[0, k, 1 + k:1 + k + frames] for k in range(books)])[None]


def our_codes(decoder: Decoder, context: torch.Tensor, frames: int, graph: bool = False) -> torch.Tensor:
    guided = Guided((Condition(context=context), Condition(context=torch.zeros_like(context))), (SCALE,))
    return generate(decoder, guided, frames, Draw(temperature=0.0), cuda_graph if graph else None)


def best(rows: dict[str, Run], repeats: int, frames: int, wait: Callable[[], None]) -> dict[str, float]:
    """Frames a second of every row, the best of interleaved repeats; one warm-up."""
    fastest = dict.fromkeys(rows, float("inf"))
    for repeat in range(repeats + 1):
        for name, run in rows.items():
            wait()
            started = time.perf_counter()
            run()
            wait()
            if repeat:
                fastest[name] = min(fastest[name], time.perf_counter() - started)
    return {name: frames / seconds for name, seconds in fastest.items()}


def check(model: MusicgenForConditionalGeneration, decoder: Decoder, words: torch.Tensor, frames: int) -> None:
    """Say whether our codes are those of upstream's loop, and sound as upstream's generate() does."""
    context = heard(model, words)
    mine = our_codes(decoder, context, frames, graph=words.is_cuda)
    same = torch.equal(upstream_codes(model, context, frames), mine)
    alike = torch.equal(sound(model, mine), upstream_sound(model, words, frames))
    print(f"fp32, greedy, {words.device.type}: codes of the loop {'identical' if same else 'NOT identical'}, sound of "
          f"generate() {'identical' if alike else 'NOT identical'} over {frames} frames\n")


def halved(model: MusicgenForConditionalGeneration) -> MusicgenForConditionalGeneration:
    """The decoder in bfloat16 as generate() runs it: everything in one precision."""
    return copy.deepcopy(model).to(torch.bfloat16)


def cpu(shape: DecoderShape, frames: int, repeats: int) -> None:
    model = upstream(shape)
    decoder, words = ours(model, shape), torch.arange(WORDS)[None] + 3
    check(model, decoder, words, frames)
    context = heard(model, words)
    half, eight, model_half = at_precision(decoder, "bf16"), at_precision(decoder, "int8"), halved(model)
    rows: dict[str, Run] = {
        "transformers fp32, generate()": lambda: upstream_sound(model, words, frames),
        "transformers fp32, its loop": lambda: upstream_codes(model, context, frames),
        "ours fp32": lambda: our_codes(decoder, context, frames),
        "transformers bf16, generate()": lambda: upstream_sound(model_half, words, frames),
        "transformers bf16, its loop": lambda: upstream_codes(model_half, context.bfloat16(), frames),
        "ours bf16": lambda: our_codes(half, context.bfloat16(), frames),
        "ours int8": lambda: our_codes(eight, context, frames)}
    table(best(rows, repeats, frames, lambda: None), "transformers")


def gpu(shape: DecoderShape, frames: int, repeats: int) -> None:
    model = upstream(shape).to("cuda")
    decoder, words = ours(model, shape).to("cuda"), torch.arange(WORDS, device="cuda")[None] + 3
    check(model, decoder, words, frames)
    short = heard(model, words).bfloat16()
    half, model_half = at_precision(decoder, "bf16"), halved(model)
    rows: dict[str, Run] = {
        "transformers bf16, generate()": lambda: upstream_sound(model_half, words, frames),
        "transformers bf16, its loop": lambda: upstream_codes(model_half, short, frames),
        "ours bf16": lambda: our_codes(half, short, frames),
        "ours bf16, graph": lambda: our_codes(half, short, frames, graph=True)}
    table(best(rows, repeats, frames, torch.cuda.synchronize), "transformers")


def table(speeds: dict[str, float], theirs: str) -> None:
    rival = max(speed for name, speed in speeds.items() if name.startswith(theirs))
    print("| | frames/s | against the fastest of transformers |\n|---|---|---|")
    for name, speed in speeds.items():
        print(f"| {name} | {speed:.1f} | {speed / rival:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, default in (("threads", 1), ("steps", 24), ("repeats", 3), ("width", 1024), ("layers", 24)):
        parser.add_argument(f"--{name}", type=int, default=default)
    wishes = parser.parse_args()
    torch.set_num_threads(wishes.threads)
    shape = DecoderShape(wishes.width, wishes.layers, wishes.width // 64, 4 * wishes.width, crossing=True)
    print(f"{shape}; threads {wishes.threads}, torch {torch.__version__}\n")
    cpu(shape, wishes.steps, wishes.repeats)
    if torch.cuda.is_available():
        gpu(shape, 500, wishes.repeats)
    else:
        print("\nGPU (targets: 5x audiocraft's generate(), 1.5x transformers'): not run")


if __name__ == "__main__":
    main()
