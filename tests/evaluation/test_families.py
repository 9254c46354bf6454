"""Which family enters: heard in stems, or read from the notes."""
from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import soundfile

from backend.domain.render import Stem
from backend.errors import InputError
from backend.evaluation.families import families_heard, families_written


def stem(folder: Path, name: str, burst_s: float, level: float) -> Stem:
    samples = 0.05 * np.sin(2 * np.pi * 200 * np.arange(96000) / 48000)
    start = round(burst_s * 48000)
    samples[start:start + 9600] += level * np.random.default_rng(0).normal(size=9600)
    soundfile.write(str(folder / f"{name}.wav"), samples, 48000)
    return Stem(name, f"{name}.wav", None, 0.0)


def test_the_stem_that_gets_louder_is_named_first(cues: ModuleType, tmp_path: Path) -> None:
    stems = (stem(tmp_path, "strings", 1.0, 0.05), stem(tmp_path, "brass", 1.0, 0.1), stem(tmp_path, "choir", 0.3, 0.2))
    render = replace(cues.fake_cue().render, stems=stems)
    assert families_heard(render, tmp_path, (1.0, 0.3, 1.7, 9.0)) == (("brass", "strings"), ("choir",), (), ())


def test_a_stem_that_is_no_sound_is_an_error(cues: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_text("x")
    render = replace(cues.fake_cue().render, stems=(Stem("strings", "bad.wav", None, 0.0),))
    with pytest.raises(InputError, match="Render the cue again"):
        families_heard(render, tmp_path, (1.0,))


def test_written_families_by_velocity(cues: ModuleType) -> None:
    cue = cues.fake_cue()
    time_s = float(cue.tempo_map.time_s(cue.tempo_map.bars[8].start_q))
    two = replace(cue.score, parts=tuple(p for p in cue.score.parts if p.role in ("doubling", "ostinato", "melody")))
    at_bar, between = families_written(two, cue.tempo_map, (time_s, time_s + 0.1))
    assert sorted(at_bar) == ["harp_keys", "strings", "woodwind"]
    assert between == ()
