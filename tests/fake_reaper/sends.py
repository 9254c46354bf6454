"""Sends, seen from their source (category 0) and from their destination (category -1). No hardware outputs."""
from __future__ import annotations

from tests.fake_reaper.calls import Group, need
from tests.fake_reaper.state import Send, Track
from tests.fake_reaper.tracks import known, whole

_RECEIVES, _SENDS, _HARDWARE = -1, 0, 1


class Sends(Group):
    def CreateTrackSend(self, track: Track | None, target: Track | None) -> int:
        """The new send's index. NULL as target would be a hardware output."""
        track = need(track)
        if target is None:
            raise NotImplementedError("RPR_CreateTrackSend: the fake REAPER has no hardware outputs")
        if target is track:
            return -1
        track.sends.append(Send(target.guid))
        self.changed()
        return len(track.sends) - 1

    def rows(self, track: Track, category: int) -> list[tuple[Track, Send]]:
        """(the track that holds the send, the send)."""
        if category == _SENDS:
            return [(track, send) for send in track.sends]
        if category == _RECEIVES:
            return [(one, send) for one in self.project.tracks for send in one.sends if send.target == track.guid]
        if category == _HARDWARE:
            return []
        raise NotImplementedError(f"the fake REAPER does not know sends of category {category}")

    def GetTrackNumSends(self, track: Track | None, category: int) -> int:
        return len(self.rows(need(track), category))

    def _row(self, track: Track | None, category: int, index: int) -> tuple[Track, Send]:
        rows = self.rows(need(track), category)
        found: tuple[Track, Send] = need(rows[index] if 0 <= index < len(rows) else None)
        return found

    def GetTrackSendInfo_Value(self, track: Track | None, category: int, index: int, name: str) -> float:
        """Tracks at either end come as numbers: their addresses."""
        holder, send = self._row(track, category, index)
        ends = {"P_SRCTRACK": holder, "P_DESTTRACK": next(t for t in self.project.tracks if t.guid == send.target)}
        if name in ends:
            return float(self.pointers.address(ends[name]))
        known(name, send.values, "RPR_GetTrackSendInfo_Value")
        return send.values[name]

    def SetTrackSendInfo_Value(self, track: Track | None, category: int, index: int, *rest: float | str) -> bool:
        name, value = str(rest[0]), float(rest[1])
        _holder, send = self._row(track, category, index)
        known(name, send.values, "RPR_SetTrackSendInfo_Value")
        send.values[name] = whole(name, value)
        self.changed()
        return True

    def RemoveTrackSend(self, track: Track | None, category: int, index: int) -> bool:
        holder, send = self._row(track, category, index)
        holder.sends[:] = [one for one in holder.sends if one is not send]
        self.changed()
        return True
