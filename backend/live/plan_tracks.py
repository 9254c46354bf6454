"""The tracks of a plan: the cue's own folder, then everything the session holds except the picture."""
from __future__ import annotations

from pathlib import Path

from backend.daw.rpp.plugins import PLUGINS
from backend.domain.live import LiveEnvelope, LiveFx, LiveItem, LiveSend, LiveTrack, Part
from backend.domain.session import EnvelopePoint, Fx, MidiItem, Session, Track
from backend.live.plan_clock import ProjectClock
from backend.live.plan_events import encoded, event_bytes, item_events

CUE_KIND, CUE_COLOR = "cue", 0x839192


def live_tracks(session: Session, parts: tuple[Part, ...], clock: ProjectClock,
                results_folder: str) -> tuple[tuple[LiveTrack, ...], tuple[str, ...]]:
    """The tracks that ``parts`` asks for inside the cue's folder, and what there is to say about their sound."""
    wanted = [track for track in session.tracks if track.kind != "picture" and _part_of(track) in parts]
    if not wanted:
        return (), ()
    folder = _cue_folder(session)
    made = [_live_track(track, folder.id, clock, results_folder) for track in wanted]
    return (folder, *made), ()


def _part_of(track: Track) -> Part:
    return "spots" if track.kind == "spots" else "tracks"


def _cue_folder(session: Session) -> LiveTrack:
    taken = {track.id for track in session.tracks}
    id = next(name for name in (CUE_KIND, "filmcomposer.cue") if name not in taken)
    title = " ".join(f"FilmComposer {session.cue}".split())
    return LiveTrack(id, CUE_KIND, title, color=CUE_COLOR)


def _live_track(track: Track, folder: str, clock: ProjectClock, results_folder: str) -> LiveTrack:
    items = [_midi_item(item, clock) for item in track.midi]
    items += [LiveItem("audio", item.name, clock.cue_s(item.start_s), item.length_s,
                       file=str(Path(results_folder, item.file))) for item in track.audio]
    return LiveTrack(
        track.id, track.kind, track.name, track.parent or folder, track.color, track.gain_db, track.pan, track.width,
        track.muted, tuple(items), _envelopes(track, clock),
        tuple(LiveSend(send.target, send.gain_db) for send in track.sends), tuple(_stock_fx(fx) for fx in track.fx))


def _midi_item(item: MidiItem, clock: ProjectClock) -> LiveItem:
    end = item.start_tick + item.length_ticks
    events = encoded(event_bytes(item_events(item), item.start_tick, end))
    return LiveItem("midi", item.name, clock.tick_s(item.start_tick), clock.span_s(item.start_tick, end), events)


def _envelopes(track: Track, clock: ProjectClock) -> tuple[LiveEnvelope, ...]:
    out = []
    if track.volume_envelope:
        out.append(LiveEnvelope("volume", _points(track.volume_envelope, clock)))
    if track.pan_envelope:
        out.append(LiveEnvelope("pan", _points(track.pan_envelope, clock)))
    return tuple(out)


def _points(points: tuple[EnvelopePoint, ...], clock: ProjectClock) -> tuple[float, ...]:
    return tuple(number for point in points for number in (clock.tick_s(point.tick), point.value))


def _stock_fx(fx: Fx) -> LiveFx:
    """REAPER's own plug-ins take their parameters by number, in the order of their state."""
    plugin = PLUGINS[fx.kind]
    names = [name for name, _ in plugin.parameters]
    return LiveFx(plugin.title, tuple((names.index(name), value) for name, value in fx.parameters),
                  bypassed=fx.bypassed)
