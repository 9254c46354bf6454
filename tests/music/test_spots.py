from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import spearmanr

from backend.domain.hits import HitPoints
from backend.domain.spotting import RhythmSpot, RhythmSpots
from backend.errors import EditError
from backend.music.form import bar_means, plan_phrases, plan_sections
from backend.music.spots import SpotContext, plan_spots, read_user_spots
from backend.music.tempo_fit import fit_tempo
from tests.music.drawn import RATE, Level, brief, cue, hit, hits, picture

NO_HITS = HitPoints(())


def context(points: HitPoints = NO_HITS, seconds: int = 48, motion: Level = lambda t: 0.3, onsets_per_beat: float = 1.0,
            seed: int = 1, metre: tuple[int, int] = (4, 4)) -> SpotContext:
    film = picture(seconds, motion=motion)
    wish = brief(100.0, metre, onsets_per_beat)
    tempo_map = fit_tempo(points, film.cue, RATE, wish)
    return SpotContext(tempo_map, points, film, wish, plan_sections(tempo_map, points, film), seed)


def per_bar(ctx: SpotContext, spots: tuple[RhythmSpot, ...]) -> np.ndarray:
    bars = [bar for bar in ctx.tempo_map.bars if bar.start_q < ctx.tempo_map.end_q]
    return np.array([sum(bar.start_q <= spot.onset_q < bar.end_q for spot in spots) / float(bar.length_q)
                     for bar in bars])


def wave(t: float) -> float:
    return 0.5 + 0.45 * math.sin(t / 4)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_density_follows_the_motion(seed: int) -> None:
    ctx = context(motion=wave, seed=seed)
    spots = plan_spots(ctx)
    bars = [bar for bar in ctx.tempo_map.bars if bar.start_q < ctx.tempo_map.end_q]
    rho = spearmanr(per_bar(ctx, spots), bar_means(bars, ctx.tempo_map, ctx.analysis, "motion")).statistic
    assert rho >= 0.6


def test_a_still_film_stays_sparse_and_even() -> None:
    still, moving = context(motion=lambda t: 0.0), context(motion=lambda t: 0.6)
    sparse, full = per_bar(still, plan_spots(still)), per_bar(moving, plan_spots(moving))
    assert sparse.mean() < 0.7 * full.mean()
    assert sparse.max() <= 0.75


def test_the_brief_scales_the_density() -> None:
    counts = [len(plan_spots(context(motion=wave, onsets_per_beat=rate))) for rate in (0.5, 1.0, 2.0)]
    assert counts[0] < counts[1] < counts[2]
    assert counts[2] / counts[0] > 2


def test_rhythms_repeat_and_vary() -> None:
    ctx = context(motion=wave)
    bars = [bar for bar in ctx.tempo_map.bars if bar.start_q < ctx.tempo_map.end_q - 4]
    onsets = [spot.onset_q for spot in plan_spots(ctx)]
    patterns = [tuple(q - bar.start_q for q in onsets if bar.start_q <= q < bar.end_q) for bar in bars]
    commonest = max(patterns.count(pattern) for pattern in patterns)
    assert 1 < len(set(patterns)) <= 0.7 * len(patterns)
    assert 2 <= commonest <= 0.6 * len(patterns)


def test_phrases_breathe() -> None:
    ctx = context(motion=lambda t: 0.6, onsets_per_beat=2.0)
    spots = plan_spots(ctx)
    for section in ctx.sections:
        for _, last in plan_phrases(section):
            bar = ctx.tempo_map.bars[last - 1]
            if bar.end_q > ctx.tempo_map.end_q - 1:
                continue
            final = max((spot for spot in spots if spot.onset_q < bar.end_q), key=lambda spot: spot.onset_q)
            following = min(spot.onset_q for spot in spots if spot.onset_q >= bar.end_q)
            assert following - final.onset_q >= Fraction(3, 2)
            assert final.onset_q + final.duration_q < following


def test_no_fill_within_half_a_beat_of_a_hit_to_avoid() -> None:
    points = hits(hit(12.0, 0.9, "avoid"), hit(31.3, 0.9, "avoid"))
    ctx = context(points, onsets_per_beat=2.2, motion=lambda t: 0.7)
    onsets = [spot.onset_q for spot in plan_spots(ctx)]
    for point in points.hits:
        place = ctx.tempo_map.position_q(point.time_s)
        assert min(abs(q - place) for q in onsets) > Fraction(1, 2)
    free = context(onsets_per_beat=2.2, motion=lambda t: 0.7)
    assert min(abs(float(free.tempo_map.time_s(spot.onset_q)) - 12.0) for spot in plan_spots(free)) <= 0.3


def test_every_bar_line_but_those_of_hits_to_avoid_has_an_onset() -> None:
    ctx = context(motion=wave)
    onsets = {spot.onset_q for spot in plan_spots(ctx)}
    starts = [bar.start_q for bar in ctx.tempo_map.bars if bar.start_q < ctx.tempo_map.end_q - 1]
    assert sum(start in onsets for start in starts) / len(starts) >= 0.9


def test_the_last_note_rings_to_the_end_of_the_cue() -> None:
    ctx = context()
    last = plan_spots(ctx)[-1]
    assert last.onset_q == ctx.tempo_map.end_q
    assert float(ctx.tempo_map.time_s(last.onset_q + last.duration_q)) == pytest.approx(48.0, abs=1e-6)


def test_a_seed_decides_and_another_seed_differs() -> None:
    assert plan_spots(context(motion=wave)) == plan_spots(context(motion=wave))
    assert plan_spots(context(motion=wave, seed=1)) != plan_spots(context(motion=wave, seed=4))


def spot(onset: Fraction | int, duration: Fraction | int = 1, kind: str = "fill") -> RhythmSpot:
    return RhythmSpot(Fraction(onset), Fraction(duration), "hit" if kind == "hit" else "fill")


def test_a_users_list_is_sorted_deduplicated_and_clipped() -> None:
    tempo_map = fit_tempo(hits(), cue(20), RATE, brief(120.0))
    end_q = tempo_map.position_q(Fraction(20))
    given = RhythmSpots((spot(4, 9), spot(2), spot(2, 1, "hit"), spot(200), spot(8, 0)), (), "user")
    kept = read_user_spots(given, tempo_map, cue(20)).spots
    assert [(one.onset_q, one.kind) for one in kept] == [(2, "hit"), (4, "fill"), (8, "fill")]
    assert [one.duration_q for one in kept] == [1, 4, end_q - 8]


def test_a_users_list_stays_as_it_is() -> None:
    ctx = context(hits(hit(10.0)))
    mine = RhythmSpots((spot(0), spot(1, Fraction(1, 2)), spot(3, 2)), ctx.sections, "user")
    assert read_user_spots(mine, ctx.tempo_map, ctx.analysis.cue) == mine


def test_a_users_list_that_makes_no_sense_is_refused() -> None:
    tempo_map = fit_tempo(hits(), cue(20), RATE, brief(120.0))
    with pytest.raises(EditError, match="onset_q -1 lies before the cue"):
        read_user_spots(RhythmSpots((replace(spot(0), onset_q=Fraction(-1)),), ()), tempo_map, cue(20))
    with pytest.raises(EditError, match="no onset lies inside the cue"):
        read_user_spots(RhythmSpots((), ()), tempo_map, cue(20))
