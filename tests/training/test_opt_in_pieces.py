"""POP909 and Nottingham: read in their shapes, only when asked for, their rights said, held-out figures untouched."""
from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from fractions import Fraction as F
from pathlib import Path

import mido
import numpy as np
import pytest

from backend.cli.main import main
from backend.errors import InputError
from backend.models.melody_events import CHORD, NOTE, chord_class
from backend.models.rhythm_steps import tempo_class
from backend.models.weights import read_weights
from backend.training.assessment_material import split_of
from backend.training.melody_material import cut_window, melody_pieces
from backend.training.opt_in_pieces import NOTHING_MORE, RIGHTS, nottingham, opt_in, pop909
from backend.training.rhythm_material import rhythm_pieces

Row = tuple[float, float, int]
TUNE = (0, 4, 7, 4, 5, 9, 5, 4, 2, 7, 5, 2, 0, 4, 2, 0)


def track(notes: Sequence[Row], beat: int, name: str = "", head: Sequence[mido.MetaMessage] = ()) -> mido.MidiTrack:
    """Notes as (start, end, pitch) in beats of ``beat`` ticks."""
    out = mido.MidiTrack([mido.MetaMessage("track_name", name=name), *head])
    events = sorted([(round(a * beat), "note_on", pitch) for a, _, pitch in notes]
                    + [(round(b * beat), "note_off", pitch) for _, b, pitch in notes])
    now = 0
    for tick, kind, pitch in events:
        out.append(mido.Message(kind, note=pitch, velocity=80 if kind == "note_on" else 0, time=tick - now))
        now = tick
    return out


def save(file: Path, tracks: Sequence[mido.MidiTrack], beat: int) -> None:
    midi = mido.MidiFile(ticks_per_beat=beat)
    midi.tracks.extend(tracks)
    file.parent.mkdir(parents=True, exist_ok=True)
    midi.save(file)


def tunes(folder: Path, count: int = 2) -> Path:
    """Nottingham's shape: two tracks, time signature, 1024 ticks; 3/4, the tune from the third quarter on."""
    for number in range(count):
        head = [mido.MetaMessage("time_signature", numerator=3, denominator=4)]
        melody = [(2.0 + i, 3.0 + i, 67 + TUNE[(i + number) % 16]) for i in range(34)]
        chords = [(3.0 * bar, 3.0 * bar + 3, 43 + step) for bar in range(1, 12) for step in (0, 4, 7)]
        both = [track(notes, 1024, "", head) for notes in (melody, chords)]
        save(folder / "MIDI" / f"tune{number}.mid", both, 1024)
    (folder / "MIDI" / "broken.mid").write_bytes(b"MThd no more")
    return folder


def songs(folder: Path) -> Path:
    """POP909's shape: MELODY, BRIDGE, PIANO in seconds under one tempo event; beats a little uneven; a bar of two beats
    in the middle."""
    start_s, gaps = 1.3, [0.6 + 0.02 * (i % 3) for i in range(90)]
    beats = start_s + np.concatenate([[0.0], np.cumsum(gaps)])
    down = [i for i in range(0, 36, 4)] + [i for i in range(38, len(beats), 4)]
    second = 480 * 2

    def at(beat: float) -> float:
        return float(np.interp(beat, np.arange(len(beats)), beats))
    melody = [(at(i), at(i + 0.9), 72 + TUNE[i % 16]) for i in range(80)]
    piano = [(at(4 * b), at(4 * b + 4), 48 + step) for b in range(20) for step in (0, 4, 7)]
    tracks = [track([], second), track(piano, second, "PIANO"), track(melody, second, "MELODY")]
    save(folder / "POP909" / "001" / "001.mid", tracks, 480)
    rows = [f"{time:.6f} {float(i % 2 == 0)} {float(i in down)}" for i, time in enumerate(beats)]
    (folder / "POP909" / "001" / "beat_midi.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "POP909" / "002").mkdir()
    return folder


def test_a_tune_of_nottingham(tmp_path: Path) -> None:
    files, found = nottingham(tunes(tmp_path))
    assert [file.name for file in files] == ["broken.mid", "tune0.mid", "tune1.mid"] and len(found) == 2
    written = found[0].source.written
    assert {(bar.numerator, bar.denominator, bar.length_q) for bar in written.bars} == {(3, 4, F(3))}
    assert len(written.bars) == 12 and written.lines[0][:2] == ((F(2), F(1), 67), (F(3), F(1), 71))
    assert len(written.lines) == 2 and found[0].source.split == "train" and found[0].tempo_qpm is None
    assert nottingham(tmp_path / "MIDI")[1][1].source.written == found[1].source.written


def test_a_song_of_pop909_in_stretches_of_regular_bars(tmp_path: Path) -> None:
    files, found = pop909(songs(tmp_path))
    assert [file.name for file in files] == ["001.mid", "beat_midi.txt"]
    assert [len(one.source.written.bars) for one in found] == [8, 13]
    first, second = (one.source.written for one in found)
    assert [note[0] for note in first.lines[0]] == [F(i) for i in range(32)]
    assert [note[2] for note in first.lines[0][:4]] == [72, 76, 79, 76]
    assert [note[2] for note in second.lines[0][:2]] == [72 + TUNE[38 % 16], 72 + TUNE[39 % 16]]
    assert found[0].tempo_qpm == pytest.approx(60 / 0.62, abs=0.01)


def test_they_become_material_of_both_models(tmp_path: Path) -> None:
    data = clear_data(tmp_path / "data")
    more = opt_in({"nottingham": tunes(tmp_path / "n"), "pop909": songs(tmp_path / "p")})
    plain, richer = melody_pieces(data), melody_pieces(data, more.pieces)
    assert [piece.name for piece in richer[:len(plain)]] == [piece.name for piece in plain]
    assert {piece.collection for piece in richer[len(plain):]} == {"nottingham", "pop909"}
    assert all(piece.split == "train" for piece in richer[len(plain):])
    song = next(piece for piece in richer if piece.collection == "pop909")
    window = cut_window(song, 0, 8, 0.0, np.random.default_rng(1))
    assert window is not None and window.controls["style"] == 0 and window.key.tonic_pc == 0
    assert set(window.tokens[window.events.classes["kind"] == CHORD].tolist()) == {chord_class(0, "M")}
    assert (window.events.classes["kind"] == NOTE).sum() == 32
    rhythms = rhythm_pieces(data, more=more.pieces)
    assert len(rhythms) == len(rhythm_pieces(data)) + 4
    assert rhythms[-1].tempo == tempo_class(more.pieces[-1].tempo_qpm) and rhythms[-1].onsets.sum() > 20


def test_nothing_is_added_by_itself_and_every_file_counts(tmp_path: Path) -> None:
    assert opt_in({}).pieces == NOTHING_MORE.pieces == () and opt_in({}).sha256 == ""
    first = opt_in({"nottingham": tunes(tmp_path)})
    assert first.rights == (RIGHTS["nottingham"],)
    tunes(tmp_path, 3)
    assert opt_in({"nottingham": tmp_path}).sha256 != first.sha256


@pytest.mark.parametrize("name", ["pop909", "nottingham"])
def test_a_folder_without_them_is_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"{name} = .*Give the folder") as caught:
        opt_in({name: tmp_path})
    assert "\n" not in str(caught.value)


def score_xml(transposed: int) -> str:
    """Twelve bars of four quarters."""
    names = ("C", "D", "E", "F", "G", "A", "B")
    bars = []
    for bar in range(12):
        notes = "".join(f"<note><pitch><step>{names[(i * 2 + bar + transposed) % 7]}</step><octave>4</octave></pitch>"
                        "<duration>1</duration></note>" for i in range(4))
        about = "<divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type></time>" if bar == 0 else ""
        bars.append(f"<measure><attributes>{about}</attributes>{notes}</measure>")
    return f"<score-partwise><part>{''.join(bars)}</part></score-partwise>"


def clear_data(root: Path) -> Path:
    """The three collections' shape with one song of a composer of each split."""
    composers = {split_of(f"Composer {i}"): f"Composer {i}" for i in range(40)}
    folder = root / "symbolic"
    (folder / "openscore_lieder/mxl").mkdir(parents=True)
    listed = []
    for number, split in enumerate(("train", "dev", "test")):
        listed.append({"id": split, "composer": composers[split], "metronome_marks": [90]})
        with zipfile.ZipFile(folder / "openscore_lieder/mxl" / f"{split}.mxl", "w") as archive:
            archive.writestr("score.xml", score_xml(number))
    for name, table in (("openscore_lieder", {"songs": listed}), ("openewld_leadsheets", {"songs": []}),
                        ("openscore_quartets", {"files": []})):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "manifest.json").write_text(json.dumps(table), encoding="utf-8")
    return root


def configuration(folder: Path, more: str, kind: str = "crt") -> Path:
    file = folder / f"{kind}.toml"
    file.write_text(f'data = "data"\noutput = "run"\n{more}[model]\nwidth = 16\nheads = 2\nencoder_layers = 1\n'
                    "decoder_layers = 1\n[training]\nsteps = 2\nvalidate_every = 2\n", encoding="utf-8")
    return file


def test_train_says_the_rights_and_writes_them_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clear_data(tmp_path / "data")
    tunes(tmp_path / "tunes")
    assert main(["train", "crt", "--config", str(configuration(tmp_path, ""))]) == 0
    assert "Nottingham" not in capsys.readouterr().err
    plain = read_weights(tmp_path / "run" / "rhythm.safetensors").card
    (tmp_path / "run").rename(tmp_path / "before")
    assert main(["train", "crt", "--config", str(configuration(tmp_path, 'nottingham = "tunes"\n'))]) == 0
    assert RIGHTS["nottingham"] in capsys.readouterr().err
    card = read_weights(tmp_path / "run" / "rhythm.safetensors").card
    assert (plain["licence"], plain["data_sha256"]) == ("MIT", card["data_sha256"]) and "added" not in plain
    assert card["licence"].startswith("not MIT") and RIGHTS["nottingham"] in card["data"]
    assert card["added"] == 2 and len(card["added_sha256"]) == 64
    assert card["dev"]["windows"] == plain["dev"]["windows"] == 1


@pytest.mark.parametrize(("kind", "more", "says"), [
    ("crt", 'pop909 = "nowhere"\n', "no songs are there"), ("crt", "pop909 = 3\n", "must be a folder's name"),
    ("echoscript", 'nottingham = "tunes"\n', "for crt and melody only")])
def test_what_train_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, more: str,
                            says: str) -> None:
    clear_data(tmp_path / "data")
    assert main(["train", kind, "--config", str(configuration(tmp_path, more, kind))]) == 2
    said = capsys.readouterr().err
    assert says in said and said.count("\n") == 1 and not (tmp_path / "run").exists()
