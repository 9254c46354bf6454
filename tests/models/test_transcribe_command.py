"""The external transcriber: real programs run without a shell, and what each way of failing says."""
from __future__ import annotations

import sys
import time
from pathlib import Path

import mido
import numpy as np
import pytest

from backend.errors import InputError, MissingExtraError, OptionError
from backend.models.transcribe_command import CommandTranscriber, midi_posteriors
from backend.models.transcribe_posteriors import FRAME_S, LOWEST
from tests.models.transcribe_melodies import melody, spots_of
from tests.music.rhythms import tempo_map


def write_midi(path: Path, notes: list[tuple[float, float, int]], channel: int = 0) -> None:
    """Notes in seconds, at 120 a minute."""
    file = mido.MidiFile(ticks_per_beat=480)
    events = sorted([(start, 1, pitch) for start, _, pitch in notes] + [(end, 0, pitch) for _, end, pitch in notes])
    track, now = mido.MidiTrack(), 0
    for time_s, on, pitch in events:
        tick = round(time_s * 960)
        track.append(mido.Message("note_on", channel=channel, note=pitch, velocity=80 * on, time=tick - now))
        now = tick
    file.tracks.append(track)
    file.save(path)


def program(folder: Path, body: str) -> str:
    """A command that runs ``body`` with ``audio`` and ``midi`` as pathlib paths."""
    script = folder / "a program.py"
    script.write_text("import shutil, sys, time, pathlib\naudio, midi = map(pathlib.Path, sys.argv[1:3])\n" + body)
    return f'"{sys.executable}" "{script}" {{audio}} {{midi}}'


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "a $(touch pwned) ; melody.wav"
    path.write_bytes(b"the program reads it, we do not")
    return path


def test_its_notes_come_back_on_the_spots_and_freely(tmp_path: Path, sound: Path) -> None:
    one, placed = melody(5)
    truth = [(float(placed.time_s(n.onset_q)), float(placed.time_s(n.end_q)), n.pitch) for n in one.notes]
    write_midi(tmp_path / "told.mid", [*truth, *((start, end, 45) for start, end, _ in truth)])
    command = program(tmp_path, f"assert audio.is_file()\nshutil.copy({str(tmp_path / 'told.mid')!r}, midi)")
    for spots in (spots_of(one), None):
        found = CommandTranscriber(command).transcribe(sound, placed, spots)
        assert [(n.onset_q, n.pitch) for n in found.notes] == [(n.onset_q, n.pitch) for n in one.notes]
        assert found.trusted and found.confidence > 0.85 and found.made_by == "command"
    assert not list(tmp_path.rglob("pwned")) and not Path("pwned").exists()


def test_drums_and_lower_notes_stay_out(tmp_path: Path) -> None:
    write_midi(tmp_path / "a.mid", [(0.5, 1.0, 60), (0.75, 1.5, 48)])
    found = midi_posteriors(tmp_path / "a.mid")
    ends = np.flatnonzero(found.note[:, 60 - LOWEST])[[0, -1]] * FRAME_S
    assert ends == pytest.approx([0.5, 1.0], abs=1.5 * FRAME_S)
    assert np.flatnonzero(found.note[:, 48 - LOWEST])[0] * FRAME_S == pytest.approx(1.0, abs=FRAME_S)
    assert found.onset.sum() == 1
    write_midi(tmp_path / "b.mid", [(0.5, 1.0, 60)], channel=9)
    assert midi_posteriors(tmp_path / "b.mid").note.sum() == 0


@pytest.mark.parametrize(("body", "said"), [
    ("sys.exit('no weights in /models')", r"ended with code 1: no weights in /models. Run its command by hand"),
    ("sys.exit(3)", r"ended with code 3. Run"),
    ("print('x' * 5000)", r"wrote no MIDI file: x{160}. Its command"),
    ("midi.write_bytes(b'MThd')", r"is no MIDI file"),
    ("midi.mkdir()", r"wrote no MIDI file"),
])
def test_failures_are_one_line(tmp_path: Path, sound: Path, body: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as raised:
        CommandTranscriber(program(tmp_path, body)).transcribe(sound, tempo_map(), None)
    assert "\n" not in str(raised.value)


def test_a_program_that_hangs_is_ended(tmp_path: Path, sound: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(InputError, match=r"still running after 0.5 s and was ended"):
        CommandTranscriber(program(tmp_path, "time.sleep(600)"), limit_s=0.5).transcribe(sound, tempo_map(), None)
    assert time.monotonic() - begun < 300


def test_what_cannot_start(sound: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingExtraError, match="'no-such-program' cannot be started: No such file"):
        CommandTranscriber("no-such-program {audio} {midi}").transcribe(sound, tempo_map(), None)
    with pytest.raises(InputError, match="is not there"):
        CommandTranscriber("x {audio} {midi}").transcribe(tmp_path / "absent.wav", tempo_map(), None)
    for template in ("mt3 {audio}", "mt3 {midi}", ""):
        with pytest.raises(OptionError, match=r"must name \{audio\} and \{midi\}"):
            CommandTranscriber(template)
    with pytest.raises(OptionError, match="a quote that is not closed"):
        CommandTranscriber('mt3 "{audio} {midi}')


def test_broken_midi_never_gets_out(tmp_path: Path) -> None:
    write_midi(tmp_path / "whole.mid", [(0.1 * i, 0.1 * i + 0.1, 60 + i) for i in range(10)])
    whole, rng = (tmp_path / "whole.mid").read_bytes(), np.random.default_rng(4)
    refused = 0
    for _ in range(150):
        broken = bytearray(whole)
        for place in rng.integers(0, len(whole), 4):
            broken[place] = int(rng.integers(256))
        (tmp_path / "broken.mid").write_bytes(bytes(broken[:int(rng.integers(1, len(whole) + 1))]))
        try:
            midi_posteriors(tmp_path / "broken.mid")
        except InputError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 20
