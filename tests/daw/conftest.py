"""A small cue with everything in it: three metres, nine tempi, hits of every type, four families, odd names."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import pytest
import rpp
import rppxml

from backend.daw.build import build_session
from backend.domain.clip import Clip, Cue
from backend.domain.hits import HitPoint, HitPoints
from backend.domain.scheme import ArrangementScheme, TrackScheme
from backend.domain.score import Control, Key, Note, Part, Score
from backend.domain.session import Session
from backend.domain.spotting import RhythmSpot, RhythmSpots, Section
from backend.domain.tempo import Meter, SyncPoint, TempoMap, TempoPoint
from backend.domain.time import FrameRate

F = Fraction


@dataclass(frozen=True)
class Film:
    """Everything ``build_session`` takes."""

    clip: Clip
    cue: Cue
    hits: HitPoints
    tempo_map: TempoMap
    spots: RhythmSpots
    score: Score
    scheme: ArrangementScheme

    def session(self, name: str = "Été \"nuit\" №1", video_file: str = "../clips/film clip – été.mp4") -> Session:
        return build_session(name=name, clip=self.clip, cue=self.cue, video_file=video_file, hits=self.hits,
                             tempo_map=self.tempo_map, spots=self.spots, score=self.score, scheme=self.scheme)


def tempo_map() -> TempoMap:
    """Bars: four of 4/4, two of 3/4, one of 7/8, one of 4/4; a tempo point every 3 quarters."""
    us = (521_739, 519_481, 530_973, 541_011, 500_000, 487_805, 512_345, 533_333, 476_190)
    points = tuple(TempoPoint(F(3 * i), value) for i, value in enumerate(us))
    meters = (Meter(1, 4), Meter(5, 3), Meter(7, 7, 8), Meter(8, 4))
    sync = (SyncPoint(0, F(4), 0.0, True), SyncPoint(1, F(19, 2), 0.0, True), SyncPoint(2, F(12), 0.014, False))
    return TempoMap(points, meters, 8, F(28), sync, F(1), "test")


def hit_points(map_: TempoMap) -> HitPoints:
    return HitPoints((
        HitPoint(map_.time_s(F(4)), 0.9, "impact", "hard", "the door 'slams' \"hard\""),
        HitPoint(map_.time_s(F(19, 2)), 0.55, "cut", "soft", "cut to `wide`"),
        HitPoint(F(25, 4), 0.3, "flash", "avoid", ""),
        HitPoint(F(10), 1.0, "end", "ring_out", "Schluss\nmit Zeilenumbruch"),
    ))


def score() -> Score:
    violins = Part("melody", "Violins", "violins1", "melody", (
        Note(F(0), F(1), 69, 80), Note(F(1), F(1), 71, 84), Note(F(2), F(2), 72, 90), Note(F(4), F(4), 76, 110),
        Note(F(19, 2), F(1, 2), 74, 70, "pizzicato"), Note(F(10), F(1, 3), 74, 72, "pizzicato"),
        Note(F(31, 3), F(2, 3), 72, 71), Note(F(24), F(4), 69, 60)),
        (Control(F(0), 1, 40), Control(F(0), 11, 100), Control(F(4), 1, 96), Control(F(4), 1, 97),
         Control(F(8), 1, 97)),
        (4.0, -6.0, 8.0, 2.5, -12.0, 3.0, 0.0, -5.0))
    pad = Part("pad.celli", "Celli", "cellos", "pad", (
        Note(F(0), F(8), 48, 60), Note(F(0), F(8), 55, 60), Note(F(8), F(8), 50, 62), Note(F(8), F(8), 57, 62)))
    horns = Part("counter", "Horns", "horns_a4", "counter", (Note(F(4), F(3), 60, 90), Note(F(7), F(1), 62, 80)))
    kit = Part("percussion", "Taiko", "taiko_ensemble", "percussion", (
        Note(F(0), F(1, 4), 41, 100), Note(F(4), F(1, 4), 43, 127), Note(F(4), F(1, 4), 41, 127)))
    sections = (Section("A", 1, 4), Section("B", 5, 6), Section("A'", 7, 8))
    return Score("Test", Key(9, "aeolian"), (violins, pad, horns, kit), (), sections, "test")


def scheme() -> ArrangementScheme:
    rows = (
        TrackScheme(0, "melody", "Violins I – \"solo\"", "melody", "violins1", "long", -0.45, 0.3, -1.5,
                    {1: 0.4, 2: 0.4, 3: 0.8, 5: 0.05, 6: 0.8}, -40.0),
        TrackScheme(1, "pad.celli", "Celli", "pad", "cellos", "", 0.4, 0.0, -8.0,
                    {1: 0.2, 2: 0.3, 3: 0.45, 4: 0.6}),
        TrackScheme(2, "counter", "Horns 1`4", "counter", "horns_a4", "", -0.3, 1.0, -4.0, {1: 0.5}),
        TrackScheme(3, "percussion", "Taiko 'grand'", "percussion", "taiko_ensemble", "", 0.0, 0.6, -6.0, {}),
    )
    return ArrangementScheme(rows, (), (), "cadence")


@pytest.fixture(scope="session")
def film() -> Film:
    map_ = tempo_map()
    clip = Clip("film clip – été.mp4", FrameRate(24000, 1001), 400, F(400 * 1001, 24000), 640, 360, 86400, F(3, 4))
    cue = Cue("1M1", F(2), F(33, 2), 86400 + 48, "Nacht")
    spots = RhythmSpots((RhythmSpot(F(0), F(1), "fill", 1), RhythmSpot(F(1), F(1), "fill", 2),
                         RhythmSpot(F(4), F(4), "hit", 3, True), RhythmSpot(F(19, 2), F(1, 2), "hit", 2)),
                        score().sections)
    return Film(clip, cue, hit_points(map_), map_, spots, score(), scheme())


@pytest.fixture(scope="session")
def session(film: Film) -> Session:
    return film.session()


@dataclass(frozen=True)
class Outside:
    """A chunk as a library of somebody else sees it: name, parameters, and rows (lists of tokens or chunks)."""

    name: str
    params: list[str]
    rows: list

    def chunks(self, *names: str) -> list[Outside]:
        return [row for row in self.rows if isinstance(row, Outside) and row.name in names]

    def lines(self, *names: str) -> list[list[str]]:
        return [row[1:] for row in self.rows if isinstance(row, list) and row and row[0] in names]

    def value(self, name: str, index: int = 0) -> str:
        return self.lines(name)[0][index]

    def walk(self) -> Iterator[Outside]:
        yield self
        for row in self.rows:
            if isinstance(row, Outside):
                yield from row.walk()


def _from_rpp(element: rpp.Element) -> Outside:
    rows = [_from_rpp(c) if isinstance(c, rpp.Element) else [c] if isinstance(c, str) else list(c)
            for c in element.children]
    return Outside(element.tag, [str(a) for a in element.attrib], rows)


def _token(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _from_rppxml(element: rppxml.RPPXML) -> Outside:
    rows = [_from_rppxml(c) if isinstance(c, rppxml.RPPXML) else [_token(v) for v in c] for c in element.children]
    return Outside(element.name, [_token(p) for p in element.params], rows)


@pytest.fixture(scope="session", params=["rpp", "rppxml"])
def outside(request: pytest.FixtureRequest) -> Callable[[str], Outside]:
    """Read a project with a library that is not ours."""
    if request.param == "rpp":
        return cache(lambda text: _from_rpp(rpp.loads(text)))
    return cache(lambda text: _from_rppxml(rppxml.loads(text)))
