"""A plausible finished cue made of nothing: a 40 s scene at 24 frames a second with 16 bars of music."""
from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from backend.domain.analysis import ClipAnalysis, Curve, Cut, Impact, Shot, Transition
from backend.domain.assessment import Assessment, AssessmentReport, Candidate, Criterion, Fix
from backend.domain.brief import CueBrief
from backend.domain.clip import Clip, Cue
from backend.domain.description import Attribute, Attributes, ClipDescription, PlotSection, ShotDescription
from backend.domain.hits import HitPoint, HitPoints
from backend.domain.render import RenderReport, SoundBank, Stem
from backend.domain.scheme import DYNAMICS, ArrangementScheme, Measure, TrackScheme
from backend.domain.score import Chord, Key, Melody, Note, Part, Score
from backend.domain.spotting import RhythmSpot, RhythmSpots, Section
from backend.domain.tempo import Meter, SyncPoint, TempoMap, TempoPoint
from backend.domain.time import FrameRate, timecode

RATE = FrameRate(24)
BARS = 16
LEVELS = (.3, .3, .35, .4, .45, .55, .7, .8, .5, .4, .5, .6, .75, .9, 1.0, .5)
CUT_FRAMES = (96, 190, 260, 322, 400, 470, 540, 610, 702, 790, 860)
HIT_SPECS = (  # beats from the start (4/4, one 3/4 bar at bar 8), weight, type, kind, reason
    (0, .5, "soft", "start", "The picture begins"), (8, .8, "hard", "cut", "Cut: wide to close"),
    (13, .45, "soft", "motion", "She turns"), (16, .9, "hard", "impact", "The door slams"),
    (23.5, .4, "soft", "cut", "Cut"), (28, .85, "hard", "user", "The letter falls"),
    (35, .95, "hard", "cut", "Cut into the street"), (40, .5, "avoid", "motion", "Dialogue"),
    (43, .8, "hard", "flash", "Lightning"), (51, .9, "hard", "impact", "The glass breaks"),
    (55, .5, "soft", "motion", "He runs"), (59, 1.0, "hard", "impact", "The door is shut"),
    (62, .6, "ring_out", "fade", "Fade to black"))
PARTS = (  # id, instrument, role, first bar, last bar, register
    ("melody", "violins1", "melody", 1, 16, 72), ("counter.cellos", "cellos", "counter", 5, 15, 55),
    ("pad.violas", "violas", "pad", 1, 16, 60), ("bass.basses", "basses", "bass", 3, 16, 36),
    ("doubling.flute", "flute", "doubling", 9, 15, 79), ("pad.horns", "horns_a4", "pad", 7, 15, 55),
    ("ostinato.harp", "harp", "ostinato", 5, 14, 64), ("accent.timpani", "timpani", "accent", 3, 16, 43))


@dataclass(frozen=True)
class FakeCue:
    analysis: ClipAnalysis
    description: ClipDescription
    brief: CueBrief
    hits: HitPoints
    tempo_map: TempoMap
    spots: RhythmSpots
    melody: Melody
    score: Score
    scheme: ArrangementScheme
    assessment: AssessmentReport
    render: RenderReport


def fake_cue(name: str = "harbour_480x204_24fps.mp4") -> FakeCue:
    tempo_map = _tempo_map()
    hits, tempo_map = _hits(tempo_map)
    sections = (Section("A", 1, 4), Section("A'", 5, 8), Section("B", 9, 12), Section("A''", 13, 16))
    melody = _melody(tempo_map, sections)
    spots = RhythmSpots(tuple(RhythmSpot(n.onset_q, n.duration_q, "fill", 2) for n in melody.notes), sections, "fake")
    score = _score(tempo_map, melody, sections)
    return FakeCue(_analysis(name), _description(), _brief(), hits, tempo_map, spots, melody, score,
                   _scheme(score, sections), _assessment(), _render())


def _tempo_map() -> TempoMap:
    meters = (Meter(1, 4), Meter(8, 3), Meter(9, 4))
    beats = BARS * 4 - 1
    points = tuple(TempoPoint(Fraction(b), round(60e6 / (96 + 3 * math.sin(b / 9) + (4 if b >= 35 else 0))))
                   for b in range(beats))
    return TempoMap(points, meters, BARS, Fraction(beats - 1), (), Fraction(1), "fake")


def _hits(tempo_map: TempoMap) -> tuple[HitPoints, TempoMap]:
    hits, sync = [], []
    for index, (beat, weight, kind_type, kind, reason) in enumerate(HIT_SPECS):
        position = Fraction(beat)
        anchored = kind_type in ("hard", "ring_out") or index == 0
        error = Fraction(0) if anchored else Fraction((-1) ** index * 30, 1000)
        time_s = tempo_map.time_s(position) - error
        frame = RATE.nearest_frame(time_s)
        hits.append(HitPoint(time_s, weight, kind, kind_type, reason, frame, timecode(86400 + frame, RATE),
                             locked=kind == "user"))
        sync.append(SyncPoint(index, position, float(error), anchored))
    return HitPoints(tuple(hits), "fake"), replace(tempo_map, sync=tuple(sync))


def _analysis(name: str) -> ClipAnalysis:
    rng = random.Random(5)
    frames = 40 * 24
    motion, luma = [], []
    for i in range(frames):
        shot = sum(i >= cut for cut in CUT_FRAMES)
        base = (.1, .2, .15, .5, .3, .7, .9, .4, .6, 1.1, 1.4, .2)[shot]
        motion.append(round(max(0.0, base * (1 + .3 * math.sin(i / 7)) + rng.gauss(0, .05)), 6))
        luma.append(round(min(1.0, max(0.0, (.3, .5, .45, .7, .6, .3, .25, .5, .55, .35, .3, .15)[shot]
                                       + .04 * math.sin(i / 30))), 6))
    saliency = [0.0] + [round(max(0.0, b - a), 6) for a, b in zip(motion, motion[1:], strict=False)]
    flat = tuple(0.4 for _ in range(frames))
    clip = Clip(name, RATE, frames, Fraction(40), 480, 204, 86400, codec="h264", has_audio=True)
    edges = (0, *CUT_FRAMES, frames)
    shots = tuple(Shot(a, b, RATE.time_s(a), RATE.time_s(b), .4, .02, luma[a], .4, "Dark" if luma[a] < .4 else "Bright",
                       "Cool", "Close-up") for a, b in zip(edges, edges[1:], strict=False))
    return ClipAnalysis(
        clip, Cue("1M1", Fraction(0), Fraction(40), 86400, "The Harbour"), tuple(RATE.time_s(i) for i in range(frames)),
        (Curve("motion", "frame heights/s", tuple(motion)), Curve("saliency", "frame heights/s", tuple(saliency)),
         Curve("luma", "0..1", tuple(luma)), Curve("saturation", "0..1", flat), Curve("contrast", "0..1", flat)),
        tuple(Cut(f, RATE.time_s(f), .8) for f in CUT_FRAMES), (Transition("fade_out", 925, 950),),
        (Impact(240, RATE.time_s(240), .9, "stop"),), shots, .55, .06, "fake")


def _melody(tempo_map: TempoMap, sections: tuple[Section, ...]) -> Melody:
    rng = random.Random(3)
    head = (69, 72, 71, 67, 69)
    notes = []
    for bar in tempo_map.bars:
        rhythm = (1, Fraction(1, 2), Fraction(1, 2), 1, 1) if bar.numerator == 4 else (1, 1, 1)
        if bar.number % 4 == 0:
            rhythm = (1, bar.length_q - 1)
        at = bar.start_q
        for k, length in enumerate(rhythm):
            motif = head[k] + (0, 2, 5, 3)[bar.number // 4 % 4] if bar.number % 4 == 1 else None
            pitch = motif or 69 + rng.choice((-4, -2, 0, 3, 5))
            notes.append(Note(at, Fraction(length), pitch, 60 + round(50 * LEVELS[bar.number - 1])))
            at += Fraction(length)
    return Melody(tuple(notes), Key(9, "harmonic_minor"), sections, (1, 5, 9, 13), "fake", 1)


def _score(tempo_map: TempoMap, melody: Melody, sections: tuple[Section, ...]) -> Score:
    parts = tuple(Part(part_id, instrument.replace("_", " ").title(), instrument, role,
                       melody.notes if role == "melody" else _line(tempo_map, role, first, last, register))
                  for part_id, instrument, role, first, last, register in PARTS)
    chords = tuple(Chord(bar.start_q, bar.length_q, (9, 5, 0, 4)[bar.number % 4], "Mm"[bar.number % 2])
                   for bar in tempo_map.bars)
    return Score("The Harbour", melody.key, parts, chords, sections, "fake", 1)


def _line(tempo_map: TempoMap, role: str, first: int, last: int, register: int) -> tuple[Note, ...]:
    step = {"ostinato": Fraction(1, 2), "counter": Fraction(2), "doubling": Fraction(1)}.get(role)
    notes = []
    for bar in tempo_map.bars[first - 1:last]:
        velocity = 50 + round(60 * LEVELS[bar.number - 1])
        length = step or bar.length_q
        at, k = bar.start_q, 0
        while at < bar.end_q:
            notes.append(Note(at, min(length, bar.end_q - at), register + (0, 4, 7, 4)[k % 4] * (step is not None),
                              velocity))
            at, k = at + length, k + 1
    return tuple(notes)


def _scheme(score: Score, sections: tuple[Section, ...]) -> ArrangementScheme:
    tracks = tuple(TrackScheme(i, part.id, part.name, part.role, part.instrument, "long", round(-.45 + .12 * i, 2), .4,
                               -2.0 * i, {n + 1: level for n, level in enumerate(LEVELS)}, -60.0)
                   for i, part in enumerate(score.parts))
    measures = tuple(Measure(n + 1, DYNAMICS[min(7, round(level * 7))], level, level, ("melody",))
                     for n, level in enumerate(LEVELS))
    return ArrangementScheme(tracks, measures, sections, "cadence", made_by="fake")


def _description() -> ClipDescription:
    attribute = Attribute("Dark", "measured", .8)
    empty = Attribute(None)
    attributes = Attributes(attribute, Attribute("Cool", "measured", .6), empty, Attribute("Nervous", "user", 1.0),
                            empty, empty, empty)
    return ClipDescription(attributes, (ShotDescription(0, attributes, "Still, then a slow pan."),),
                           (PlotSection(0, 20, .3), PlotSection(20, 40, .8, "They flee.")),
                           "The picture starts still and ends in a run.", -.3, .4, .3, .6, "fake")


def _brief() -> CueBrief:
    return CueBrief("Nervous", -.3, .4, 9, "harmonic_minor", 88, 104, 96, 4, 4, 1.0, 69, 3.5, .9, .3, 1, 4, 2,
                    ("i VI III V",), ("violins1",), ("glockenspiel",), "fake")


def _assessment() -> AssessmentReport:
    def verdict(accepted: bool, veto: str) -> Assessment:
        criteria = tuple(Criterion(k, f"criterion {k}", "structure", None if k == 19 else round(.3 + .035 * k, 3), {},
                                   "bars 1-4", (1, 2)) for k in range(1, 20))
        return Assessment(criteria, 14.2, .71, accepted, veto, (Fix(6, (5, 8), "Bring the head back"),), made_by="fake")

    return AssessmentReport((Candidate(1, 1, False, 60, verdict(False, "no repetition <bars 3-6>")),
                             Candidate(2, 2, True, 62, verdict(True, ""))), False, "fake")


def _render() -> RenderReport:
    stems = (Stem("strings", "stems/strings.wav", -24.1, -8.0), Stem("brass", "stems/brass.wav", None, -20.0))
    return RenderReport("mix.wav", stems, 48000, 48000 * 42, -23.0, -23.1, 8.4, -2.4, 3.2, .5, -92.0,
                        SoundBank("TimGM6mb", "TimGM6mb.sf2", "GPL-2.0"), {"melody": 62.0}, "fake")


def write_mix(cue: FakeCue, folder: Path, gain: float = 1.0) -> Path:
    """A simple synthetic mix of the cue: decaying tones at the written times, accents on the hard hits."""
    import numpy as np
    import soundfile

    rate = 48000
    sound = np.zeros(42 * rate)
    for part in cue.score.parts:
        for note in part.notes:
            start = round(float(cue.tempo_map.time_s(note.onset_q)) * rate)
            length = round(float(cue.tempo_map.time_s(note.end_q)) * rate) - start + rate // 20
            t = np.arange(length) / rate
            envelope = np.minimum(1, t / .01) * np.exp(-t / .5) * np.minimum(1, (length / rate - t) / .05)
            hz = 440 * 2 ** ((note.pitch - 69) / 12)
            sound[start:start + length] += (note.velocity / 127) ** 2 * .03 * envelope * np.sin(2 * np.pi * hz * t)
    for hit in cue.hits.hard():
        start = round(float(hit.time_s) * rate)
        t = np.arange(rate // 2) / rate
        noise = np.random.default_rng(start).normal(size=len(t)) + 3 * np.sin(2 * np.pi * 110 * t)
        sound[start:start + len(t)] += .2 * np.exp(-t / .12) * noise
    target = folder / "mix.wav"
    soundfile.write(str(target), np.stack([sound, .8 * sound], axis=1) * gain, rate, subtype="PCM_24")
    return target
