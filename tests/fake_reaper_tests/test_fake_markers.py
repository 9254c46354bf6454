"""Markers and regions lie mixed in one list; names do not come through the wrapper."""
from __future__ import annotations

import ctypes as ct

from tests.fake_reaper import FakeReaper

RED = 0x1000000 | 0xFF


def _mixed() -> FakeReaper:
    reaper = FakeReaper()
    reaper.api.RPR_AddProjectMarker2(0, True, 0.0, 10.0, "1M1", 1, RED)
    reaper.api.RPR_AddProjectMarker2(0, False, 3.0, 0.0, "door", 1, 0)
    reaper.api.RPR_AddProjectMarker2(0, False, 5.0, 0.0, "shot", 2, 0)
    reaper.api.RPR_AddProjectMarker2(0, True, 10.0, 20.0, "1M2", 2, 0)
    return reaper


def name_of(reaper: FakeReaper, index: int) -> str:
    """As a script has to ask."""
    ask = ct.CFUNCTYPE(ct.c_int, ct.c_uint64, ct.c_int, *[ct.c_void_p] * 6)(reaper.api._ft["EnumProjectMarkers3"])
    name = ct.c_char_p()
    assert ask(0, index, None, None, None, ct.cast(ct.byref(name), ct.c_void_p), None, None)
    return (name.value or b"").decode()


def test_counting_gives_all_markers_regions() -> None:
    assert _mixed().api.RPR_CountProjectMarkers(0, 0, 0) == (4, 0, 2, 2)


def test_the_second_region_is_not_the_second_row() -> None:
    api = _mixed().api
    naive = api.RPR_EnumProjectMarkers3(0, 1, 0, 0, 0, "", 0, 0)
    assert naive == (2, 0, 1, 0, 3.0, 0.0, "", 1, 0)
    rows = [api.RPR_EnumProjectMarkers3(0, i, 0, 0, 0, "", 0, 0) for i in range(4)]
    regions = [(row[4], row[5]) for row in rows if row[3]]
    assert regions == [(0.0, 10.0), (10.0, 20.0)]


def test_enumeration_ends_with_zero() -> None:
    api = _mixed().api
    assert api.RPR_EnumProjectMarkers3(0, 3, 0, 0, 0, "", 0, 0)[0] == 4
    assert api.RPR_EnumProjectMarkers3(0, 4, 0, 0, 0, "", 0, 0)[0] == 0


def test_names_come_through_the_function_table_only() -> None:
    reaper = _mixed()
    assert reaper.api.RPR_EnumProjectMarkers3(0, 1, 0, 0, 0, "mine", 0, 0)[6] == "mine"
    assert [name_of(reaper, i) for i in range(4)] == ["1M1", "door", "shot", "1M2"]


def test_numbers_are_per_kind_and_never_given_twice() -> None:
    reaper = _mixed()
    assert reaper.api.RPR_AddProjectMarker2(0, False, 7.0, 0.0, "third", 1, 0) == 3
    assert reaper.api.RPR_AddProjectMarker2(0, True, 30.0, 40.0, "1M7", 7, 0) == 7


def test_changing_by_number_keeps_what_is_not_said() -> None:
    reaper = _mixed()
    assert reaper.api.RPR_SetProjectMarker4(0, 1, True, 1.0, 9.0, "", 0, 0) == 1
    assert name_of(reaper, 0) == "1M1"
    assert reaper.api.RPR_EnumProjectMarkers3(0, 0, 0, 0, 0, "", 0, 0)[3:6] == (1, 1.0, 9.0)
    assert reaper.api.RPR_EnumProjectMarkers3(0, 0, 0, 0, 0, "", 0, 0)[8] == RED
    assert reaper.api.RPR_SetProjectMarker4(0, 1, True, 1.0, 9.0, "", 0, 1) == 1
    assert name_of(reaper, 0) == ""
    assert reaper.api.RPR_SetProjectMarker4(0, 9, True, 1.0, 9.0, "", 0, 0) == 0


def test_deleting_shifts_the_indices() -> None:
    reaper = _mixed()
    assert reaper.api.RPR_DeleteProjectMarkerByIndex(0, 1) == 1
    assert [name_of(reaper, i) for i in range(3)] == ["1M1", "shot", "1M2"]
    assert reaper.api.RPR_DeleteProjectMarker(0, 1, True) == 1
    assert reaper.api.RPR_DeleteProjectMarker(0, 1, True) == 0
    assert [name_of(reaper, i) for i in range(2)] == ["shot", "1M2"]


def test_moving_a_marker_changes_its_index() -> None:
    reaper = _mixed()
    assert reaper.api.RPR_SetProjectMarkerByIndex2(0, 1, False, 6.0, 0.0, 1, "door", 0, 0) == 1
    assert [name_of(reaper, i) for i in range(4)] == ["1M1", "shot", "door", "1M2"]


def test_a_colour_counts_only_with_its_flag() -> None:
    reaper = FakeReaper()
    reaper.api.RPR_AddProjectMarker2(0, False, 1.0, 0.0, "a", -1, 0xFF)
    reaper.api.RPR_AddProjectMarker2(0, False, 2.0, 0.0, "b", -1, RED)
    assert [reaper.api.RPR_EnumProjectMarkers3(0, i, 0, 0, 0, "", 0, 0)[8] for i in range(2)] == [0, RED]


def test_where_the_cursor_is() -> None:
    assert _mixed().api.RPR_GetLastMarkerAndCurRegion(0, 6.0, 0, 0) == (0, 6.0, 2, 0)
