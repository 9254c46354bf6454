"""The built-in transcriber: basic-pitch's network, one voice read from it."""
from __future__ import annotations

from pathlib import Path

from backend.domain.spotting import RhythmSpots
from backend.domain.tempo import TempoMap
from backend.domain.transcription import Transcription
from backend.models.transcribe_posteriors import PitchNetwork, read_sound
from backend.models.transcribe_quarters import transcribe_freely, transcribe_spots


class BasicPitchTranscriber:
    """Port Transcriber on one processor core. The network is loaded at the first use."""

    name = "basic-pitch"

    def __init__(self) -> None:
        self._network: PitchNetwork | None = None

    def transcribe(self, audio: Path, tempo_map: TempoMap, spots: RhythmSpots | None) -> Transcription:
        """See the port. Raises InputError for the sound, MissingExtraError for the network or its runtime."""
        sound = read_sound(audio)
        self._network = self._network or PitchNetwork()
        heard = self._network.listen(sound)
        if spots is None:
            return transcribe_freely(heard, tempo_map, self.name)
        return transcribe_spots(heard, tempo_map, spots, self.name)
