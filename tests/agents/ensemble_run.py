"""Runs of ``filmcomposer score`` with language models, and what must hold of their results whatever the models said."""
from __future__ import annotations

import argparse
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.cli import agents
from backend.cli.main import main
from backend.domain import serial
from backend.domain.ensemble import TAKEN_OVER, ChatRecord, FieldSource
from backend.domain.scheme import ArrangementScheme
from backend.domain.score import Score
from backend.music.instruments import instruments

CHATS = ("describe", "assess", "arrange")
MODELS = ("--agents", "llm", "--describer", "vision")


@dataclass(frozen=True)
class Finished:
    """A run that ended by itself."""

    out: Path
    code: int

    def document(self, name: str) -> dict[str, Any]:
        return dict(json.loads((self.out / name).read_text(encoding="utf-8")))

    def chat(self, name: str) -> ChatRecord:
        return serial.loads(ChatRecord, (self.out / "agents" / f"{name}.json").read_text(encoding="utf-8"))

    @property
    def chats(self) -> tuple[ChatRecord, ...]:
        """The chats that were held."""
        return tuple(self.chat(name) for name in CHATS if (self.out / "agents" / f"{name}.json").is_file())

    @property
    def scheme(self) -> ArrangementScheme:
        return serial.loads(ArrangementScheme, (self.out / "scheme.json").read_text(encoding="utf-8"))

    @property
    def score(self) -> Score:
        return serial.loads(Score, (self.out / "score.json").read_text(encoding="utf-8"))

    @property
    def transcript(self) -> str:
        return (self.out / "transcript.md").read_text(encoding="utf-8")


def run(film: Path, out: Path, *flags: object) -> Finished:
    """``filmcomposer score FILM -o OUT FLAGS`` in this process."""
    return Finished(out, main(["score", str(film), "-o", str(out), *map(str, flags)]))


def revise(out: Path, words: str, *flags: str) -> int:
    """``filmcomposer revise OUT WORDS FLAGS`` in this process."""
    parser = argparse.ArgumentParser()
    agents.add_parser(parser.add_subparsers(dest="command"))
    return agents.run(parser.parse_args(["revise", str(out), words, *flags]))


def check_music(score: Score, scheme: ArrangementScheme) -> None:
    """Notes that exist on instruments that exist, figures within their ranges, a level for every bar that is named."""
    bars = {measure.m for measure in scheme.measures}
    assert bars == set(range(1, len(bars) + 1))
    assert any(part.notes for part in score.parts)
    for part in score.parts:
        instrument = instruments()[part.instrument]
        low, high = instrument.full_range
        assert not instrument.pitched or all(low <= note.pitch <= high for note in part.notes), part.id
        assert all(note.onset_q >= 0 and note.duration_q > 0 and 1 <= note.velocity <= 127 for note in part.notes)
    for track in scheme.tracks:
        assert track.instrument in instruments()
        assert -1 <= track.panning <= 1 and 0 <= track.reverb_space <= 1 and -60 <= track.gain_db <= 24
        assert set(track.volume_envelope) <= bars and all(0 <= v <= 1 for v in track.volume_envelope.values())


def check_no_silent_twin(record: ChatRecord, told: str) -> None:
    """Every field has a source; where a rule decided one, a turn of the rules says so; where rules spoke for a model
    altogether, the record says why and the console (``told``) says it."""
    assert record.fields and {source.step for source in record.fields} >= {turn.step for turn in record.turns}
    for source in record.fields:
        assert source.source == "rule" or (source.model and source.prompt_hash and source.reply_hash), source
    ruled = {source.step for source in record.fields if source.source == "rule"}
    turns = [turn for turn in record.turns if turn.source == "rule"]
    assert ruled <= {turn.step for turn in turns}
    assert all(turn.problems for turn in turns)
    spoken = {turn.agent: turn.problems[0] for turn in turns if turn.summary == TAKEN_OVER}
    assert bool(spoken) == bool(record.takeovers)
    for agent, why in spoken.items():
        assert any(agent in line and why in line for line in record.takeovers), agent
        assert (f"{agent}: rules answer for the model in the chat '{record.chat}'" in told
                or f"rules speak for the model in the chat '{record.chat}'" in told), agent


def sources_of(record: ChatRecord, step: str) -> tuple[FieldSource, ...]:
    return tuple(source for source in record.fields if source.step == step)


def outside_fences(text: str) -> str:
    """A prompt without the words that are fenced as data."""
    return re.sub(r"^<<<\n.*?^>>>$", "", text, flags=re.DOTALL | re.MULTILINE)
