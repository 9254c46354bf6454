"""Edits of settings files: bytes in, bytes out."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.registration import lines

INI = b"[other]\r\nreascript=7\r\n\r\n[REAPER]\r\na=1\r\nreascript=0\r\nz=2\r\n\r\n[reascriptedit]\r\nb=1\r\n"


def test_a_key_is_found_in_its_own_section_in_any_case() -> None:
    assert lines.value_of(INI, b"reaper", b"REASCRIPT") == b"0"
    assert lines.value_of(INI, b"REAPER", b"b") is None
    assert lines.value_of(INI, b"missing", b"a") is None


def test_a_key_is_set_in_place_and_put_back() -> None:
    changed = lines.with_value(INI, b"REAPER", b"reascript", b"1")
    assert changed == INI.replace(b"reascript=0\r\n", b"reascript=1\r\n")
    assert lines.with_line(changed, b"REAPER", b"reascript", b"reascript=0\r\n") == INI


@pytest.mark.parametrize(("before", "after"), [
    (INI, INI.replace(b"z=2\r\n", b"z=2\r\nnew=x\r\n")),
    (b"[REAPER]\n", b"[REAPER]\nnew=x\n"),
    (b"[REAPER]", b"[REAPER]\nnew=x\n"),
    (b"[REAPER]\na=1", b"[REAPER]\na=1\nnew=x\n"),
    (b"[REAPER]\n\n\n[b]\n", b"[REAPER]\nnew=x\n\n\n[b]\n"),
    (b"a=1\n", b"a=1\n[REAPER]\nnew=x\n"),
    (b"", b"[REAPER]\nnew=x\n"),
])
def test_a_new_key_is_the_last_line_of_its_section(before: bytes, after: bytes) -> None:
    assert lines.with_value(before, b"REAPER", b"new", b"x") == after


@pytest.mark.parametrize(("before", "after"), [
    (b"", b"x\ny\n"), (b"a", b"a\nx\ny\n"), (b"a\r\n", b"a\r\nx\r\ny\r\n"), (b"a\n", b"a\nx\ny\n"),
])
def test_a_block_is_appended_in_the_line_ending_of_the_file(before: bytes, after: bytes) -> None:
    assert lines.append(before, b"x\ny\n") == after


def test_a_block_is_taken_out_wherever_it_lies() -> None:
    assert lines.without_block(b"a\n-- b\nx\n-- e\nc\n", b"-- b", b"-- e") == b"a\nc\n"
    assert lines.without_block(b"a\nc\n", b"-- b", b"-- e") == b"a\nc\n"


@given(st.lists(st.sampled_from([b"a=1", b"", b"; \xff\xfe", b"reascript", b"[x]", b"k=[REAPER]"]), max_size=12),
       st.sampled_from([b"\n", b"\r\n"]))
def test_setting_a_new_key_and_taking_it_out_gives_the_same_bytes(body: list[bytes], ending: bytes) -> None:
    data = ending.join([b"[REAPER]", *body, b"end=1", b""])
    changed = lines.with_value(data, b"REAPER", b"pythonlibdll64", b"python311.dll")
    assert lines.value_of(changed, b"REAPER", b"pythonlibdll64") == b"python311.dll"
    assert lines.with_line(changed, b"REAPER", b"pythonlibdll64", None) == data
