"""What every Spotter keeps: hits met exactly, nothing past the end, one onset a place, in any metre."""
from __future__ import annotations

import math

import pytest

from backend.agents.rules.spotter import PeakSpotter
from backend.domain.hits import HitPoints
from backend.domain.requests import SpotRequest
from backend.models.rhythm_spotter import CrtSpotter
from backend.music.tempo_fit import fit_tempo
from backend.ports import Spotter
from tests.music.drawn import RATE, brief, hit, hits, picture

SPOTTERS = [PeakSpotter(), CrtSpotter()]
METRES = [(4, 4), (3, 4), (2, 4), (5, 4), (6, 8), (7, 8), (12, 8), (2, 2)]
CASES = {
    "no hits": (hits(), 20),
    "odd bars": (hits(hit(4.8, 1.0), hit(8.7, 1.0), hit(13.5, 1.0), hit(17.1, 0.5, "soft")), 24),
    "avoid and ring out": (hits(hit(3.3, 0.9), hit(6.1, 0.6, "avoid"), hit(9.9, 0.6, "ring_out"), hit(13.7, 0.9)), 20),
    "locked": (hits(hit(2.2, 0.4, "hard", True), hit(5.15, 0.9, "hard", True), hit(11.1, 1.0, "hard", True)), 15),
    "short": (hits(hit(1.1, 0.9)), 2),
}


def request(points: HitPoints, seconds: int, metre: tuple[int, int], seed: int = 3) -> SpotRequest:
    film = picture(seconds, motion=lambda t: 0.5 + 0.45 * math.sin(t), cuts=((seconds * 12, 0.9),))
    wish = brief(96.0, metre, 1.3)
    return SpotRequest(film, points, fit_tempo(points, film.cue, RATE, wish), wish, seed)


@pytest.mark.parametrize("spotter", SPOTTERS, ids=lambda one: one.name)
@pytest.mark.parametrize("metre", METRES, ids=lambda m: f"{m[0]}/{m[1]}")
@pytest.mark.parametrize("case", CASES)
def test_contract(spotter: Spotter, metre: tuple[int, int], case: str) -> None:
    asked = request(*CASES[case], metre)
    made = spotter.spot(asked)
    tempo_map = asked.tempo_map
    onsets = [spot.onset_q for spot in made.spots]
    assert onsets == sorted(set(onsets)) and onsets[0] >= 0
    assert onsets[-1] == tempo_map.end_q
    wanted = {sync.position_q for sync in tempo_map.sync if sync.anchored and sync.position_q <= tempo_map.end_q}
    assert {spot.onset_q for spot in made.spots if spot.kind == "hit"} == wanted
    for spot, following in zip(made.spots, made.spots[1:], strict=False):
        assert 0 < spot.duration_q <= following.onset_q - spot.onset_q
        assert spot.kind != "hit" or spot.strength == 3
    assert made.spots[-1].duration_q > 0
    assert made.made_by == spotter.name
    covered = [bar for section in made.sections for bar in range(section.first_bar, section.last_bar + 1)]
    assert covered == list(range(1, tempo_map.bar_count + 1))


@pytest.mark.parametrize("spotter", SPOTTERS, ids=lambda one: one.name)
def test_the_same_request_gives_the_same_spots(spotter: Spotter) -> None:
    points, seconds = CASES["odd bars"]
    assert spotter.spot(request(points, seconds, (4, 4))) == spotter.spot(request(points, seconds, (4, 4)))


@pytest.mark.parametrize("spotter", SPOTTERS, ids=lambda one: one.name)
def test_onsets_lie_on_sixteenths(spotter: Spotter) -> None:
    for metre in METRES:
        made = spotter.spot(request(*CASES["odd bars"], metre))
        assert all((spot.onset_q * 4).denominator == 1 for spot in made.spots)
