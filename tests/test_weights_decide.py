"""Other weights are other music: the stages they decide are made again, the rest stands."""
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from backend.config import DEFAULTS, Options, options_from
from backend.cue_job import CueJob
from backend.errors import InputError
from backend.models.melody_writer import LearnedMelodyWriter
from backend.models.rhythm_spotter import CrtSpotter
from backend.models.weights import BUNDLED, bundled, bundled_hash, file_hash, folder_hash
from backend.pipeline import is_current, run_cue, stage_key
from backend.results import ResultsFolder
from backend.stage_table import STAGE_TABLE
from backend.wiring import wire
from tests.cue_folder import copy_of

STAGE = {stage.name: stage for stage in STAGE_TABLE}


def job_of(out: Path, melody: str = "rules") -> CueJob:
    folder = ResultsFolder(out).open()
    options = replace(options_from(folder.options).over(DEFAULTS), melody=melody)
    return CueJob(folder.clip, folder, options, wire(options))


def test_another_rhythm_network_writes_the_spots_anew(scored: Path, tmp_path: Path) -> None:
    job = job_of(copy_of(scored, tmp_path / "copy"))
    assert is_current(job, "spot")
    shipped = bundled("rhythm")
    numb = {name: value * 0 if name.startswith("pattern") else value for name, value in shipped.tensors.items()}
    other = replace(job, services=replace(job.services, spotter=CrtSpotter(replace(shipped, tensors=numb,
                                                                                    sha256="0" * 64))))
    assert not is_current(other, "spot")
    assert [stage.name for stage in STAGE_TABLE if stage_key(job, stage) != stage_key(other, stage)] == ["spot"]
    before = job.spots
    run_cue(other, lambda news: None, until="spot")
    assert other.spots != before and is_current(other, "spot") and not is_current(job, "spot")


def test_the_melody_depends_on_its_weights_and_not_on_their_place(scored: Path, tmp_path: Path) -> None:
    job = job_of(copy_of(scored, tmp_path / "copy"), "model")
    same, other = tmp_path / "same.safetensors", tmp_path / "other.safetensors"
    same.write_bytes((BUNDLED / "melody.safetensors").read_bytes())
    other.write_bytes(same.read_bytes()[:-1] + b"\x01")
    keys = [stage_key(replace(job, services=replace(job.services, melody_writer=LearnedMelodyWriter(weights=file))),
                      STAGE["compose"]) for file in (None, same, other)]
    assert keys[0] == keys[1] != keys[2]
    assert bundled_hash("melody") == file_hash(same) == bundled("melody").sha256
    with pytest.raises(InputError, match="cannot be read"):
        LearnedMelodyWriter(weights=tmp_path / "gone.safetensors")


def test_a_folder_of_weights_is_known_by_its_contents(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(bytes(3 << 20))
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    first = folder_hash(tmp_path)
    (tmp_path / "readme.md").write_text("hello", encoding="utf-8")
    assert folder_hash(tmp_path) == first
    (tmp_path / "model.safetensors").write_bytes(bytes((3 << 20) - 1) + b"\x01")
    assert folder_hash(tmp_path) != first


def test_rules_have_no_weights(scored: Path, tmp_path: Path) -> None:
    job = job_of(copy_of(scored, tmp_path / "copy"), "model")
    plain = replace(job, services=wire(replace(Options().over(DEFAULTS), spotter="peaks", melody="rules")))
    half = replace(job, services=wire(replace(Options().over(DEFAULTS), spotter="peaks")))
    for writer in (plain.services.spotter, plain.services.melody_writer):
        assert not hasattr(writer, "weights_sha256")
    assert stage_key(plain, STAGE["spot"]) == stage_key(half, STAGE["spot"]) != stage_key(job, STAGE["spot"])
    assert stage_key(plain, STAGE["compose"]) != stage_key(half, STAGE["compose"]) == stage_key(job, STAGE["compose"])
