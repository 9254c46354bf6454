"""The learned writer with the bundled weights: its wishes are heard, its ends close, bad weights are refused."""
from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from backend.domain.assessment import Fix
from backend.domain.requests import MelodyRequest
from backend.domain.score import Melody
from backend.errors import InputError
from backend.models.melody_controls import Wishes
from backend.models.melody_writer import LINES, LearnedMelodyWriter
from backend.models.weights import BUNDLED, bundled
from backend.music.theory import MODES, is_minor_like
from tests.models.melody_model import made_up_weights
from tests.music.rhythms import brief, rhythm, tempo_map


def request_for(emotion: str | None = None, seed: int = 5, metre: str = "4/4") -> MelodyRequest:
    placed = tempo_map(metre, 16)
    return MelodyRequest(rhythm(placed, seed), placed, brief(emotion), seed)


def written(wishes: Wishes, emotion: str | None = None, count: int = 5, lines: int = 1) -> list[Melody]:
    writer = LearnedMelodyWriter(wishes, lines=lines)
    return [writer.write(request_for(emotion, seed)) for seed in range(count)]


def steps_of(melodies: list[Melody]) -> np.ndarray:
    return np.concatenate([np.abs(np.diff([note.pitch for note in melody.notes])) for melody in melodies])


def foreign_share(melodies: list[Melody]) -> float:
    return float(np.mean([(note.pitch - melody.key.tonic_pc) % 12 not in MODES[melody.key.mode]
                          for melody in melodies for note in melody.notes]))


def test_the_card_names_data_seeds_sampler_and_tables() -> None:
    card = bundled("melody").card
    assert len(card["data_sha256"]) == 64 and card["licence"] == "MIT"
    assert set(card["sampler"]) >= {"temperature", "top_p", "copy_bias", "repeat"}
    test = card["test"]
    assert test["model"]["pieces"] >= 100 and test["onsets exact"] == 1.0
    assert test["model"]["mean_overlap"] >= 0.75 > test["random in the scale"]["mean_overlap"]
    assert min(test["model"]["overlap"].values()) >= 0.55
    assert abs(test["model"]["made"]["bar repeat"] - test["model"]["real"]["bar repeat"]) <= 0.08
    assert test["model"]["known_made"] <= test["model"]["known_real"] + 0.05 and test["model"]["copies_made"] == 0
    assert sum(file.stat().st_size for file in BUNDLED.iterdir()) < 30e6


def test_leaps_range_and_foreign_notes_follow_what_is_said() -> None:
    little = written(Wishes(leaps=0.02, range_semitones=7, chromatic=0.0), count=5)
    much = written(Wishes(leaps=0.4, range_semitones=21, chromatic=0.2), count=5)
    assert (steps_of(little) > 4).mean() + 0.08 < (steps_of(much) > 4).mean()
    narrow, wide = (np.mean([np.ptp([n.pitch for n in m.notes]) for m in melodies]) for melodies in (little, much))
    assert narrow + 2 < wide
    assert foreign_share(little) < 0.01 < foreign_share(much)


def test_repetition_brings_bars_back() -> None:
    def back(repetition: float) -> float:
        found = []
        for melody in written(Wishes(repetition=repetition)):
            bars: dict[int, list[tuple[object, int]]] = {}
            for note in melody.notes:
                bars.setdefault(int(note.onset_q // 4), []).append((note.onset_q % 4, note.pitch))
            rows = list(bars.values())
            found += [row in rows[:i] for i, row in enumerate(rows) if i]
        return float(np.mean(found))

    assert back(0.0) + 0.1 < back(3.0)


@pytest.mark.parametrize("emotion", ["Joyous", "Sad", "Fear"])
def test_the_last_note_is_in_the_tonic_triad(emotion: str) -> None:
    for melody in written(Wishes(), emotion, count=3, lines=2):
        degree = (melody.notes[-1].pitch - melody.key.tonic_pc) % 12
        assert degree in ((0, 3, 7) if is_minor_like(melody.key.mode) else (0, 4, 7))


def test_more_lines_are_never_liked_less_and_fixes_change_the_line() -> None:
    from backend.agents.rules.assessor import CriteriaAssessor
    asked = request_for("Calm")
    few, many = (CriteriaAssessor().assess(LearnedMelodyWriter(lines=lines).write(asked), asked.tempo_map, asked.brief,
                                           False) for lines in (1, LINES))
    assert (many.accepted, many.count, many.probability) >= (few.accepted, few.count, few.probability)
    fix = Fix(6, (), "Bring the opening figure back, exact or as a sequence on another step.")
    writer = LearnedMelodyWriter()
    plain, mended = (writer.write(dataclasses.replace(asked, fixes=fixes)) for fixes in ((), (fix, fix)))
    assert [n.pitch for n in plain.notes] != [n.pitch for n in mended.notes]
    assert [n.duration_q for n in plain.notes] == [n.duration_q for n in mended.notes]


def test_what_is_kept_steers_what_is_rewritten() -> None:
    asked = request_for()
    writer = LearnedMelodyWriter(lines=1)
    kept = writer.write(asked)
    lower = dataclasses.replace(kept, notes=tuple(dataclasses.replace(n, pitch=n.pitch - 3) for n in kept.notes))
    one, two = (writer.write(dataclasses.replace(asked, keep=keep, bars=(9, 12), seed=3)) for keep in (kept, lower))
    start, end = asked.tempo_map.bars[8].start_q, asked.tempo_map.bars[11].end_q
    inside = [[n.pitch for n in m.notes if start <= n.onset_q < end] for m in (one, two)]
    assert inside[0] != inside[1]


def test_weights_of_ones_own(tmp_path: Path) -> None:
    import json
    own = made_up_weights()
    save_file(own.tensors, tmp_path / "own.safetensors", {"card": json.dumps(own.card)})
    asked = request_for()
    melody = LearnedMelodyWriter(weights=tmp_path / "own.safetensors", lines=2).write(asked)
    assert [n.onset_q for n in melody.notes] == [s.onset_q for s in asked.spots.spots]
    with pytest.raises(InputError, match=r"no\.safetensors' cannot be read"):
        LearnedMelodyWriter(weights=tmp_path / "no.safetensors")
    (tmp_path / "cut.safetensors").write_bytes((tmp_path / "own.safetensors").read_bytes()[:900])
    with pytest.raises(InputError, match="not a whole safetensors file"):
        LearnedMelodyWriter(weights=tmp_path / "cut.safetensors").write(asked)
    save_file({"x": np.zeros(1, np.float32)}, tmp_path / "foreign.safetensors")
    with pytest.raises(InputError, match="no melody model"):
        LearnedMelodyWriter(weights=tmp_path / "foreign.safetensors").write(asked)
