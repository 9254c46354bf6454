"""The tracks of a plan: the cue's own folder, then everything the session holds except the picture."""
from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from backend.daw.rpp.plugins import PLUGINS
from backend.daw.voices import Cast, Voice
from backend.daw.voices_template import bypassed
from backend.domain.live import LiveEnvelope, LiveFx, LiveItem, LiveSend, LiveTrack, Part
from backend.domain.session import EnvelopePoint, Fx, MidiItem, Session, Track
from backend.live.plan_articulations import articulation_events, clashes
from backend.live.plan_clock import ProjectClock
from backend.live.plan_events import encoded, event_bytes, item_events

CUE_KIND, CUE_COLOR = "cue", 0x839192


def wanted_tracks(session: Session, parts: tuple[Part, ...]) -> tuple[Track, ...]:
    """What ``parts`` asks for, in session order; the picture is the user's own."""
    return tuple(track for track in session.tracks if track.kind != "picture"
                 and ("spots" if track.kind == "spots" else "tracks") in parts)


def cue_folder(name: str, tracks: tuple[Track, ...]) -> LiveTrack:
    """The folder everything of a cue lies in. Its id is ``cue`` unless a part of the score has taken that."""
    taken = {track.id for track in tracks}
    id = next(id for id in (CUE_KIND, "filmcomposer.cue") if id not in taken)
    return LiveTrack(id, CUE_KIND, name, color=CUE_COLOR)


@dataclass(frozen=True)
class TrackMaker:
    """Turns tracks of a session into tracks of a plan, all inside ``folder``."""

    folder: str
    clock: ProjectClock
    results_folder: str
    cast: Cast

    def make(self, track: Track) -> LiveTrack:
        """Sound, levels and items of one track."""
        voice = self.cast.voices.get(track.id)
        made = LiveTrack(
            track.id, track.kind, track.name, track.parent or self.folder, track.color, track.gain_db, track.pan,
            track.width, track.muted or track.id in self.cast.muted, self._items(track, voice), self._envelopes(track),
            tuple(LiveSend(send.target, send.gain_db) for send in track.sends),
            tuple(_stock_fx(fx) for fx in track.fx), play_offset_s=track.playback_offset_ms / 1000)
        return made if voice is None else _voiced(made, voice)

    def _items(self, track: Track, voice: Voice | None) -> tuple[LiveItem, ...]:
        midi = [self._midi(item, voice) for item in track.midi]
        audio = [LiveItem("audio", item.name, self.clock.cue_s(item.start_s), item.length_s,
                          file=str(Path(self.results_folder, item.file))) for item in track.audio]
        return (*midi, *audio)

    def _midi(self, item: MidiItem, voice: Voice | None) -> LiveItem:
        end = item.start_tick + item.length_ticks
        if voice is not None and voice.channel is not None:
            item = _on_channel(item, voice.channel)
        events = item_events(item, voice is None or voice.programs)
        if voice is not None and voice.articulations is not None:
            events += articulation_events(item, voice.articulations, item.notes[0].channel if item.notes else 0)
        return LiveItem("midi", item.name, self.clock.tick_s(item.start_tick), self.clock.span_s(item.start_tick, end),
                        encoded(event_bytes(events, item.start_tick, end)))

    def _envelopes(self, track: Track) -> tuple[LiveEnvelope, ...]:
        both = (LiveEnvelope("volume", self._points(track.volume_envelope)),
                LiveEnvelope("pan", self._points(track.pan_envelope)))
        return tuple(envelope for envelope in both if envelope.points)

    def _points(self, points: tuple[EnvelopePoint, ...]) -> tuple[float, ...]:
        return tuple(number for point in points for number in (self.clock.tick_s(point.tick), point.value))


def _voiced(track: LiveTrack, voice: Voice) -> LiveTrack:
    """ReaSynth speaks at once: where it is heard, nothing has to be played early."""
    own = track.fx if voice.fx is None else voice.fx
    fx = tuple(replace(effect, bypassed=voice.bypassed) for effect in own)
    offset_s = 0.0 if voice.fx is None and not voice.bypassed else track.play_offset_s
    template = bypassed(voice.template) if voice.bypassed else voice.template
    return replace(track, fx=fx, template=template, play_offset_s=offset_s)


def clash_notes(tracks: tuple[Track, ...], cast: Cast) -> tuple[str, ...]:
    """A line for every track whose key switches lie among the pitches it plays."""
    out = []
    for track in tracks:
        map_ = cast.voices[track.id].articulations if track.id in cast.voices else None
        keys = sorted({key for item in track.midi for key in clashes(item, map_)}) if map_ else []
        if keys:
            out.append(f"{track.name}: key switch {', '.join(map(str, keys))} is also a note it plays; "
                       "correct the map in palette.json")
    return tuple(out)


def _on_channel(item: MidiItem, channel: int) -> MidiItem:
    return replace(item, notes=tuple(replace(note, channel=channel) for note in item.notes),
                   controls=tuple(replace(control, channel=channel) for control in item.controls),
                   programs=tuple(replace(program, channel=channel) for program in item.programs))


def _stock_fx(fx: Fx) -> LiveFx:
    """REAPER's own plug-ins take their parameters by number, in the order of their state."""
    plugin = PLUGINS[fx.kind]
    names = [name for name, _ in plugin.parameters]
    return LiveFx(plugin.title, tuple((names.index(name), value) for name, value in fx.parameters),
                  bypassed=fx.bypassed)
