"""Tiny MusicGen models of transformers with random weights, and ours with the same ones."""
from __future__ import annotations

import torch
from transformers import (
    EncodecConfig,
    MusicgenConfig,
    MusicgenDecoderConfig,
    MusicgenForConditionalGeneration,
    MusicgenMelodyConfig,
    MusicgenMelodyDecoderConfig,
    MusicgenMelodyForConditionalGeneration,
    PreTrainedModel,
    T5Config,
)

from backend.models.musicgen.decoder import Decoder
from backend.models.musicgen.names import Named, from_transformers, shape_of

CODES, WIDTH, HEADS, CHROMA_FRAMES = 64, 48, 4, 20


def _parts() -> tuple[dict, dict, dict]:
    torch.manual_seed(0)
    text = T5Config(vocab_size=99, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4)
    codec = EncodecConfig(sampling_rate=32_000, audio_channels=1, normalize=False, num_filters=4, hidden_size=16,
                          codebook_size=CODES, codebook_dim=16, upsampling_ratios=[8, 5, 4, 4], num_lstm_layers=1,
                          target_bandwidths=[1.2], use_causal_conv=False, norm_type="weight_norm")
    decoder = dict(vocab_size=CODES, hidden_size=WIDTH, num_hidden_layers=3, num_attention_heads=HEADS, ffn_dim=192,
                   pad_token_id=CODES, bos_token_id=CODES, dropout=0.0, max_position_embeddings=512)
    return text.to_dict(), codec.to_dict(), decoder


def _lively(model: PreTrainedModel) -> PreTrainedModel:
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=0.1)
            else:
                parameter.add_(torch.randn_like(parameter) * 0.02)
        for name, buffer in model.named_buffers():
            if name.endswith("codebook.embed"):
                buffer.normal_()
    return model.eval()


def melody_model() -> PreTrainedModel:
    """Prepended text and chroma, as musicgen-melody."""
    text, codec, decoder = _parts()
    config = MusicgenMelodyConfig(text_encoder=text, audio_encoder=codec, chroma_length=CHROMA_FRAMES,
                                  decoder=MusicgenMelodyDecoderConfig(**decoder).to_dict())
    return _lively(MusicgenMelodyForConditionalGeneration(config))


def small_model() -> PreTrainedModel:
    """Text by cross-attention, as musicgen-small."""
    text, codec, decoder = _parts()
    config = MusicgenConfig(text_encoder=text, audio_encoder=codec,
                            decoder=MusicgenDecoderConfig(**decoder).to_dict())
    return _lively(MusicgenForConditionalGeneration(config))


def ours(model: PreTrainedModel) -> tuple[Decoder, Named]:
    named = from_transformers(model.state_dict())
    decoder = Decoder(shape_of(named, HEADS))
    decoder.load_state_dict(named.decoder)
    return decoder.eval(), named
