"""MusicGenMelodyWriter keeps what every MelodyWriter promises, with a tiny model of random weights."""
from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from backend.cli.main import main
from backend.domain.requests import MelodyRequest
from backend.domain.score import Key
from backend.domain.spotting import RhythmSpots
from backend.errors import CompositionError, OptionError
from backend.models.musicgen.loading import LICENCE
from backend.models.musicgen.melody_writer import MusicGenMelodyWriter, prompt
from tests.models.musicgen.tokens import save_tokenizer
from tests.models.musicgen.upstream import melody_model
from tests.music.rhythms import brief, rhythm, tempo_map


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> MusicGenMelodyWriter:
    folder = tmp_path_factory.mktemp("weights")
    melody_model().save_pretrained(folder)
    save_tokenizer(folder)
    return MusicGenMelodyWriter(str(folder))


def asked(metre: str = "4/4", bars: int = 2, seed: int = 3) -> MelodyRequest:
    placed = tempo_map(metre, bars)
    return MelodyRequest(rhythm(placed, seed), placed, brief("Sad"), seed)


@pytest.mark.parametrize("metre", ["4/4", "7/8"])
def test_a_note_on_every_spot_and_the_same_again(writer: MusicGenMelodyWriter, metre: str) -> None:
    request = asked(metre)
    melody = writer.write(request)
    assert [note.onset_q for note in melody.notes] == [spot.onset_q for spot in request.spots.spots]
    for note, spot in zip(melody.notes, request.spots.spots, strict=True):
        assert 0 < note.duration_q <= spot.duration_q and 36 <= note.pitch <= 93
    assert melody.key == Key(request.brief.tonic_pc, request.brief.mode) and melody.seed == request.seed
    assert melody.made_by.startswith("musicgen (") and LICENCE in melody.made_by
    assert writer.write(request) == melody


def test_only_the_asked_bars_change(writer: MusicGenMelodyWriter) -> None:
    request = asked()
    kept = writer.write(request)
    again = writer.write(MelodyRequest(request.spots, request.tempo_map, request.brief, 8, keep=kept, bars=(2, 2)))
    border = request.tempo_map.bars[1].start_q
    assert [n for n in again.notes if n.onset_q < border] == [n for n in kept.notes if n.onset_q < border]
    for bars in ((0, 1), (2, 3)):
        with pytest.raises(OptionError, match="There are no bars"):
            writer.write(MelodyRequest(request.spots, request.tempo_map, request.brief, 8, keep=kept, bars=bars))


def test_refusals(writer: MusicGenMelodyWriter) -> None:
    request = asked()
    nothing = RhythmSpots((), request.spots.sections)
    with pytest.raises(CompositionError, match="no rhythm spot"):
        writer.write(MelodyRequest(nothing, request.tempo_map, request.brief, 1))
    with pytest.raises(OptionError, match="needs --weights"):
        MusicGenMelodyWriter()


def test_doctor_checks_the_weights_and_writes_a_sample(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "weights"
    melody_model().save_pretrained(folder)
    save_tokenizer(folder)
    monkeypatch.chdir(tmp_path)
    assert main(["doctor", "--musicgen", str(folder)]) == 0
    said = capsys.readouterr().out
    assert LICENCE in said and "parity with transformers" in said
    assert soundfile.info(tmp_path / "musicgen-sample.wav").frames == 64_000
    assert main(["doctor", "--musicgen", str(tmp_path / "nowhere")]) == 2
    assert "There is no folder" in capsys.readouterr().err


def test_the_words_come_from_the_brief() -> None:
    said = prompt(brief("Sad"))
    assert said.startswith("sad, film music, solo ") and "bpm" in said
