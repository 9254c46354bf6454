"""Score and scheme to the session: what lies on which track, from the picture down to the printed stems.

From top to bottom: the picture; the rhythm spots as one muted MIDI item; a coloured folder for every instrument
family with the instruments in score order and the family's reverb; and the folder "Printed stems" with the rendered
audio of every family.

How the project sounds when it is opened: through the printed stems. Every REAPER can play those, and they are the
mix that was measured. The instrument tracks hold the editable notes, levels, pan and sends, with REAPER's own
ReaSynth in place but bypassed, so nothing sounds twice and nothing beeps. To play the notes through instruments of
one's own, load them in place of ReaSynth and mute the folder "Printed stems". The .RPP carries the same in its notes.
"""
from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from backend.daw.markers import hit_markers, section_regions, tempo_markers
from backend.daw.tracks import Desk, family_tracks, melody_track, picture_track, printed_tracks, spots_track
from backend.domain.clip import Clip, Cue
from backend.domain.hits import HitPoints
from backend.domain.scheme import ArrangementScheme
from backend.domain.score import Melody, Score
from backend.domain.session import Session, Track, VideoItem
from backend.domain.spotting import RhythmSpots, Section
from backend.domain.tempo import TempoMap
from backend.music.ticks import ticks

SAMPLE_RATE = 48_000


def build_session(*, name: str, clip: Clip, cue: Cue, video_file: str, hits: HitPoints, tempo_map: TempoMap,
                  spots: RhythmSpots, score: Score, scheme: ArrangementScheme) -> Session:
    """Everything a project needs, as plain numbers.

    ``video_file`` is the path as it should stand in the project. Parts of the score without a track in the scheme
    keep their instrument's own seat. Raises EditError when the scheme names an instrument that does not exist.
    """
    desk = Desk(score, scheme, tempo_map, hard_hit_positions(hits, tempo_map))
    stems = desk.stems()
    tracks = [spots_track(spots, tempo_map)]
    for stem in stems:
        tracks += family_tracks(desk, stem)
    tracks += printed_tracks(stems, float(cue.duration_s))
    return _with_music(_empty_session(name, clip, cue, video_file, hits), cue, tempo_map, score.sections, tracks)


def build_sketch(*, name: str, clip: Clip, cue: Cue, video_file: str, hits: HitPoints,
                 tempo_map: TempoMap | None = None, spots: RhythmSpots | None = None,
                 melody: Melody | None = None) -> Session:
    """A cue that has not come as far as a score: its hits; with tempo map and spots also bars, form and rhythm; with
    the melody a track that plays it. A session without tempo map has no tempo.
    """
    session = _empty_session(name, clip, cue, video_file, hits)
    if tempo_map is None or spots is None:
        return session
    tracks = [spots_track(spots, tempo_map)] + ([melody_track(melody, tempo_map)] if melody else [])
    return _with_music(session, cue, tempo_map, spots.sections, tracks)


def _empty_session(name: str, clip: Clip, cue: Cue, video_file: str, hits: HitPoints) -> Session:
    """Picture and hits, on the cue's clock."""
    length_s, rate = float(cue.duration_s), clip.frame_rate
    offset_s = (clip.video_start_s + cue.start_s) * clip.play_rate
    video = VideoItem(video_file, _base_name(video_file), length_s, float(offset_s), float(clip.play_rate))
    return Session(
        name=name, cue=cue.label, length_s=length_s, end_tick=0, frame_rate_numerator=rate.numerator,
        frame_rate_denominator=rate.denominator, drop_frame=rate.drop,
        project_offset_s=float(rate.time_s(cue.start_frame % rate.frames_a_day)), sample_rate=SAMPLE_RATE, video=video,
        tempo=(), markers=hit_markers(hits), regions=(), tracks=(picture_track(),))


def _with_music(session: Session, cue: Cue, tempo_map: TempoMap, sections: tuple[Section, ...],
                tracks: list[Track]) -> Session:
    return replace(session, end_tick=ticks(tempo_map.end_q), tempo=tempo_markers(tempo_map),
                   regions=section_regions(_cue_title(cue), sections, tempo_map), tracks=(*session.tracks, *tracks))


def hard_hit_positions(hits: HitPoints, tempo_map: TempoMap) -> frozenset[Fraction]:
    """Where anchored hard hits fall, in quarters: notes there are played exactly on time."""
    return frozenset(sync.position_q for sync in tempo_map.sync
                     if sync.anchored and sync.hit < len(hits.hits) and hits.hits[sync.hit].type == "hard")


def _base_name(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def _cue_title(cue: Cue) -> str:
    return f"{cue.label} {cue.title}".strip()
