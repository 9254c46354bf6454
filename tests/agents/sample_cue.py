"""A drawn cue on its way to the arrangers: picture, hits, constant tempo, and a melody in the brief's scale."""
from __future__ import annotations

import math
import random
from fractions import Fraction
from functools import cache

from backend.agents.rules.analyze import RuleAnalyzer
from backend.agents.rules.arrange import RuleArranger
from backend.agents.rules.cast import RuleCaster
from backend.agents.rules.mix import RuleMixer
from backend.agents.rules.review import RuleReviewer
from backend.agents.rules.voices import RuleVoices
from backend.agents.rules.volume import RuleVolume
from backend.domain.brief import CueBrief
from backend.domain.description import Attribute, Attributes, ClipDescription
from backend.domain.requests import ArrangeRequest
from backend.domain.score import Key, Melody, Note
from backend.domain.spotting import Section
from backend.domain.tempo import Meter, SyncPoint, TempoMap, TempoPoint
from backend.music.brief import make_brief
from backend.music.harmony import harmonise
from backend.music.theory import scale_pcs
from backend.rounds import ArrangementExperts
from tests.music.drawn import hit, hits, picture

US_PER_QUARTER = 600_000
EXPERTS = ArrangementExperts(RuleAnalyzer(), RuleArranger(), RuleVoices(), RuleCaster(), RuleVolume(), RuleMixer(),
                             RuleReviewer())


def wave(time_s: float) -> float:
    """Motion that swells and dies away twice in 24 s."""
    return 0.3 + 0.28 * math.sin(2 * math.pi * time_s / 12 - math.pi / 2)


def description(emotion: str | None = None) -> ClipDescription:
    none = Attribute(None)
    label = Attribute(emotion, "user", 1.0) if emotion else none
    attributes = Attributes(none, none, none, label, none, none, none)
    return ClipDescription(attributes, (), (), "moves", 0.1, 0.1, 0.3, 0.5, "test")


def tempo_map(duration_s: int, meter: tuple[int, int], hit_times_s: tuple[float, ...] = ()) -> TempoMap:
    """Constant 100 quarters a minute; every hit is anchored where it falls."""
    end_q = Fraction(duration_s * 1_000_000, US_PER_QUARTER)
    length = Fraction(4 * meter[0], meter[1])
    sync = tuple(SyncPoint(i, Fraction(str(t)) * 1_000_000 / US_PER_QUARTER, 0.0, True)
                 for i, t in enumerate(hit_times_s))
    return TempoMap((TempoPoint(Fraction(0), US_PER_QUARTER),), (Meter(1, *meter),), math.ceil(end_q / length), end_q,
                    sync)


def melody(beats: TempoMap, brief: CueBrief, seed: int, sections: int = 2) -> Melody:
    """Quarters, halves and eighths that wander through the scale, with an onset on every anchored hit."""
    rng = random.Random(seed)
    onsets = {sync.position_q for sync in beats.sync}
    position = Fraction(0)
    while position < beats.end_q:
        onsets.add(position)
        position += rng.choice((Fraction(1), Fraction(1), Fraction(2), Fraction(1, 2)))
    places = sorted(onsets)
    ladder = [p for p in range(brief.register_pitch - 7, brief.register_pitch + 10)
              if p % 12 in scale_pcs(brief.tonic_pc, brief.mode)]
    step, notes = len(ladder) // 2, []
    for onset, after in zip(places, [*places[1:], beats.end_q], strict=True):
        step = min(len(ladder) - 1, max(0, step + rng.choice((-2, -1, -1, 0, 1, 1, 2))))
        notes.append(Note(onset, after - onset, ladder[step]))
    per = max(1, beats.bar_count // sections)
    firsts = [1 + i * per for i in range(sections)]
    form = tuple(Section("ABAB"[i], first, last) for i, (first, last) in enumerate(
        zip(firsts, [f - 1 for f in firsts[1:]] + [beats.bar_count], strict=True)))
    return Melody(tuple(notes), Key(brief.tonic_pc, brief.mode), form, tuple(firsts), "test", seed)


@cache
def request(emotion: str | None = "Exciting", seed: int = 3, meter: tuple[int, int] = (4, 4),
            hit_times_s: tuple[float, ...] = (6.0, 18.0), duration_s: int = 24) -> ArrangeRequest:
    """Two heavy hits at the crests of the motion unless told otherwise."""
    analysis = picture(duration_s, wave)
    points = hits(*(hit(t, 0.95) for t in hit_times_s))
    brief = make_brief(description(emotion), duration_s, emotion)
    beats = tempo_map(duration_s, meter, hit_times_s)
    line = melody(beats, brief, seed)
    return ArrangeRequest(line, harmonise(line, beats, brief, points, seed), analysis, description(emotion), points,
                          beats, brief, seed)
