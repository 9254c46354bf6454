"""An external transcriber (MT3 or any other) as a command that reads a recording and writes a MIDI file.

Its notes are laid out as posteriors that are 0 or 1, so that the same reading finds the melody on the spots; where
several notes sound at once, the highest is the melody.
"""
from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import IO

import mido
import numpy as np

from backend.domain.spotting import RhythmSpots
from backend.domain.tempo import TempoMap
from backend.domain.transcription import Transcription
from backend.errors import InputError, MissingExtraError, OptionError
from backend.models.transcribe_posteriors import FRAME_S, LOWEST, PITCHES, Posteriors
from backend.models.transcribe_quarters import transcribe_freely, transcribe_spots

LIMIT_S = 900.0
_SAID = 160
"""Characters of the program's last line that an error repeats."""
_DRUMS = 9
_LONGEST_S = 3600.0


class CommandTranscriber:
    """Port Transcriber over a command such as ``mt3 --input {audio} --output {midi}``. No shell reads it."""

    name = "command"

    def __init__(self, template: str, limit_s: float = LIMIT_S) -> None:
        """Raises OptionError for a template without both places."""
        self._words, self._limit_s = _words(template), limit_s

    def transcribe(self, audio: Path, tempo_map: TempoMap, spots: RhythmSpots | None) -> Transcription:
        """See the port. Raises InputError when the command fails, MissingExtraError when there is no such program."""
        if not audio.is_file():
            raise InputError(f"'{audio}' is not there. Give a recording to transcribe.")
        with tempfile.TemporaryDirectory(prefix="filmcomposer-") as folder:
            midi = Path(folder) / "heard.mid"
            self._run(audio.resolve(), midi)
            heard = midi_posteriors(midi)
        if spots is None:
            return transcribe_freely(heard, tempo_map, self.name)
        return transcribe_spots(heard, tempo_map, spots, self.name)

    def _run(self, audio: Path, midi: Path) -> None:
        words = [word.replace("{audio}", str(audio)).replace("{midi}", str(midi)) for word in self._words]
        with tempfile.TemporaryFile() as said:
            code = _wait(words, said, self._limit_s)
            last = _last_line(said)
        if code:
            raise InputError(f"The transcriber '{words[0]}' ended with code {code}{last}. Run its command by hand "
                             "to see why.")
        if not midi.is_file():
            raise InputError(f"The transcriber '{words[0]}' wrote no MIDI file{last}. Its command must write to "
                             "{midi}.")


def midi_posteriors(path: Path) -> Posteriors:
    """Notes of a MIDI file, drums left out, as 0 and 1, only the highest where several sound. Raises InputError."""
    notes = read_notes(path)
    frames = max((round(end / FRAME_S) for _, end, _ in notes), default=0) + 1
    note = np.zeros((frames, PITCHES), np.float32)
    onset = np.zeros((frames, PITCHES), np.float32)
    for start, end, pitch in notes:
        if LOWEST <= pitch < LOWEST + PITCHES:
            first = round(start / FRAME_S)
            note[first:max(first + 1, round(end / FRAME_S)), pitch - LOWEST] = 1.0
            onset[first, pitch - LOWEST] = 1.0
    higher = np.cumsum(note[:, ::-1], axis=1)[:, ::-1] - note
    top = higher == 0
    return Posteriors(note * top, onset * top)


def _words(template: str) -> list[str]:
    try:
        words = shlex.split(template, posix=os.name == "posix")
    except ValueError:
        raise OptionError("The transcriber's command has a quote that is not closed. Close it.") from None
    if not words or "{audio}" not in template or "{midi}" not in template:
        raise OptionError("The transcriber's command must name {audio} and {midi}, for example: "
                          "mt3 --input {audio} --output {midi}")
    return words if os.name == "posix" else [word.strip('"') for word in words]


def _wait(words: list[str], said: IO[bytes], limit_s: float) -> int:
    """Exit code of the command; it and its children are ended when the time is up or the caller is interrupted."""
    try:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT,
                                   start_new_session=os.name == "posix")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it holds a character no command may have"
        raise MissingExtraError(f"The transcriber '{words[0]}' cannot be started: {reason}. Install it or give its "
                                "whole path.") from None
    try:
        return process.wait(limit_s)
    except subprocess.TimeoutExpired:
        raise InputError(f"The transcriber '{words[0]}' was still running after {limit_s:g} s and was ended. Give it "
                         "a shorter recording.") from None
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    if os.name == "posix":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _last_line(said: IO[bytes]) -> str:
    """``: text`` of the last line the program wrote, or nothing."""
    said.seek(0, os.SEEK_END)
    said.seek(max(0, said.tell() - 4096))
    lines = [" ".join(line.split()) for line in said.read().decode("utf-8", "replace").splitlines() if line.strip()]
    text = "".join(c for c in lines[-1] if c.isprintable())[:_SAID] if lines else ""
    return f": {text}" if text else ""


def read_notes(path: Path) -> list[tuple[float, float, int]]:
    """(start, end) in seconds and pitch; a note that is never ended lasts to the file's end."""
    try:
        file = mido.MidiFile(path, clip=True)
        open_notes: dict[tuple[int, int], list[float]] = {}
        out, now = [], 0.0
        for message in file:
            now += message.time
            if message.type not in ("note_on", "note_off") or message.channel == _DRUMS:
                continue
            key = (message.channel, message.note)
            if message.type == "note_on" and message.velocity:
                open_notes.setdefault(key, []).append(now)
            elif open_notes.get(key):
                out.append((open_notes[key].pop(0), now, message.note))
    except (OSError, EOFError, ValueError, LookupError, TypeError, ArithmeticError, mido.KeySignatureError):
        raise InputError("What the transcriber wrote is no MIDI file. Check that its command writes MIDI to {midi}."
                         ) from None
    if now > _LONGEST_S:
        raise InputError(f"The transcriber's MIDI file lasts {now / 60:.0f} minutes, an hour is the most. "
                         "Give a shorter recording.")
    out += [(start, now, pitch) for (_, pitch), starts in open_notes.items() for start in starts]
    return sorted(out)
