"""Nothing a model says becomes a note that cannot be played: plans of the right form and of no sense at all."""
from __future__ import annotations

import random
from collections import Counter
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
from backend.agents.ensemble.question import Message
from backend.domain import serial
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import DYNAMICS, ArrangementScheme
from backend.domain.score import Part, Score
from backend.music.instruments import instruments
from backend.music.ranges import polyphony
from backend.rounds import ArrangementExperts, arrange_in_rounds
from tests.agents.ensemble.spoken_line import envelope, spoken_desk
from tests.agents.sample_cue import EXPERTS, request

CUES = {"two hits": request("Exciting"), "odd metre": request("Nervous", meter=(7, 8)),
        "short": request("Sad", duration_s=4, hit_times_s=(1.2,)), "calm": request("Calm", hit_times_s=())}
ROLES = ("melody", "pad", "bass", "counter", "ostinato", "doubling", "percussion", "accent", "solo", "")
NAMES = (*instruments(), "kazoo", "", "violins1; rm -rf /")


class Chaos:
    """Answers of the right form from a seed. ``sense`` is the share of answers that are the rules' own with one thing
    changed; the rest is drawn blindly."""

    def __init__(self, asked: ArrangeRequest, seed: int, sense: float = 0.6) -> None:
        self._asked, self._rng, self._sense = asked, random.Random(seed), sense
        plan = EXPERTS.analyzer.analyze(asked)
        arrange = EXPERTS.arranger.arrange(asked, plan)
        casting = EXPERTS.caster.cast(asked, plan, arrange)
        self._good = {"analyze": plan, "arrange": arrange, "voice_part": EXPERTS.voice_splitter.split(
            asked, plan, arrange), "instrument": casting, "volume": EXPERTS.volume.balance(asked, plan, casting),
                      "mixing": EXPERTS.mixer.mix(asked, casting)}

    def __call__(self, message: Message) -> str:
        draw = getattr(self, f"_{message.agent}")
        if message.agent in self._good and self._rng.random() < self._sense:
            payload = serial.to_plain(self._good[message.agent])
            payload.update(self._some(draw()))
            return envelope(payload)
        return envelope(draw())

    def _some(self, payload: dict[str, Any]) -> dict[str, Any]:
        name = self._rng.choice(sorted(payload))
        return {name: payload[name]}

    def _bar(self) -> int:
        return self._rng.randint(-2, self._asked.tempo_map.bar_count + 3)

    def _range(self) -> dict[str, int]:
        if self._rng.random() < 0.7:
            a, b = sorted(self._rng.randint(1, self._asked.tempo_map.bar_count) for _ in range(2))
            return {"from_bar": a, "to_bar": b}
        return {"from_bar": self._bar(), "to_bar": self._bar()}

    def _many(self, most: int) -> range:
        return range(self._rng.randint(0, most))

    def _analyze(self) -> dict[str, Any]:
        count = self._asked.tempo_map.bar_count
        measures = [{"m": bar if self._rng.random() < 0.95 else self._bar(), "dynamic": self._rng.choice(DYNAMICS),
                     "level": self._rng.random(), "tension": self._rng.choice((0.0, 1.0)),
                     "texture": self._rng.sample(ROLES[:7], self._rng.randint(0, 7)), "hit_weight": 1.0}
                    for bar in range(1, count + 1)]
        return {"summary": "x" * 500, "measures": measures,
                "sections": [{"label": "A", "first_bar": 1, "last_bar": max(1, count - self._rng.randint(0, 1))}]}

    def _arrange(self) -> dict[str, Any]:
        rng = self._rng
        return {"layers": [{"role": rng.choice(ROLES), **self._range(), "cell": rng.choice(("", "x", "x.x.x.x.", "....",
                                                                                          "xxxxxxx", "x" * 300))}
                           for _ in self._many(9)],
                "duplicates": [{"source": rng.choice(ROLES), "instrument": rng.choice(NAMES),
                                "octave": rng.randint(-3, 3), **self._range()} for _ in self._many(4)],
                "soften": [{"track": rng.choice(ROLES), **self._range(), "gain_db": rng.uniform(-60, 12)}
                           for _ in self._many(3)],
                "silences": [self._range() for _ in self._many(3)], "builds": [self._range() for _ in self._many(3)],
                "ending": rng.choice(("cadence", "fade", "cut_off", "segue"))}

    def _voice_part(self) -> dict[str, Any]:
        return {"voices": [{"id": self._rng.choice(("a", "b", "melody", "high")),
                            "bars": [self._range() for _ in self._many(3)], "low_pitch": 0, "high_pitch": 127}
                           for _ in self._many(5)]}

    def _instrument(self) -> dict[str, Any]:
        rng = self._rng
        tracks = []
        for _ in self._many(14):
            role, name = rng.choice(ROLES[:8]), rng.choice(NAMES)
            part = rng.choice(("melody", f"{role}.{name}", f"{role}.{name}", "x"))
            tracks.append({"track_index": rng.randint(-1, 20), "part": part, "role": role, "instrument": name,
                           "articulation": rng.choice(("", "tremolo", "nonsense")), "octave_shift": rng.randint(-3, 3),
                           "bars": [self._range() for _ in self._many(1)]})
        return {"tracks": tracks}

    def _volume(self) -> dict[str, Any]:
        return {"tracks": [{"track_index": i, "measures": {str(self._bar()): self._rng.uniform(-0.2, 1.2)
                                                           for _ in self._many(6)}} for i in self._many(20)]}

    def _mixing(self) -> dict[str, Any]:
        rng = self._rng
        return {"tracks": [{"track_index": i, "gain_db": rng.uniform(-90, 40), "pan": rng.uniform(-10, 10),
                            "reverb_space": rng.uniform(-1, 2)} for i in self._many(20)]}

    def _reviewer(self) -> dict[str, Any]:
        rng = self._rng
        steps = ("analyze", "arrange", "voice_part", "instrument", "volume", "mixing")
        return {"verdict": rng.choice(("accept", "revise")), "issues": [
            {"severity": rng.randint(0, 4), "step": rng.choice(steps), "path": rng.choice(("/x", "", "/measures/1")),
             "problem": "no", "suggestion": f"replace {rng.choice(NAMES)}"} for _ in self._many(5)]}


def _assert_playable(part: Part) -> None:
    instrument = instruments()[part.instrument]
    low, high = instrument.full_range
    for note in part.notes:
        assert note.pitch in instrument.drum_pitches if not instrument.pitched else low <= note.pitch <= high, part.id
    if instrument.pitched:
        assert polyphony(part.notes) <= instrument.max_polyphony, part.id


def _assert_valid(asked: ArrangeRequest, score: Score, scheme: ArrangementScheme) -> None:
    for part in score.parts:
        _assert_playable(part)
    lead = [note.onset_q for part in score.parts if part.role == "melody" for note in part.notes]
    assert Counter(lead) >= Counter(note.onset_q for note in asked.melody.notes)
    assert [m.m for m in scheme.measures] == list(range(1, asked.tempo_map.bar_count + 1))
    assert len({track.part for track in scheme.tracks}) == len(scheme.tracks)
    assert serial.from_plain(ArrangementScheme, serial.to_plain(scheme)) == scheme
    for track in scheme.tracks:
        assert 1 in track.volume_envelope and all(0 <= level <= 1 for level in track.volume_envelope.values())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("cue", sorted(CUES))
def test_whatever_is_said_can_be_played(cue: str, seed: int) -> None:
    asked = replace(CUES[cue], seed=seed)
    desk, _ = spoken_desk(Chaos(asked, seed))
    experts = ArrangementExperts(ModelAnalyzer(desk=desk), ModelArranger(desk=desk), ModelVoices(desk=desk),
                                 ModelCaster(desk=desk), ModelVolume(desk=desk), ModelMixer(desk=desk),
                                 ModelReviewer(desk=desk))
    score, scheme = arrange_in_rounds(asked, experts, "Chaos", max_rounds=2)
    _assert_valid(asked, score, scheme)


def test_chaos_is_heard_in_part_and_refused_in_part() -> None:
    """Otherwise the test above proves nothing: some fields are the model's, some the rules'."""
    asked = CUES["two hits"]
    sources: Counter[str] = Counter()
    for seed in range(3):
        desk, _ = spoken_desk(Chaos(asked, seed))
        plan = ModelAnalyzer(desk=desk).analyze(asked)
        ModelCaster(desk=desk).cast(asked, plan, ModelArranger(desk=desk).arrange(asked, plan))
        sources.update(field.source for field in desk.record("arrange").fields)
    assert sources["llm"] > 0 and sources["rule"] > 0
