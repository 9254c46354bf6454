"""Heard notes as notes of a melody: quarters of the tempo map as exact fractions, and whether to trust them."""
from __future__ import annotations

from fractions import Fraction

from backend.domain.score import Note
from backend.domain.spotting import RhythmSpots
from backend.domain.tempo import TempoMap
from backend.domain.transcription import HeardNote, Transcription
from backend.models.transcribe_posteriors import Posteriors
from backend.models.transcribe_voice import free_voice, voice_on_spots

GRID_Q = Fraction(1, 4)
"""Onsets heard freely go to the nearest sixteenth."""
LENGTH_Q = Fraction(1, 8)
TRUST_FROM = 0.55
"""Clean melodies reach .59 and more (slow strings .49), spots that are not played mostly less: see
docs/benchmarks/transcription.md."""
_MICRO = 1_000_000


def transcribe_spots(heard: Posteriors, tempo_map: TempoMap, spots: RhythmSpots, made_by: str) -> Transcription:
    """A note on every spot, at most as long as the spot allows."""
    spans = [(float(tempo_map.time_s(one.onset_q)), float(tempo_map.time_s(one.onset_q + one.duration_q)))
             for one in spots.spots]
    voice = voice_on_spots(heard, spans)
    notes = [_note(one, tempo_map, spot.onset_q, spot.duration_q)
             for one, spot in zip(voice, spots.spots if voice else (), strict=True)]
    return _judged(voice, notes, made_by)


def transcribe_freely(heard: Posteriors, tempo_map: TempoMap, made_by: str) -> Transcription:
    """Notes on sixteenths up to the music's end; of two on one sixteenth the surer stays."""
    places: dict[Fraction, HeardNote] = {}
    for one in free_voice(heard):
        place = round(_position(one.start_s, tempo_map) / GRID_Q) * GRID_Q
        known = places.get(place)
        if 0 <= place <= tempo_map.end_q and (known is None or known.confidence < one.confidence):
            places[place] = one
    onsets = sorted(places)
    limits = [*onsets[1:], max(tempo_map.bars[-1].end_q, tempo_map.end_q + GRID_Q)]
    notes = [_note(places[onset], tempo_map, onset, limit - onset)
             for onset, limit in zip(onsets, limits[:len(onsets)], strict=True)]
    return _judged([places[onset] for onset in onsets], notes, made_by)


def _position(time_s: float, tempo_map: TempoMap) -> Fraction:
    return tempo_map.position_q(Fraction(round(time_s * _MICRO), _MICRO))


def _note(one: HeardNote, tempo_map: TempoMap, onset: Fraction, most: Fraction) -> Note:
    """Lengths go to 32nds, at least one, at most ``most``."""
    length = round((_position(one.end_s, tempo_map) - onset) / LENGTH_Q) * LENGTH_Q
    return Note(onset, min(most, max(LENGTH_Q, length)), one.pitch)


def _judged(voice: list[HeardNote], notes: list[Note], made_by: str) -> Transcription:
    if not voice:
        return Transcription((), (), 0.0, False, "No melody is heard in the recording.", made_by)
    mean = sum(one.confidence for one in voice) / len(voice)
    trusted = mean >= TRUST_FROM
    weak = sum(one.confidence < TRUST_FROM / 2 for one in voice)
    verdict = (f"The melody is heard clearly (confidence {mean:.2f})." if trusted else
               f"The melody is not heard clearly (confidence {mean:.2f}, {TRUST_FROM} is needed): {weak} of "
               f"{len(voice)} notes are doubtful.")
    return Transcription(tuple(voice), tuple(notes), round(mean, 6), trusted, verdict, made_by)
