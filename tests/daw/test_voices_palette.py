"""The palette file: what may stand in it, and one line for what may not."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from backend.daw.articulations import Switch
from backend.daw.palette_file import (
    ANY,
    Candidate,
    Layer,
    MapEntry,
    Palette,
    articulation_map,
    known_keys,
    palette_path,
    read_palettes,
)
from backend.errors import InputError


def write(folder: Path, **fields: Any) -> Path:
    palette_path(folder).write_text(json.dumps({"schema": "Palette/1", **fields}))
    return folder


def test_the_shipped_palette_only_suggests() -> None:
    """A sampler that nobody asked for opens empty and takes its time: it is named, never loaded."""
    layer, = read_palettes(None).layers
    candidates = [candidate for row in layer.file.instruments.values() for candidate in row]
    assert {candidate.purpose for candidate in candidates} == {"suggest"}
    assert {"BBC Symphony Orchestra", "Kontakt", "sforzando"} <= {candidate.plugin for candidate in candidates}


def test_the_users_palette_is_asked_first_and_the_instrument_before_its_family(tmp_path: Path) -> None:
    write(tmp_path, instruments={"any": [{"plugin": "A"}], "strings": [{"plugin": "B"}, {"plugin": "C"}],
                                 "violins1": [{"plugin": "D", "preset": "x"}]})
    found = read_palettes(tmp_path).candidates(("violins1", "strings", "strings", ANY))
    assert [candidate.plugin for candidate, _ in found[:5]] == ["D", "B", "C", "A", "BBC Symphony Orchestra"]


@pytest.mark.parametrize(("candidate", "purpose", "what"), [
    (Candidate(plugin="Kontakt 8"), "load", "Kontakt 8"), (Candidate(plugin="K", preset="Strings"), "play", "K"),
    (Candidate(track_template="Violins"), "play", "Violins"), (Candidate(sample="/x/boom.wav"), "play", "boom.wav"),
    (Candidate(plugin="Pianoteq", use="play"), "play", "Pianoteq"), (Candidate(printed=True), "play", "printed stem")])
def test_a_bare_plugin_is_loaded_and_all_else_plays(candidate: Candidate, purpose: str, what: str) -> None:
    assert (candidate.purpose, candidate.what) == (purpose, what)


@pytest.mark.parametrize(("fields", "said"), [
    ({"instruments": {"violin1": [{"plugin": "K"}]}}, "violin1: no such instrument; did you mean 'violins1'"),
    ({"instruments": {"qqqq": []}}, "instruments.qqqq: no such instrument; use an instrument id, a family or 'any'"),
    ({"instruments": {"any": [{}]}}, r"instruments.any\[0\]: name one of plugin, track_template, sample and printed"),
    ({"instruments": {"any": [{"plugin": "K", "sample": "x"}]}}, r"instruments.any\[0\]: name one of"),
    ({"instruments": {"any": [{"sample": "x", "preset": "y"}]}}, r"any\[0\]: preset: goes with a plugin"),
    ({"instruments": {"any": [{"plugin": "K", "patch": "y"}]}}, r"any\[0\].patch: unknown field"),
    ({"instruments": {"any": [{"plugin": "K", "use": "now"}]}}, r"any\[0\].use: expected one of"),
    ({"instruments": {"any": [{"plugin": "K", "channel": 17}]}}, r"channel: 17 is not within 0 and 16"),
    ({"instruments": {"any": [{"plugin": 3}]}}, r"any\[0\].plugin: expected text, got 3"),
    ({"instruments": {"any": [{"plugin": "K", "articulations": "m"}]}}, r"any\[0\].articulations: no map 'm'"),
    ({"articulation_maps": {"m": {}}}, "articulation_maps.m: give names, or reabank and bank"),
    ({"articulation_maps": {"m": {"reabank": "x"}}}, "articulation_maps.m: reabank and bank go together"),
    ({"articulation_maps": {"m": {"names": {"long": [{"key": 200}]}}}}, r"m.names.long\[0\]: key: 200 is not within"),
    ({"articulation_maps": {"m": {"names": {"stacato": [{"key": 2}]}}}}, "stacato: no such articulation; did you mean"),
    ({"voices": {}}, "voices: unknown field; known are instruments, articulation_maps"),
])
def test_a_mistake_is_one_line_with_file_and_field(tmp_path: Path, fields: dict[str, Any], said: str) -> None:
    write(tmp_path, **fields)
    with pytest.raises(InputError, match=said) as error:
        read_palettes(tmp_path)
    assert str(error.value).startswith(f"Palette '{palette_path(tmp_path)}': ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("data", "said"), [
    (b"{", "line 1: not valid JSON"), (b"[]", "expected an object"), (b"\xff\xfe", "not UTF-8 text"),
    (b'{"schema": "Palette/9"}', "schema: expected 'Palette/1'")])
def test_a_file_that_is_no_palette_is_one_line(tmp_path: Path, data: bytes, said: str) -> None:
    palette_path(tmp_path).write_bytes(data)
    with pytest.raises(InputError, match=said):
        read_palettes(tmp_path)


def test_a_palette_saved_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    palette_path(tmp_path).write_bytes(b'\xef\xbb\xbf{"schema": "Palette/1"}')
    assert read_palettes(tmp_path).layers[0].file == Palette()


def test_every_instrument_and_family_may_be_named() -> None:
    assert {"violins1", "harp_keys", "keys", "strings_plucked", "melody", "any"} <= set(known_keys())


def layer(folder: Path, entry: MapEntry) -> Layer:
    return Layer(palette_path(folder), Palette({}, {"m": entry}))


def test_a_map_is_written_out_or_read_from_a_reabank(tmp_path: Path) -> None:
    asks = Candidate(plugin="K", articulations="m")
    names = {"long": (Switch(key=24),)}
    written = articulation_map(asks, layer(tmp_path, MapEntry(names, "long")), None)
    assert written is not None
    assert (written.names, written.default) == (names, "long")
    (tmp_path / "res" / "Data").mkdir(parents=True)
    (tmp_path / "res" / "Data" / "my.reabank").write_text('//! g="V" n="Horn"\nBank 3 4 Horn\n1 long\n')
    entry = MapEntry(reabank="Data/my.reabank", bank="V/Horn")
    read = articulation_map(asks, layer(tmp_path, entry), tmp_path / "res")
    assert read is not None
    assert read.names == {"long": (Switch(program=1, bank_msb=3, bank_lsb=4),)}
    with pytest.raises(InputError, match="articulation_maps.m.reabank: 'Data/my.reabank' is not there"):
        articulation_map(asks, layer(tmp_path, entry), None)
    assert articulation_map(Candidate(plugin="K"), layer(tmp_path, entry), None) is None
