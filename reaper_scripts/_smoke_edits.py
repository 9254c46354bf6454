"""The self-test's edit by hand: a fader and a note, which a second build with other music must leave alone."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backend.daw.apply import apply_session
from backend.daw.apply.host import Host as Writing
from backend.daw.apply.midi import decoded, set_events
from reaper_scripts._ours import items_of
from reaper_scripts._smoke_checks import Check, hash_of_take, synth_track
from reaper_scripts._smoke_plan import by_hand, other_music

EDITED = "FilmComposer: self-test, an edit by hand"
_VOLUME = 0.7
_SAME = 1e-9


def kept(api: Any) -> Iterator[Check]:
    """Edit, build other music, look. Two undo steps: ``EDITED`` and that of the plan."""
    track = synth_track(api)
    items = items_of(api, track) if track else []
    if not items:
        yield Check("an edit by hand stays", False, "there is no note to edit")
        return
    item = items[0]
    take = api.RPR_GetTake(item, 0)
    _edit(api, track, take)
    edited = hash_of_take(api, take)
    report = apply_session(other_music(), api)
    if report.refused:
        yield Check("other music is built", False, report.refused)
        return
    volume = float(api.RPR_GetMediaTrackInfo_Value(track, "D_VOL"))
    yield Check("a volume set by hand stays", abs(volume - _VOLUME) < _SAME, f"{volume:.6f} of {_VOLUME}")
    first = api.RPR_GetTake(item, 0)
    now = hash_of_take(api, first)
    yield Check("a note changed by hand stays", bool(edited) and now == edited, f"{edited} and {now}")
    yield _second_take(api, item, edited)


def _edit(api: Any, track: Any, take: Any) -> None:
    host = Writing(api, EDITED)
    host.open()
    try:
        host.write("SetMediaTrackInfo_Value", track, "D_VOL", _VOLUME)
        set_events(host, take, decoded(by_hand()))
    finally:
        host.finish()


def _second_take(api: Any, item: Any, edited: str) -> Check:
    """It is there, and the edited one plays."""
    count = int(api.RPR_CountTakes(item))
    names = [str(api.RPR_GetSetMediaItemTakeInfo_String(api.RPR_GetTake(item, i), "P_NAME", "", False)[3])
             for i in range(count)]
    plays_edited = hash_of_take(api, api.RPR_GetActiveTake(item)) == edited
    differs = count == 2 and hash_of_take(api, api.RPR_GetTake(item, 1)) not in ("", edited)
    return Check("the new idea is a second take, and yours plays", differs and plays_edited,
                 f"takes {', '.join(names)}; {'yours' if plays_edited else 'the new one'} plays")
