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

from fractions import Fraction

from backend.daw.markers import hit_markers, section_regions, tempo_markers
from backend.daw.tracks import Desk, family_tracks, picture_track, printed_tracks, spots_track
from backend.domain.clip import Clip, Cue
from backend.domain.hits import HitPoints
from backend.domain.scheme import ArrangementScheme
from backend.domain.score import Score
from backend.domain.session import Session, VideoItem
from backend.domain.spotting import RhythmSpots
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
    length_s = float(cue.duration_s)
    stems = desk.stems()
    tracks = [picture_track(), spots_track(spots, tempo_map)]
    for stem in stems:
        tracks += family_tracks(desk, stem)
    tracks += printed_tracks(stems, length_s)
    offset_s = (clip.video_start_s + cue.start_s) * clip.play_rate
    video = VideoItem(video_file, _base_name(video_file), length_s, float(offset_s), float(clip.play_rate))
    rate = clip.frame_rate
    return Session(
        name=name, cue=cue.label, length_s=length_s, end_tick=ticks(tempo_map.end_q),
        frame_rate_numerator=rate.numerator, frame_rate_denominator=rate.denominator, drop_frame=rate.drop,
        project_offset_s=float(rate.time_s(cue.start_frame)), sample_rate=SAMPLE_RATE, video=video,
        tempo=tempo_markers(tempo_map), markers=hit_markers(hits),
        regions=section_regions(_cue_title(cue), score.sections, tempo_map), tracks=tuple(tracks))


def hard_hit_positions(hits: HitPoints, tempo_map: TempoMap) -> frozenset[Fraction]:
    """Where anchored hard hits fall, in quarters: notes there are played exactly on time."""
    return frozenset(sync.position_q for sync in tempo_map.sync
                     if sync.anchored and sync.hit < len(hits.hits) and hits.hits[sync.hit].type == "hard")


def _base_name(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def _cue_title(cue: Cue) -> str:
    return f"{cue.label} {cue.title}".strip()
