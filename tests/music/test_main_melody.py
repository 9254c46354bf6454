"""The main melody of several tracks: eq. (1)-(3) by hand, and on songs whose voice is known."""
from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from backend.music.main_melody import PAPER, Reading, covered, figures, lead_score, main_melody
from backend.training.musicxml_pieces import read_piece

TUNE = [(0.0, 1.0, 72), (1.0, 1.0, 74), (2.0, 2.0, 76)]
CHORDS = [(float(beat), 2.0, pitch) for beat in (0, 2) for pitch in (48, 52, 55)]


def test_joint_coverage_counts_every_moment_once() -> None:
    assert covered([[(0.0, 2.0, 60), (1.0, 2.0, 64)], [(5.0, 1.0, 40)]]) == 4.0
    assert covered([[(0.0, 1.0, 60), (1.0, 1.0, 62)]]) == 2.0


def test_figures_of_a_tune_and_its_chords() -> None:
    tune, chords = figures([TUNE, CHORDS])
    assert (tune.coverage, tune.polyphony, tune.overlap, tune.mean_pitch) == (1.0, 0.0, 0.0, 74.0)
    assert tune.note_share == pytest.approx(3 / 9) and chords.note_share == pytest.approx(6 / 9)
    assert chords.polyphony == pytest.approx(1 - 2 / 6) and chords.overlap == pytest.approx(1 - 4 / 12)
    assert lead_score(chords) == 0.0 and lead_score(tune) == pytest.approx(1.2)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_tune_leads_wherever_it_lies(order: tuple[int, int]) -> None:
    tracks = [(TUNE, CHORDS)[i] for i in order]
    found = main_melody(tracks)
    assert found.lead == order.index(0) and found.used == (found.lead,) and list(found.notes) == TUNE


def test_other_tracks_speak_where_the_lead_is_silent_until_enough_is_covered() -> None:
    lead = [(0.0, 4.0, 76), (12.0, 4.0, 74)]
    answer = [(3.0, 2.0, 64), (5.0, 3.0, 65), (8.0, 2.0, 67)]
    third = [(10.0, 2.0, 50)]
    found = main_melody([lead, answer, third], Reading(coverage_needed=0.85), lead=0)
    assert found.used == (0, 1) and found.coverage == pytest.approx(14 / 16)
    assert found.notes == ((0.0, 4.0, 76), (5.0, 3.0, 65), (8.0, 2.0, 67), (12.0, 4.0, 74))
    assert main_melody([lead, answer, third], Reading(coverage_needed=1.0), lead=0).used == (0, 1, 2)


def test_chords_become_their_top_line() -> None:
    assert main_melody([CHORDS]).notes == ((0.0, 2.0, 55), (2.0, 2.0, 55))


def test_tracks_without_notes_are_refused() -> None:
    for tracks in ([], [TUNE, []]):
        with pytest.raises(ValueError, match="at least one note"):
            main_melody(tracks)


def test_the_labelled_voice_leads_in_nine_songs_of_ten(shared_data: Path) -> None:
    root = shared_data / "symbolic" / "openscore_lieder"
    right, chance = [], []
    for song in json.loads((root / "manifest.json").read_text(encoding="utf-8"))["songs"]:
        lines = read_piece(root / "mxl" / f"{song['id']}.mxl").lines
        order = random.Random(song["id"]).sample(range(len(lines)), len(lines))
        tracks = [[(float(onset), float(length), pitch) for onset, length, pitch in lines[i]] for i in order]
        right.append(order[main_melody(tracks, PAPER).lead] == 0)
        chance.append(1 / len(lines))
    assert len(right) == 239
    assert sum(chance) / len(chance) < 0.33
    assert sum(right) / len(right) >= 0.9
