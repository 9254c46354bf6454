"""Figures of docs/benchmarks/arrangement.md: range fit, voice leading, speed of the arrangers, accents and dynamics.

    .venv/bin/python -m benchmarks.arrangement [ranges|voices|speed|cues|sections]
"""
from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from backend.domain.analysis import ClipAnalysis
from backend.domain.requests import ArrangeRequest, DescribeRequest
from backend.domain.scheme import ArrangementScheme
from backend.domain.score import Note, Score
from backend.domain.spotting import RhythmSpots
from backend.music.instruments import instruments
from backend.music.ranges import fit, full_share, practical_share
from backend.music.theory import chord_pcs
from backend.music.voicing import VoicingSlot, count_parallels, fold_soprano, voice

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_MAJOR = [(0, "M"), (5, "M"), (7, "M"), (9, "m"), (2, "m"), (4, "m")]
_MINOR = [(0, "m"), (5, "m"), (7, "M"), (8, "M"), (3, "M"), (10, "M")]


def _melody_of(path: Path) -> list[Note]:
    """The topmost notes of a MIDI file's highest track, one at a time."""
    import mido

    try:
        file = mido.MidiFile(path)
    except mido.midifiles.meta.KeySignatureError:  # one file of the corpus is broken on purpose
        return []
    best: list[tuple[int, int, int]] = []
    for track in file.tracks:
        now, open_, notes = 0, {}, []
        for message in track:
            now += message.time
            if message.type == "note_on" and message.velocity and message.channel != 9:
                open_[message.note] = now
            elif message.type in ("note_off", "note_on") and message.note in open_:
                notes.append((open_.pop(message.note), now, message.note))
        if len(notes) >= 16 and (not best or np.mean([n[2] for n in notes]) > np.mean([n[2] for n in best])):
            best = notes
    top: dict[int, tuple[int, int, int]] = {}
    for note in sorted(best):
        if note[0] not in top or note[2] > top[note[0]][2]:
            top[note[0]] = note
    starts = sorted(top)
    out = []
    for start, after in zip(starts, [*starts[1:], None], strict=True):
        end = top[start][1] if after is None else min(top[start][1], after)
        out.append(Note(Fraction(start, file.ticks_per_beat), Fraction(max(1, end - start), file.ticks_per_beat),
                        top[start][2]))
    return out


def corpus_melodies(data: Path, limit: int | None = None) -> list[list[Note]]:
    """Melodies of the MIDI files under ``symbolic``, at most ``limit`` of them, evenly picked."""
    paths = sorted((data / "symbolic").rglob("*.mid"))
    if limit is not None:
        paths = paths[::max(1, len(paths) // limit)][:limit]
    return [line for line in map(_melody_of, paths) if len(line) >= 16]


def chorale_slots(count: int) -> Iterator[tuple[list[VoicingSlot], int, str]]:
    """(slots, tonic, mode) of Bach chorales: a slot a quarter, a common triad of the key that holds the soprano."""
    from music21 import corpus

    paths = [path for path in corpus.getComposer("bach") if path.suffix == ".mxl"]
    for path in paths[::max(1, len(paths) // count)][:count]:
        chorale = corpus.parse(path)
        key = chorale.analyze("key")
        tonic, minor = key.tonic.pitchClass, key.mode == "minor"
        soprano = [n for n in chorale.parts[0].flatten().notes if n.isNote]
        slots, before = [], None
        for quarter in range(int(chorale.parts[0].highestTime)):
            sounding = [n for n in soprano if n.offset <= quarter < n.offset + n.quarterLength]
            if not sounding:
                continue
            pitch = fold_soprano(sounding[0].pitch.midi)
            fits = [(degree, quality) for degree, quality in (_MINOR if minor else _MAJOR)
                    if pitch % 12 in chord_pcs((tonic + degree) % 12, quality)]
            fits = [chord for chord in fits if chord != before] or fits or [(0, "m" if minor else "M")]
            before = fits[0]
            slots.append(VoicingSlot((tonic + before[0]) % 12, before[1], pitch))
        yield slots, tonic, "harmonic_minor" if minor else "major"


def ranges() -> None:
    lines = corpus_melodies(DATA)
    names = [name for name, item in instruments().items() if item.pitched and name not in ("braam", "riser")]
    naive, fitted, full, pairs, lost, folded, notes = 0.0, 0.0, 0.0, 0, 0, 0, 0
    for name in names:
        instrument = instruments()[name]
        for line in lines:
            found = fit(line, instrument)
            size = len(line)
            naive += size * practical_share(line, instrument)
            fitted += size * practical_share(found.notes, instrument)
            full += size * full_share(found.notes, instrument)
            lost += size - len(found.notes)
            folded += found.folded
            notes += size
            pairs += 1
    print(f"range fit: {len(lines)} melodies x {len(names)} instruments = {pairs} pairs, {notes} notes")
    print(f"  practical before {naive / notes:.4f}, after {fitted / notes:.4f}; full {full / notes:.4f}; lost {lost}; "
          f"folded {folded / notes:.4f}")


def voices() -> None:
    parallels = transitions = 0
    motion: list[float] = []
    slowest = 0.0
    for slots, tonic, mode in chorale_slots(25):
        start = time.process_time()
        found = voice(slots, tonic, mode)
        slowest = max(slowest, (time.process_time() - start) * 60 / max(1, len(slots)))
        parallels += count_parallels(found)
        transitions += len(found) - 1
        motion += [(abs(a.alto - b.alto) + abs(a.tenor - b.tenor)) / 2 for a, b in zip(found, found[1:], strict=False)]
    print(f"voice leading: 25 chorale melodies, {transitions} transitions: {parallels} parallels, inner motion "
          f"{np.mean(motion):.2f} semitones, slowest {slowest:.3f} s per 60 slots")


def speed() -> None:
    from backend.rounds import arrange_in_rounds
    from tests.agents.sample_cue import EXPERTS, request

    asked = request("Exciting", duration_s=60, hit_times_s=(6.0, 18.0, 30.0, 42.0, 54.0))
    start = time.process_time()
    score, scheme = arrange_in_rounds(asked, EXPERTS, "speed")
    spent = time.process_time() - start
    notes = sum(len(part.notes) for part in score.parts)
    print(f"speed: 60 s cue, {len(scheme.tracks)} tracks, {notes} notes: {spent:.2f} s")


def _arranged(analysis: ClipAnalysis, seed: int,
              emotion: str | None = None) -> tuple[ArrangeRequest, Score, ArrangementScheme, RhythmSpots]:
    """A clip's whole way from its measured picture to score and scheme."""
    from backend.agents.rules.melody import RuleMelodyWriter
    from backend.agents.rules.spotter import PeakSpotter
    from backend.domain.requests import MelodyRequest, SpotRequest
    from backend.music.brief import make_brief
    from backend.music.harmony import harmonise
    from backend.music.tempo_fit import fit_tempo
    from backend.rounds import arrange_in_rounds
    from backend.video.describe import MeasuredDescriber
    from backend.video.hit_finder import CurveHitFinder
    from tests.agents.sample_cue import EXPERTS

    told, found = MeasuredDescriber().describe(DescribeRequest(analysis, emotion)), CurveHitFinder().find(analysis)
    brief = make_brief(told, float(analysis.cue.duration_s), emotion, seed=seed)
    beats = fit_tempo(found, analysis.cue, analysis.clip.frame_rate, brief)
    spots = PeakSpotter().spot(SpotRequest(analysis, found, beats, brief, seed))
    melody = RuleMelodyWriter().write(MelodyRequest(spots, beats, brief, seed))
    chords = harmonise(melody, beats, brief, found, seed)
    asked = ArrangeRequest(melody, chords, analysis, told, found, beats, brief, seed)
    return asked, *arrange_in_rounds(asked, EXPERTS, "benchmark"), spots


def cues() -> None:
    """Every shared clip with three seeds, rendered and measured."""
    import tempfile

    from backend.audio.renderer import SoundfontRenderer
    from backend.daw.build import build_session
    from backend.domain.requests import ClipRequest, RenderRequest
    from backend.evaluation.measure import measure_cue
    from backend.video.analyzer import PyAvAnalyzer

    print("| clip | seed | hard hits met | rho | novelty | end, frames | low int./100 | breath | families |")
    for path in sorted((DATA / "video" / "clips").iterdir()):
        analysis = PyAvAnalyzer().analyze(ClipRequest(path), lambda done: None)
        for seed in (1, 2, 3):
            asked, score, scheme, spots = _arranged(analysis, seed)
            session = build_session(name="b", clip=analysis.clip, cue=analysis.cue, video_file="b", hits=asked.hits,
                                    tempo_map=asked.tempo_map, spots=spots, score=score, scheme=scheme)
            with tempfile.TemporaryDirectory() as place:
                report = SoundfontRenderer(workers=1).render(RenderRequest(session, Path(place), -23.0), lambda d: None)
                found = measure_cue(analysis=analysis, hits=asked.hits, tempo_map=asked.tempo_map, spots=spots,
                                    melody=asked.melody, score=score, scheme=scheme, render=report, assessment=None,
                                    folder=Path(place))
            sync = found.sync
            families = sorted({n for h in sync.hits if h.type == "hard" and h.status == "hit" for n in h.families[:2]})
            print(f"| {path.stem[:20]} | {seed} | {sync.on_frame}/{sync.anchored} | {found.dynamics.motion_spearman} | "
                  f"{found.development.novelty_ratio} | {found.ending.sound_frames} | "
                  f"{found.ranges.low_interval_per_100_notes} | {found.ranges.breath_violations} | {families} |")


def sections() -> None:
    """Novelty at section borders over elsewhere, every shared clip with three seeds, with and without an emotion."""
    from backend.domain.requests import ClipRequest
    from backend.evaluation.measure import measure_development
    from backend.video.analyzer import PyAvAnalyzer

    paths = sorted((DATA / "video" / "clips").iterdir())
    analyses = [(path.stem[:20], PyAvAnalyzer().analyze(ClipRequest(path), lambda done: None)) for path in paths]
    for emotion in (None, "Exciting", "Sad"):
        every: list[float] = []
        for name, analysis in analyses:
            found = []
            for seed in (1, 2, 3):
                asked, score, _, _ = _arranged(analysis, seed, emotion)
                ratio = measure_development(analysis, asked.tempo_map, asked.melody, score).novelty_ratio
                found += [ratio] if ratio is not None else []
            every += found
            if found:
                print(f"| {emotion or '-'} | {name} | {' | '.join(f'{ratio:.2f}' for ratio in found)} |")
        print(f"{emotion or 'no emotion'}: median {np.median(every):.2f}, mean {np.mean(every):.2f}, "
              f"{np.mean(np.array(every) >= 2):.2f} of {len(every)} cues at 2 or more")


def main() -> None:
    jobs = {"ranges": ranges, "voices": voices, "speed": speed, "cues": cues, "sections": sections}
    for name in sys.argv[1:] or jobs:
        jobs[name]()


if __name__ == "__main__":
    main()
