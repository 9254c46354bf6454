"""The decoder against transformers on tiny random models: logits, greedy codes, names; caches, guidance, rhythm."""
from __future__ import annotations

import re
from dataclasses import replace

import pytest
import torch
from transformers import PreTrainedModel

from backend.models.musicgen.conditioner import RhythmConditioner, repeated
from backend.models.musicgen.decoder import Cache, Condition, Decoder
from backend.models.musicgen.delay import delayed, in_time
from backend.models.musicgen.generate import Draw, Guided, generate, no_graph
from backend.models.musicgen.names import (
    Named,
    UnknownWeights,
    from_audiocraft,
    from_transformers,
    shape_of,
    to_audiocraft,
)
from backend.models.musicgen.spots_audio import ADD50, FINE25, PAPER, raster_spots, render_spots
from tests.models.musicgen.upstream import (
    CHROMA_FRAMES,
    CODES,
    HEADS,
    WIDTH,
    melody_model,
    ours,
    small_model,
)

GREEDY = Draw(temperature=0.0)
Pair = tuple[PreTrainedModel, Decoder, Named]


@pytest.fixture(scope="module")
def melody() -> Pair:
    model = melody_model()
    return (model, *ours(model))


@pytest.fixture(scope="module")
def small() -> Pair:
    model = small_model()
    return (model, *ours(model))


def noise(*size: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*size, generator=torch.Generator().manual_seed(seed))


def some_codes(*size: int) -> torch.Tensor:
    return torch.randint(0, CODES, size, generator=torch.Generator().manual_seed(5))


def text_states(model: PreTrainedModel, words: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return model.text_encoder(words).last_hidden_state


def projected(named: Named, text: torch.Tensor) -> torch.Tensor:
    return text @ named.text["weight"].T + named.text["bias"]


@torch.no_grad()
def test_logits_under_a_prefix_are_upstreams(melody: Pair) -> None:
    model, decoder, _ = melody
    codes, prefix = some_codes(2, 4, 7), noise(2, 9, WIDTH)
    theirs = model.decoder(input_ids=codes.reshape(8, 7), encoder_hidden_states=prefix).logits
    theirs = theirs.view(2, 4, -1, CODES)[:, :, -7:]
    assert torch.allclose(decoder(codes, Condition(prefix=prefix)), theirs, atol=1e-5)
    assert theirs.std() > 0.1


@torch.no_grad()
def test_logits_by_cross_attention_are_upstreams(small: Pair) -> None:
    model, decoder, named = small
    codes, words = some_codes(2, 4, 6), torch.tensor([[5, 6, 7, 8], [9, 10, 11, 12]])
    theirs = model(input_ids=words, decoder_input_ids=codes.reshape(8, 6)).logits.view(2, 4, 6, CODES)
    context = projected(named, text_states(model, words))
    assert decoder.shape.crossing
    assert torch.allclose(decoder(codes, Condition(context=context)), theirs, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("frames", [CHROMA_FRAMES, 7])
def test_text_and_chroma_stand_before_the_codes_as_upstream_puts_them(melody: Pair, frames: int) -> None:
    """The whole model's forward: chroma (repeated when short), then text, then codes."""
    model, decoder, named = melody
    codes, words = some_codes(1, 4, 5), torch.tensor([[5, 6, 7]])
    chroma = torch.nn.functional.one_hot(torch.arange(frames)[None] % 12, 12).float()
    theirs = model(input_ids=words, input_features=chroma, decoder_input_ids=codes.reshape(4, 5)).logits
    conditioner = RhythmConditioner(PAPER, WIDTH, CHROMA_FRAMES)
    conditioner.project.load_state_dict(named.rhythm)
    prefix = torch.cat([conditioner(repeated(chroma, CHROMA_FRAMES)), projected(named, text_states(model, words))], 1)
    mine = decoder(codes, Condition(prefix=prefix))
    assert torch.allclose(mine, theirs.view(1, 4, -1, CODES)[:, :, -5:], atol=1e-5)


def same_music(model: PreTrainedModel, codes: torch.Tensor, **arguments: object) -> bool:
    """Upstream's own generate(), greedy, sounds as our codes do through the same codec, to the bit; and would not if
    a single code were another one."""
    theirs = model.generate(do_sample=False, pad_token_id=CODES, bos_token_id=CODES, decoder_start_token_id=CODES,
                            max_length=codes.shape[-1] + 4, **arguments)
    other = codes.clone()
    other[0, 3, -1] = (other[0, 3, -1] + 1) % CODES
    with torch.no_grad():
        mine, changed = (model.audio_encoder.decode(c[None], [None]).audio_values for c in (codes, other))
    return torch.equal(mine, theirs) and not torch.equal(changed, theirs)


@pytest.mark.parametrize("scale", [None, 3.0])
def test_greedy_codes_under_a_prefix_are_upstreams(melody: Pair, scale: float | None) -> None:
    model, decoder, named = melody
    frames, words = 12, torch.tensor([[5, 6, 7]])
    chroma = torch.nn.functional.one_hot(torch.arange(CHROMA_FRAMES)[None] % 12, 12).float()
    conditioner = RhythmConditioner(PAPER, WIDTH, CHROMA_FRAMES)
    conditioner.project.load_state_dict(named.rhythm)
    with torch.no_grad():
        text = projected(named, text_states(model, words))
        full = Condition(prefix=torch.cat([conditioner(chroma), text], 1))
        null = Condition(prefix=torch.cat([conditioner.nothing(1), torch.zeros_like(text)], 1))
    guided = Guided((full,)) if scale is None else Guided((full, null), (scale,))
    mine = generate(decoder, guided, frames, GREEDY)
    assert mine.unique().numel() > 4
    assert same_music(model, mine, input_ids=words, input_features=chroma, guidance_scale=scale,
                      attention_mask=torch.ones_like(words))


@pytest.mark.parametrize("scale", [None, 3.0])
def test_greedy_codes_by_cross_attention_are_upstreams(small: Pair, scale: float | None) -> None:
    model, decoder, named = small
    frames, words = 12, torch.tensor([[5, 6, 7, 8]])
    with torch.no_grad():
        text = projected(named, text_states(model, words))
    full, null = Condition(context=text), Condition(context=torch.zeros_like(text))
    guided = Guided((full,)) if scale is None else Guided((full, null), (scale,))
    mine = generate(decoder, guided, frames, GREEDY)
    assert mine.unique().numel() > 4
    assert same_music(model, mine, inputs=words, attention_mask=torch.ones_like(words), guidance_scale=scale)


def test_the_delay_is_upstreams(melody: Pair) -> None:
    model, _, _ = melody
    codes = some_codes(2, 4, 9)
    inputs, targets = delayed(codes, CODES)
    first = torch.cat([torch.full((2, 4, 1), CODES), codes], -1).reshape(8, -1)
    _, pattern = model.decoder.build_delay_pattern_mask(first, CODES, max_length=13)
    assert torch.equal(inputs, pattern.view(2, 4, -1)[..., :12])
    assert torch.equal(inputs[..., 1:], targets[..., :-1])
    assert torch.equal(in_time(torch.cat([inputs, targets[..., -1:]], -1), 9), codes)


@pytest.mark.parametrize("kind", ["melody", "small"])
def test_audiocrafts_names_there_and_back(kind: str, request: pytest.FixtureRequest) -> None:
    _, decoder, named = request.getfixturevalue(kind)
    theirs = to_audiocraft(named)
    back = from_audiocraft(theirs)
    assert {re.sub(r"\.\d+\.", ".N.", name) for name in theirs} >= {
        "emb.N.weight", "linears.N.weight", "out_norm.bias", "transformer.layers.N.self_attn.in_proj_weight",
        "transformer.layers.N.linear1.weight", "condition_provider.conditioners.description.output_proj.bias"}
    assert ("condition_provider.conditioners.self_wav.output_proj.weight" in theirs) == (kind == "melody")
    assert ("transformer.layers.0.norm_cross.weight" in theirs) == (kind == "small")
    assert shape_of(back, HEADS) == decoder.shape
    for ours_then, ours_now in ((named.decoder, back.decoder), (named.text, back.text), (named.rhythm, back.rhythm)):
        assert ours_then.keys() == ours_now.keys()
        assert all(torch.equal(value, ours_now[name]) for name, value in ours_then.items())


def test_foreign_and_half_weights_are_named(melody: Pair) -> None:
    model, _, named = melody
    state = model.state_dict()
    with pytest.raises(UnknownWeights, match="no 'model.decoder"):
        from_transformers({"weight": noise(2, 2)})
    with pytest.raises(UnknownWeights, match="a part of 'layers.1.qkv.weight'"):
        from_transformers({n: v for n, v in state.items() if "layers.1.self_attn.k_proj" not in n})
    with pytest.raises(UnknownWeights, match="'strange.weight' is not known"):
        from_audiocraft({**to_audiocraft(named), "strange.weight": noise(1)})
    with pytest.raises(UnknownWeights, match="embeddings or layers"):
        shape_of(Named())
    with pytest.raises(UnknownWeights, match="7 heads"):
        shape_of(named, 7)


@torch.no_grad()
@pytest.mark.parametrize("fixed", [False, True])
def test_steps_with_a_cache_equal_one_run(melody: Pair, fixed: bool) -> None:
    _, decoder, _ = melody
    codes, prefix = some_codes(2, 4, 8), noise(2, 5, WIDTH)
    whole = decoder(codes, Condition(prefix=prefix))
    cache = Cache(decoder, 2, 5 + 8, fixed)
    hidden = [decoder.run(torch.cat([prefix, decoder.embedded(codes[..., :1])], 1), None, cache)[:, -1:]]
    hidden += [decoder.run(decoder.embedded(codes[..., t:t + 1]), None, cache) for t in range(1, 8)]
    assert torch.allclose(decoder.logits(torch.cat(hidden, 1)), whole, atol=1e-5)


def test_a_fixed_cache_writes_the_same_codes(melody: Pair, small: Pair) -> None:
    for _, decoder, _ in (melody, small):
        kind = "context" if decoder.shape.crossing else "prefix"
        guided = Guided((Condition(**{kind: noise(2, 5, WIDTH)}), Condition(**{kind: torch.zeros(2, 5, WIDTH)})),
                        (3.0,))
        grown = generate(decoder, guided, 15, Draw(seed=3))
        assert torch.equal(grown, generate(decoder, guided, 15, Draw(seed=3), recorded=no_graph))
        assert not torch.equal(grown, generate(decoder, guided, 15, Draw(seed=4)))
        assert grown.shape == (2, 4, 15) and grown.max() < CODES


def test_given_codes_are_gone_on_from(melody: Pair) -> None:
    """To the same end as without a break; other codes before lead elsewhere."""
    _, decoder, _ = melody
    guided = Guided((Condition(prefix=noise(1, 5, WIDTH)), Condition(prefix=torch.zeros(1, 5, WIDTH))), (3.0,))
    whole = generate(decoder, guided, 20, GREEDY)
    for recorded in (None, no_graph):
        assert torch.equal(generate(decoder, guided, 20, GREEDY, recorded, given=whole[..., :9]), whole)
    other = (whole[..., :9] + 1) % CODES
    gone_on = generate(decoder, guided, 20, GREEDY, given=other)
    assert torch.equal(gone_on[..., :9], other) and not torch.equal(gone_on[..., 9:], whole[..., 9:])


def test_the_step_over_a_fixed_cache_is_one_whole_graph(melody: Pair) -> None:
    """No break and no second compilation: what a GPU can record."""
    _, decoder, _ = melody
    graphs: list[int] = []

    def count(module: torch.fx.GraphModule, _: list) -> object:
        graphs.append(1)
        return module.forward

    def compiled(decoder: Decoder, cache: Cache, context: torch.Tensor | None) -> object:
        return torch.compile(lambda x: decoder.run(x, context, cache), fullgraph=True, backend=count)

    torch._dynamo.reset()
    guided = Guided((Condition(prefix=noise(1, 5, WIDTH)),))
    with torch.no_grad():
        codes = generate(decoder, guided, 10, GREEDY, recorded=compiled)
    assert torch.equal(codes, generate(decoder, guided, 10, GREEDY))
    assert len(graphs) <= 2


@torch.no_grad()
def test_guidance_in_one_batch_equals_the_formula(melody: Pair) -> None:
    _, decoder, _ = melody
    full, rhythm, null = (Condition(prefix=noise(1, 6, WIDTH, seed=seed)) for seed in range(3))
    codes = generate(decoder, Guided((full, rhythm, null), (2.0, 3.0)), 9, GREEDY)
    inputs, targets = delayed(codes, CODES)
    a, b, c = (decoder(inputs, condition) for condition in (full, rhythm, null))
    likeliest = (c + (b - c) * 3.0 + (a - b) * 2.0).argmax(-1)
    assert torch.equal(likeliest[targets != CODES], targets[targets != CODES])


@torch.no_grad()
def test_rhythm_changes_the_output_and_masked_audio_cannot(melody: Pair) -> None:
    _, decoder, _ = melody
    codes = some_codes(1, 4, 40)
    for mode in (PAPER, FINE25, ADD50):
        conditioner = RhythmConditioner(mode, WIDTH, most_frames=60)
        torch.nn.init.normal_(conditioner.project.weight, std=0.5)

        def logits(*times: float, junk: float = 0.0, conditioner: RhythmConditioner = conditioner) -> torch.Tensor:
            wave = torch.from_numpy(render_spots(times, [1] * len(times), 1.2))[None]
            wave[:, 25_600:] += junk * noise(1, 12_800)
            frames = conditioner.from_waves(wave, torch.tensor([25_600]))
            added = conditioner.mode.added
            return decoder(codes, Condition(added=frames) if added else Condition(prefix=frames))

        assert (logits(0.1, 0.2) - logits(0.5, 0.7)).abs().max() > 1e-2
        assert torch.equal(logits(0.1, 0.5), logits(0.1, 0.5, junk=1.0))


@torch.no_grad()
def test_a_frame_that_is_added_reaches_its_own_step_first(small: Pair) -> None:
    _, decoder, _ = small
    conditioner = RhythmConditioner(ADD50, WIDTH, most_frames=50)
    codes, context = some_codes(1, 4, 50), noise(1, 3, WIDTH)
    quiet, struck = (Condition(context=context, added=conditioner(torch.from_numpy(
        raster_spots(times, [3] * len(times), 1.02, ADD50))[None])) for times in ([], [0.41]))
    apart = (decoder(codes, quiet) - decoder(codes, struck)).abs().amax((0, 1, 3))
    assert (apart[:20] == 0).all() and apart[20] > 1e-4


@torch.no_grad()
def test_half_precision_runs(melody: Pair) -> None:
    _, decoder, _ = melody
    halved = Decoder(replace(decoder.shape)).to(torch.bfloat16)
    halved.load_state_dict(decoder.state_dict())
    codes, prefix = some_codes(1, 4, 6), noise(1, 5, WIDTH)
    close = halved(codes, Condition(prefix=prefix)).float() - decoder(codes, Condition(prefix=prefix))
    assert close.abs().max() < 0.1
