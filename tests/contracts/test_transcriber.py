"""What every Transcriber keeps: one voice, a note on every spot with its own onset, a verdict, exact fractions."""
from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from backend.audio.wav import write_wav
from backend.domain.score import Melody
from backend.domain.tempo import TempoMap
from backend.models.transcribe import BasicPitchTranscriber
from backend.models.transcribe_command import CommandTranscriber
from backend.models.transcribe_scores import note_agreement
from backend.ports import Transcriber
from tests.models.test_transcribe_command import write_midi
from tests.models.transcribe_melodies import INSTRUMENTS, RATE, as_24_bit, melody, played, spots_of, timed

METRES = ("4/4", "7/8", "mixed")
COPIES = "import pathlib, shutil, sys; shutil.copy(pathlib.Path(sys.argv[1]).with_suffix('.mid'), sys.argv[2])"


def transcriber(name: str) -> Transcriber:
    if name == "basic-pitch":
        return BasicPitchTranscriber()
    return CommandTranscriber(f'"{sys.executable}" -c "{COPIES}" {{audio}} {{midi}}')


def recorded(folder: Path, metre: str, program: int = 0) -> tuple[Melody, TempoMap, Path]:
    """A melody, its sound, and beside it the MIDI file that the external program of these tests hands out."""
    one, placed = melody(3, metre, 4)
    path = folder / "melody.wav"
    write_wav(path, as_24_bit(played(one.notes, placed, program)), RATE)
    write_midi(path.with_suffix(".mid"), [(on, end, int(pitch)) for on, end, pitch in timed(one.notes, placed)])
    return one, placed, path


@pytest.mark.parametrize("name", ["basic-pitch", "command"])
@pytest.mark.parametrize("metre", METRES)
def test_contract(name: str, metre: str, tmp_path: Path) -> None:
    one, placed, path = recorded(tmp_path, metre)
    asked = transcriber(name)
    found = asked.transcribe(path, placed, spots_of(one))
    assert [(n.onset_q, n.pitch) for n in found.notes] == [(n.onset_q, n.pitch) for n in one.notes]
    assert all(0 < n.duration_q <= was.duration_q for n, was in zip(found.notes, one.notes, strict=True))
    assert [h.pitch for h in found.heard] == [n.pitch for n in found.notes]
    assert found.trusted and 0.55 <= found.confidence <= 1 and "\n" not in found.verdict
    assert found.made_by == asked.name
    assert asked.transcribe(path, placed, spots_of(one)) == found
    free = asked.transcribe(path, placed, None)
    assert note_agreement(timed(one.notes, placed), timed(free.notes, placed)).f1 >= 0.95
    for note, after in zip(free.notes, free.notes[1:], strict=False):
        assert note.end_q <= after.onset_q and note.onset_q.denominator in (1, 2, 4)


@pytest.mark.parametrize("name", ["basic-pitch", "command"])
def test_nothing_to_hear_is_not_trusted(name: str, tmp_path: Path) -> None:
    one, placed, path = recorded(tmp_path, "4/4")
    write_wav(path, np.zeros((1, RATE), np.int32), RATE)
    write_midi(path.with_suffix(".mid"), [])
    for spots in (spots_of(one), None):
        found = transcriber(name).transcribe(path, placed, spots)
        assert (found.notes, found.trusted) == ((), False) and found.verdict == "No melody is heard in the recording."


@pytest.mark.parametrize("instrument", INSTRUMENTS)
def test_clean_melodies_on_ten_instruments(instrument: str, tmp_path: Path) -> None:
    one, placed, path = recorded(tmp_path, "3/4", INSTRUMENTS[instrument])
    found = BasicPitchTranscriber().transcribe(path, placed, spots_of(one))
    assert note_agreement(timed(one.notes, placed), timed(found.notes, placed)).f1 >= 0.95
    assert found.confidence > 0.45
