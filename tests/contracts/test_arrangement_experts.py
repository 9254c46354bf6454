"""What every arrangement expert promises. Implementations are added to the tables; nothing else changes."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from backend.agents.ensemble.arrange.experts import (
    ModelAnalyzer,
    ModelArranger,
    ModelCaster,
    ModelMixer,
    ModelReviewer,
    ModelVoices,
    ModelVolume,
)
from backend.agents.ensemble.opening import open_desk
from backend.agents.ensemble.question import Desk
from backend.agents.rules.analyze import RuleAnalyzer
from backend.agents.rules.arrange import RuleArranger
from backend.agents.rules.cast import RuleCaster
from backend.agents.rules.mix import RuleMixer
from backend.agents.rules.review import RuleReviewer
from backend.agents.rules.voices import RuleVoices
from backend.agents.rules.volume import RuleVolume
from backend.agents.stand_in import Scripted, StandIn
from backend.domain import serial
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import (
    DYNAMICS,
    ArrangePlan,
    Casting,
    MeasurePlan,
    MixPlan,
    Review,
    VoicePlan,
    VolumePlan,
)
from backend.domain.score import Melody
from backend.music.instruments import instruments
from backend.ports import Analyzer, Arranger, Caster, Mixer, Reviewer, VoiceSplitter, VolumeExpert
from backend.rounds import arrange_in_rounds
from tests.agents.sample_cue import EXPERTS, request

MODEL = "stand-in"
DESKS: list[Desk] = []
"""The desk of this module's server, while it runs."""


def _at_desk(adapter: Callable[..., Any]) -> Callable[[], Any]:
    return lambda: adapter(desk=DESKS[0])


ANALYZERS: dict[str, Callable[[], Analyzer]] = {"rule-analyze": RuleAnalyzer,
                                                f"llm-analyze:{MODEL}": _at_desk(ModelAnalyzer)}
ARRANGERS: dict[str, Callable[[], Arranger]] = {"rule-arrange": RuleArranger,
                                                f"llm-arrange:{MODEL}": _at_desk(ModelArranger)}
SPLITTERS: dict[str, Callable[[], VoiceSplitter]] = {"rule-voices": RuleVoices,
                                                     f"llm-voice_part:{MODEL}": _at_desk(ModelVoices)}
CASTERS: dict[str, Callable[[], Caster]] = {"rule-cast": RuleCaster, f"llm-instrument:{MODEL}": _at_desk(ModelCaster)}
VOLUMES: dict[str, Callable[[], VolumeExpert]] = {"rule-volume": RuleVolume,
                                                  f"llm-volume:{MODEL}": _at_desk(ModelVolume)}
MIXERS: dict[str, Callable[[], Mixer]] = {"rule-mix": RuleMixer, f"llm-mixing:{MODEL}": _at_desk(ModelMixer)}
REVIEWERS: dict[str, Callable[[], Reviewer]] = {"rule-review": RuleReviewer,
                                                f"llm-reviewer:{MODEL}": _at_desk(ModelReviewer)}
ROLES = {"melody", "counter", "pad", "bass", "ostinato", "doubling", "percussion", "accent"}
STEPS = {"analyze", "arrange", "voice_part", "instrument", "volume", "mixing"}


@pytest.fixture(scope="module", autouse=True)
def _server() -> Iterator[None]:
    """Models speak over HTTP; the script answers from what it is sent, and nothing may be missing there."""
    script = Scripted()
    with StandIn(script, model=MODEL) as server, pytest.MonkeyPatch.context() as environment:
        environment.setenv("OPENAI_BASE_URL", server.base_url)
        environment.delenv("OPENAI_API_KEY", raising=False)
        DESKS.append(open_desk(model=None, role_models=None, prompting="cot", seed=0, cap_usd=1.0, timeout_s=60.0,
                               folder=None, say=lambda text: None, replay=None))
        yield
        record = DESKS.pop().record("arrange")
    assert (script.complaints, record.takeovers) == ((), ())


def _bare(asked: ArrangeRequest) -> ArrangeRequest:
    melody = Melody(asked.melody.notes[:1], asked.melody.key, (), ())
    return replace(asked, melody=melody)


CASES: dict[str, ArrangeRequest] = {
    "two hits": request("Exciting"), "no hit": request("Calm", hit_times_s=()),
    "odd metre": request("Nervous", meter=(7, 8)),
    "short": request("Sad", duration_s=4, hit_times_s=(1.2,)), "unnamed mood": request(None),
    "one note": _bare(request("Fear")),
}


@pytest.fixture(params=sorted(CASES))
def asked(request: pytest.FixtureRequest) -> ArrangeRequest:
    return CASES[request.param]


def _round_trip(kind: type, value: Any) -> None:
    assert serial.from_plain(kind, serial.to_plain(value)) == value


def _plans(asked: ArrangeRequest) -> tuple[MeasurePlan, ArrangePlan, Casting]:
    plan = EXPERTS.analyzer.analyze(asked)
    arrange = EXPERTS.arranger.arrange(asked, plan)
    return plan, arrange, EXPERTS.caster.cast(asked, plan, arrange)


@pytest.mark.parametrize("name", sorted(ANALYZERS))
def test_analyzer_names_every_bar_once(name: str, asked: ArrangeRequest) -> None:
    expert = ANALYZERS[name]()
    plan = expert.analyze(asked)
    assert expert.name == name
    assert [m.m for m in plan.measures] == list(range(1, asked.tempo_map.bar_count + 1))
    for measure in plan.measures:
        assert 0 <= measure.level <= 1 and 0 <= measure.tension <= 1 and measure.dynamic in DYNAMICS
        assert set(measure.texture) <= ROLES
    assert [s.first_bar for s in plan.sections][0] == 1 and plan.sections[-1].last_bar == asked.tempo_map.bar_count
    assert all(a.last_bar + 1 == b.first_bar for a, b in zip(plan.sections, plan.sections[1:], strict=False))
    assert expert.analyze(asked) == plan
    _round_trip(MeasurePlan, plan)


@pytest.mark.parametrize("name", sorted(ARRANGERS))
def test_arranger_stays_within_the_bars_and_roles(name: str, asked: ArrangeRequest) -> None:
    expert = ARRANGERS[name]()
    plan = EXPERTS.analyzer.analyze(asked)
    arrange = expert.arrange(asked, plan)
    assert expert.name == name
    last = asked.tempo_map.bar_count
    for item in (*arrange.layers, *arrange.duplicates, *arrange.silences, *arrange.builds, *arrange.soften):
        assert 1 <= item.from_bar <= item.to_bar <= last
    assert {layer.role for layer in arrange.layers} <= ROLES
    assert all(set(layer.cell) <= {"x", "."} for layer in arrange.layers)
    assert all(item.instrument in instruments() for item in arrange.duplicates)
    assert expert.arrange(asked, plan) == arrange
    _round_trip(ArrangePlan, arrange)


@pytest.mark.parametrize("name", sorted(SPLITTERS))
def test_voice_splitter_gives_every_bar_to_one_voice(name: str, asked: ArrangeRequest) -> None:
    expert = SPLITTERS[name]()
    plan, arrange, _ = _plans(asked)
    voices = expert.split(asked, plan, arrange)
    assert expert.name == name
    owned = [bar for voice in voices.voices for item in voice.bars for bar in range(item.from_bar, item.to_bar + 1)]
    assert sorted(owned) == list(range(1, asked.tempo_map.bar_count + 1))
    assert len({voice.id for voice in voices.voices}) == len(voices.voices)
    pitches = [note.pitch for note in asked.melody.notes]
    assert min(voice.low_pitch for voice in voices.voices) == min(pitches)
    assert max(voice.high_pitch for voice in voices.voices) == max(pitches)
    assert expert.split(asked, plan, arrange) == voices
    _round_trip(VoicePlan, voices)


@pytest.mark.parametrize("name", sorted(CASTERS))
def test_caster_uses_known_instruments_and_stable_ids(name: str, asked: ArrangeRequest) -> None:
    expert = CASTERS[name]()
    plan, arrange, _ = _plans(asked)
    casting = expert.cast(asked, plan, arrange)
    assert expert.name == name
    assert [t.track_index for t in casting.tracks] == list(range(1, len(casting.tracks) + 1))
    assert len({t.part for t in casting.tracks}) == len(casting.tracks)
    assert any(t.part == "melody" and t.role == "melody" for t in casting.tracks)
    for track in casting.tracks:
        assert track.role in ROLES and track.instrument in instruments()
        assert track.articulation in ("", *instruments()[track.instrument].articulations)
    assert len(casting.tracks) <= 18
    assert expert.cast(asked, plan, arrange) == casting
    _round_trip(Casting, casting)


@pytest.mark.parametrize("name", sorted(VOLUMES))
def test_volume_answers_for_every_track(name: str, asked: ArrangeRequest) -> None:
    expert = VOLUMES[name]()
    plan, _, casting = _plans(asked)
    volume = expert.balance(asked, plan, casting)
    assert expert.name == name
    assert [t.track_index for t in volume.tracks] == [t.track_index for t in casting.tracks]
    bars = set(range(1, asked.tempo_map.bar_count + 1))
    for track in volume.tracks:
        assert 1 in track.measures and set(track.measures) <= bars
        assert all(0 <= level <= 1 for level in track.measures.values())
    _round_trip(VolumePlan, volume)


@pytest.mark.parametrize("name", sorted(MIXERS))
def test_mixer_answers_for_every_track(name: str, asked: ArrangeRequest) -> None:
    expert = MIXERS[name]()
    _, _, casting = _plans(asked)
    mix = expert.mix(asked, casting)
    assert expert.name == name
    assert [t.track_index for t in mix.tracks] == [t.track_index for t in casting.tracks]
    for track in mix.tracks:
        assert -1 <= track.pan <= 1 and 0 <= track.reverb_space <= 1 and -40 <= track.gain_db <= 12
    _round_trip(MixPlan, mix)


@pytest.mark.parametrize("name", sorted(REVIEWERS))
def test_reviewer_judges_by_figures(name: str, asked: ArrangeRequest) -> None:
    expert = REVIEWERS[name]()
    score, scheme = arrange_in_rounds(asked, EXPERTS, "Contract")
    review = expert.review(asked, score, scheme)
    assert expert.name == name
    assert 0 <= review.rating <= 1 and review.qa["rating"] == review.rating
    assert {issue.step for issue in review.issues} <= STEPS
    serious = any(issue.severity >= 2 for issue in review.issues)
    assert review.verdict == ("revise" if serious else "accept")
    assert expert.review(asked, score, scheme) == review
    _round_trip(Review, review)
