"""Which pitches sound and begin when, by basic-pitch's network (Bittner et al. 2022) in ONNX form.

The file lies in the wheel of ``basic-pitch``; the package itself is never imported, since it wants TensorFlow.
Sound is cut into windows whose hop is a whole number of frames, so that frame ``i`` lies at ``i * FRAME_S`` however
long the sound is (the package's own windows drift by 8.5 ms each and are corrected afterwards).
"""
from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from math import gcd
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.errors import InputError, MissingExtraError

SAMPLE_RATE = 22_050
HOP = 256
FRAME_S = HOP / SAMPLE_RATE
LOWEST = 21
"""MIDI pitch of the first of 88 columns."""
PITCHES = 88
WINDOW = 2 * SAMPLE_RATE - HOP
_FRAMES = 172
_EDGE = 15
"""Frames at both ends of a window that see too little of what lies outside it; the package drops as many."""
_STEP = _FRAMES - 2 * _EDGE
_BATCH = 8
_NOTE, _ONSET = "StatefulPartitionedCall:1", "StatefulPartitionedCall:2"
_QUIET = 1e-3
"""A window that peaks 60 dB below the loudest holds no music: the network would level its noise up."""
_FILE = "basic_pitch/saved_models/icassp_2022/nmp.onnx"
_SHA256 = "2c3c1d144bfa61ad236e92e169c13535c880469a12a047d4e73451f2c059a0ec"
_INSTALL = "pip install --no-deps basic-pitch==0.4.0"


@dataclass(frozen=True, eq=False)
class Posteriors:
    """``note`` and ``onset``: probabilities [frames, 88] that a pitch sounds, and begins; frame i is at i * FRAME_S."""

    note: NDArray[np.float32]
    onset: NDArray[np.float32]

    @property
    def length_s(self) -> float:
        return len(self.note) * FRAME_S


class PitchNetwork:
    """The network on one thread; about ten times faster than the sound lasts."""

    def __init__(self, file: Path | None = None) -> None:
        """Raises MissingExtraError with the line that installs the file; InputError when it is another file."""
        self._session = _open(file or network_file())

    def listen(self, sound: NDArray[np.float32]) -> Posteriors:
        """``sound``: mono at 22,050 Hz, any length."""
        frames = max(1, -(-len(sound) // HOP))
        windows = _windows(sound, -(-frames // _STEP))
        loud = np.abs(windows).max(axis=1)
        notes, onsets = [], []
        for first in range(0, len(windows), _BATCH):
            batch = windows[first:first + _BATCH, :, None]
            note, onset = self._session.run([_NOTE, _ONSET], {self._session.get_inputs()[0].name: batch})
            heard = (loud[first:first + _BATCH] > _QUIET * max(float(loud.max()), 1e-6))[:, None, None]
            notes.append((note * heard)[:, _EDGE:_EDGE + _STEP])
            onsets.append((onset * heard)[:, _EDGE:_EDGE + _STEP])
        return Posteriors(np.concatenate(notes).reshape(-1, PITCHES)[:frames],
                          np.concatenate(onsets).reshape(-1, PITCHES)[:frames])


def read_sound(path: Path) -> NDArray[np.float32]:
    """Any file libsndfile reads, mixed to mono at 22,050 Hz. Raises InputError."""
    import soundfile
    from scipy.signal import resample_poly

    try:
        sound, rate = soundfile.read(str(path), dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError):
        raise InputError(f"'{path}' cannot be read as sound. Give a whole WAV, FLAC, OGG or MP3 file.") from None
    mono = sound.mean(axis=1, dtype=np.float32)
    if not len(mono):
        raise InputError(f"'{path}' holds no sound. Give a file with music in it.")
    if not np.isfinite(mono).all():
        raise InputError(f"'{path}' holds samples that are no numbers. Render it again.")
    shared = gcd(SAMPLE_RATE, int(rate))
    return np.asarray(resample_poly(mono, SAMPLE_RATE // shared, int(rate) // shared), np.float32)


def network_file(folders: Sequence[str] | None = None) -> Path:
    """The network in the wheel installed in one of ``folders`` (Python's path). Raises MissingExtraError."""
    installed = distributions(name="basic-pitch", path=list(sys.path if folders is None else folders))
    for path in (Path(str(one.locate_file(_FILE))) for one in installed):
        if path.is_file():
            return path
    raise MissingExtraError(f"Transcription needs the network of basic-pitch. Run: {_INSTALL}")


def _open(path: Path) -> Any:
    if hashlib.sha256(path.read_bytes()).hexdigest() != _SHA256:
        raise InputError(f"'{path}' is not the network of basic-pitch 0.4.0. Run: {_INSTALL} --force-reinstall")
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtraError("Transcription needs the package 'onnxruntime'. Run: pip install onnxruntime") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _windows(sound: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """[count, WINDOW]: window w begins ``_EDGE`` frames before frame ``w * _STEP``; silence around the sound."""
    length = (count - 1) * _STEP * HOP + WINDOW
    padded = np.zeros(length, np.float32)
    body = sound[:length - _EDGE * HOP]
    padded[_EDGE * HOP:_EDGE * HOP + len(body)] = body
    return np.stack([padded[w * _STEP * HOP:w * _STEP * HOP + WINDOW] for w in range(count)])
