"""What a user asks of the music by hand: heard in the asked direction, hits met, remembered, taken back."""
from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.agents.rules.melody import RuleMelodyWriter
from backend.agents.rules.spotter import PeakSpotter
from backend.cli.main import main
from backend.config import Options
from backend.domain.controls import MODE_NAMES, Controls, read_controls
from backend.domain.requests import MelodyRequest, SpotRequest
from backend.domain.score import Melody
from backend.domain.spotting import RhythmSpots
from backend.errors import OptionError
from backend.models.melody_writer import LearnedMelodyWriter
from backend.models.rhythm_spotter import CrtSpotter
from backend.music.brief import make_brief
from backend.music.roman import suits_mode
from backend.music.tempo_fit import fit_tempo
from backend.music.theory import MODES, is_minor_like
from backend.ports import MelodyWriter, Spotter
from tests.cue_folder import copy_of, hashes, score
from tests.music import drawn
from tests.music.rhythms import brief, description, rhythm, tempo_map

SPOTTERS = [PeakSpotter(), CrtSpotter()]
WRITERS = [RuleMelodyWriter(), LearnedMelodyWriter(lines=6)]
HITS = drawn.hits(drawn.hit(4.8, 1.0), drawn.hit(8.7, 1.0), drawn.hit(13.5, 1.0), drawn.hit(25.1, 0.8))


def spotted(spotter: Spotter, seed: int = 3, **asked: Any) -> tuple[SpotRequest, RhythmSpots]:
    film = drawn.picture(40, motion=lambda t: 0.5)
    wish = replace(drawn.brief(96.0), **asked)
    request = SpotRequest(film, HITS, fit_tempo(HITS, film.cue, drawn.RATE, wish), wish, seed)
    return request, spotter.spot(request)


def meets_hits(request: SpotRequest, spots: RhythmSpots) -> bool:
    wanted = {sync.position_q for sync in request.tempo_map.sync if sync.anchored}
    return bool(wanted) and wanted <= {spot.onset_q for spot in spots.spots}


def repeated_bars(request: SpotRequest, spots: RhythmSpots) -> float:
    """Share of the bars whose rhythm is that of the bar before."""
    shapes = [tuple(spot.onset_q - bar.start_q for spot in spots.spots if bar.start_q <= spot.onset_q < bar.end_q)
              for bar in request.tempo_map.bars]
    return float(np.mean([a == b for a, b in zip(shapes, shapes[1:], strict=False)]))


def written(writer: MelodyWriter, **asked: Any) -> list[Melody]:
    placed = tempo_map("4/4", 16)
    made = []
    for seed in range(4):
        spots = rhythm(placed, seed)
        melody = writer.write(MelodyRequest(spots, placed, replace(brief(), **asked), seed))
        assert [note.onset_q for note in melody.notes] == [spot.onset_q for spot in spots.spots]
        made.append(melody)
    return made


def pitches(melodies: list[Melody]) -> np.ndarray:
    return np.concatenate([[note.pitch for note in melody.notes] for melody in melodies])


def leaps(melodies: list[Melody]) -> float:
    moves = [np.abs(np.diff([note.pitch for note in melody.notes])) for melody in melodies]
    return float((np.concatenate(moves) > 4).mean())


def foreign(melodies: list[Melody]) -> float:
    return float(np.mean([(note.pitch - melody.key.tonic_pc) % 12 not in MODES[melody.key.mode]
                          for melody in melodies for note in melody.notes]))


def spans(melodies: list[Melody]) -> float:
    return float(np.mean([np.ptp([note.pitch for note in melody.notes]) for melody in melodies]))


def returning(melodies: list[Melody]) -> float:
    """Share of figures of three intervals that occur more than once in their melody."""
    shares = []
    for melody in melodies:
        moves = np.diff([note.pitch for note in melody.notes]).tolist()
        figures = list(zip(moves, moves[1:], moves[2:], strict=False))
        shares.append(np.mean([figures.count(figure) > 1 for figure in figures]))
    return float(np.mean(shares))


@pytest.mark.parametrize("spotter", SPOTTERS, ids=lambda one: one.name)
def test_density(spotter: Spotter) -> None:
    few, usual, many = (spotted(spotter, onsets_per_beat=density) for density in (0.4, 1.0, 2.5))
    assert len(few[1].spots) * 1.5 < len(usual[1].spots) < len(many[1].spots) / 1.3
    assert all(meets_hits(*made) for made in (few, usual, many))


@pytest.mark.parametrize("spotter", SPOTTERS, ids=lambda one: one.name)
def test_repetition_of_rhythm(spotter: Spotter) -> None:
    made = [[spotted(spotter, seed, repetition=wish) for seed in range(3)] for wish in (0.0, 2.0)]
    little, much = (float(np.mean([repeated_bars(*one) for one in group])) for group in made)
    assert little + 0.15 < much
    assert all(meets_hits(*one) for group in made for one in group)
    assert spotted(spotter, repetition=1.0)[1] == spotted(spotter)[1]


@pytest.mark.parametrize("writer", WRITERS, ids=lambda one: one.name)
def test_register(writer: MelodyWriter) -> None:
    low, high = (float(pitches(written(writer, register_pitch=pitch)).mean()) for pitch in (52, 76))
    assert abs(low - 52) <= 5 and abs(high - 76) <= 5


@pytest.mark.parametrize("writer", WRITERS, ids=lambda one: one.name)
def test_range(writer: MelodyWriter) -> None:
    narrow, wide = written(writer, range_semitones=7), written(writer, range_semitones=22)
    assert max(np.ptp([note.pitch for note in melody.notes]) for melody in narrow) <= 7
    assert spans(narrow) + 6 < spans(wide) and max(np.ptp(pitches([melody])) for melody in wide) <= 22


@pytest.mark.parametrize("tonic_pc", range(12))
def test_a_range_of_a_fourth_still_ends_on_the_tonic(tonic_pc: int) -> None:
    placed = tempo_map("4/4", 4)
    asked = replace(brief(), tonic_pc=tonic_pc, range_semitones=5)
    for melody in (RuleMelodyWriter().write(MelodyRequest(rhythm(placed, 1), placed, asked, seed)) for seed in (1, 2)):
        assert melody.notes[-1].pitch % 12 == tonic_pc and np.ptp(pitches([melody])) <= 5


@pytest.mark.parametrize("writer", WRITERS, ids=lambda one: one.name)
def test_leaps(writer: MelodyWriter) -> None:
    steps, usual, wide = (leaps(written(writer, leaps=share)) for share in (0.0, 0.15, 0.4))
    assert steps < usual < wide and steps <= 0.1 and wide >= 0.2


@pytest.mark.parametrize("writer", WRITERS, ids=lambda one: one.name)
def test_chromatic(writer: MelodyWriter) -> None:
    none, some, much = (foreign(written(writer, mode="major", chromatic=share)) for share in (0.0, 0.1, 0.3))
    assert none <= 0.01 < some < much and 0.03 <= some <= 0.2 and much >= 0.12


@pytest.mark.parametrize("writer", WRITERS, ids=lambda one: one.name)
def test_repetition_of_figures(writer: MelodyWriter) -> None:
    little, much = (returning(written(writer, repetition=wish)) for wish in (0.0, 2.0))
    assert little + 0.05 < much


def test_what_is_not_asked_changes_nothing() -> None:
    placed = tempo_map("4/4", 16)
    plain = make_brief(description(), 40.0, "Sad", seed=2)
    assert make_brief(description(), 40.0, "Sad", seed=2, by_hand=Controls()) == plain
    assert plain.repetition is plain.range_semitones is plain.leaps is plain.chromatic is None
    request = MelodyRequest(rhythm(placed, 2), placed, plain, 2)
    usual = RuleMelodyWriter().write(replace(request, brief=replace(plain, repetition=1.0)))
    assert [note.pitch for note in usual.notes] == [note.pitch for note in RuleMelodyWriter().write(request).notes]


@pytest.mark.parametrize("mode", MODE_NAMES)
@pytest.mark.parametrize("emotion", [None, "Joyous", "Fear"])
def test_a_mode_by_hand_brings_its_own_chords(mode: str, emotion: str | None) -> None:
    made = make_brief(description(), 40.0, emotion, by_hand=Controls(mode=mode))
    assert made.mode == mode and made.progressions
    assert all(suits_mode(text, mode) for text in made.progressions)
    assert make_brief(description(), 40.0, emotion).emotion == made.emotion


def test_modes_have_the_names_of_the_theory() -> None:
    assert tuple(MODES) == MODE_NAMES and is_minor_like("dorian")


def test_what_is_typed() -> None:
    read = read_controls({"register": "Bb4", "range": "14", "leaps": ".2", "mode": "Harmonic Minor", "density": None})
    assert read == Controls(register=70, range=14, leaps=0.2, mode="harmonic_minor")
    assert read_controls({"register": "72"}).register == 72 and read_controls({}) == Controls()


@pytest.mark.parametrize(("options", "says"), [
    (Options(density="lots"), "--density 'lots': give notes a quarter"), (Options(density="9"), "within 0.1 and 6"),
    (Options(register="H4"), "--register 'H4'"), (Options(register="C9"), "within 40 and 88"),
    (Options(range="12.5"), "--range '12.5'"), (Options(range="3"), "within 5 and 36"),
    (Options(leaps="-1"), "--leaps '-1'"), (Options(chromatic="nan"), "--chromatic 'nan'"),
    (Options(repetition="3"), "within 0 and 2"), (Options(mode="blues"), "--mode 'blues': choose one of major")])
def test_what_cannot_be_read_is_one_line(options: Options, says: str) -> None:
    with pytest.raises(OptionError) as caught:
        options.check()
    assert says in str(caught.value) and "\n" not in str(caught.value)


def document(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text(encoding="utf-8"))


def test_flags_are_remembered_and_default_takes_them_back(scored: Path, tmp_path: Path) -> None:
    out = copy_of(scored, tmp_path / "copy")
    plain = hashes(out)
    flags = ("--density", "2.5", "--register", "C5", "--mode", "dorian", "--repetition", "2", "--range", "10",
             "--leaps", "0.05", "--chromatic", "0")
    assert score(out, *flags, "--until", "compose") == 0
    asked = document(out, "brief.json")
    assert (asked["onsets_per_beat"], asked["register_pitch"], asked["mode"], asked["repetition"]) == (
        2.5, 72, "dorian", 2.0)
    assert (asked["range_semitones"], asked["leaps"], asked["chromatic"]) == (10, 0.05, 0.0)
    spots, melody = document(out, "spots.json")["spots"], document(out, "melody.json")
    assert len(spots) > len(document(scored / "out", "spots.json")["spots"])
    anchored = [sync["position_q"] for sync in document(out, "tempo_map.json")["sync"] if sync["anchored"]]
    assert anchored and set(anchored) <= {spot["onset_q"] for spot in spots}
    heard = [note["pitch"] for note in melody["notes"]]
    assert max(heard) - min(heard) <= 10 and melody["key"]["mode"] == "dorian"
    made = hashes(out)
    assert score(out, "--until", "compose") == 0 and hashes(out) == made
    back = [word for flag in flags[::2] for word in (flag, "default")]
    assert score(out, *back, "--until", "compose") == 0
    again = hashes(out)
    assert all(again[name] == plain[name] for name in ("brief.json", "spots.json", "melody.json", "tempo_map.json"))


def test_a_wrong_flag_ends_with_2_and_a_line(scored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", str(scored / "film.mp4"), "-o", str(tmp_path / "new"), "--mode", "blues"]) == 2
    assert "--mode 'blues'" in capsys.readouterr().err and not (tmp_path / "new").exists()
