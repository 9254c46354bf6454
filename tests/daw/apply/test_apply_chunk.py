"""A track's state text: found by brackets, changed in one place, never written when it is not whole."""
from __future__ import annotations

import pytest

from backend.daw.apply.chunk import TrackChunk, print_of_effects, print_of_envelope, write_chunk
from backend.daw.apply.host import Host
from backend.daw.apply.refusal import Refused
from tests.daw.apply.desk import Desk

TEXT = """<TRACK {1}
NAME "a > b < c"
{lock}PEAKCOL 16576
MAINSEND 1 0
<VOLENV2
ACT 1 -1
VIS 1 1 1
PT 0 1 0
PT 2.5 0.3333333333 0
>
<FXCHAIN
WNDRECT 0 0 10 10
SHOW 0
BYPASS 0 0 0
<VST "x" x.dll 0 "" 1<>
AAAA
>
FLOATPOS 0 0 0 0
>
<ITEM
LOCK 1
<NOTES
|  indented line of the user\u2028with an odd break
>
>
>
"""


def text(lock: str = "") -> str:
    return TEXT.replace("{lock}", lock)


def test_nothing_changes_in_what_is_not_touched() -> None:
    assert TrackChunk(text()).text == text()
    assert TrackChunk(text().replace("\n", "\r\n")).text == text()


@pytest.mark.parametrize("lock, locked", [("", False), ("LOCK 1\n", True), ("LOCK 0\n", False), ("LOCK 3\n", True)])
def test_the_lock_of_the_track_is_not_that_of_an_item(lock: str, locked: bool) -> None:
    assert TrackChunk(text(lock)).locked is locked


def test_blocks_are_put_in_front_of_effects_and_items() -> None:
    chunk = TrackChunk(text())
    chunk.put("PANENV2", ["<PANENV2", "ACT 1 -1", ">"])
    chunk.put("VOLENV2", [])
    assert chunk.text == text().replace(text()[text().index("<VOLENV2"):text().index("<FXCHAIN")],
                                        "<PANENV2\nACT 1 -1\n>\n")


def test_a_template_goes_between_envelopes_and_items() -> None:
    chunk = TrackChunk(text())
    chunk.put("FXCHAIN", [])
    chunk.put("FXCHAIN", ["<FXCHAIN", "BYPASS 0 0 0", ">"])
    assert [chunk.lines.index(line) for line in ("<VOLENV2", "<FXCHAIN", "<ITEM")] == sorted(
        chunk.lines.index(line) for line in ("<VOLENV2", "<FXCHAIN", "<ITEM"))


def test_prints_see_sound_and_not_windows() -> None:
    chunk = TrackChunk(text())
    moved = TrackChunk(text().replace("WNDRECT 0 0 10 10", "WNDRECT 5 5 10 10").replace("FLOATPOS 0", "FLOATPOS 9"))
    turned = TrackChunk(text().replace("AAAA", "AAAB"))
    assert print_of_effects(chunk) == print_of_effects(moved) != print_of_effects(turned)
    drawn = TrackChunk(text().replace("PT 2.5 0.3333333333", "PT 2.5 0.34"))
    noise = TrackChunk(text().replace("PT 2.5 0.3333333333", "PT 2.5 0.33333333330001"))
    shown = TrackChunk(text().replace("VIS 1 1 1", "VIS 0 1 1"))
    assert print_of_envelope(chunk, "VOLENV2") == print_of_envelope(noise, "VOLENV2")
    assert print_of_envelope(chunk, "VOLENV2") == print_of_envelope(shown, "VOLENV2")
    assert print_of_envelope(chunk, "VOLENV2") != print_of_envelope(drawn, "VOLENV2")
    assert print_of_envelope(chunk, "PANENV2") == 0


def test_a_text_that_was_cut_off_is_never_written(desk: Desk) -> None:
    """A plug-in's state may be larger than the wrapper's buffer."""
    track = desk.new_track("Kontakt")
    before = desk.hash
    with pytest.raises(Refused, match="larger than a script can read"):
        write_chunk(Host(desk.api, "x"), track, TrackChunk(text()[:120]))
    assert desk.hash == before
