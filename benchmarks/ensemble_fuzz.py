"""Whole arrangement chats with models and servers that fail: valid music or one clear refusal, every time?

Each session: the sample cue, seven speakers, up to three rounds, real HTTP, AutoGen, a stand-in server that spoils
replies and breaks down by a seed. After it: every note in its instrument's range, every figure within its bounds,
every field with a source, every rule that spoke for a model said. Waits are short (a timeout of 0.5 s, retries after
0 and 0.02 s): behaviour is measured here, not patience.

    python benchmarks/ensemble_fuzz.py [--sessions 200] [--first 0] [--rate 0.5] [--hang 5]
"""
from __future__ import annotations

import argparse
import random
import sys
import tempfile
import traceback
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from backend.agents.ensemble.arrange import experts as models  # noqa: E402
from backend.agents.ensemble.desk.desk import AnswerDesk  # noqa: E402
from backend.agents.ensemble.line.calling import Patience  # noqa: E402
from backend.agents.ensemble.line.endpoint import Models, endpoint_from  # noqa: E402
from backend.agents.ensemble.line.line import OpenAILine  # noqa: E402
from backend.agents.ensemble.line.replies import Replies  # noqa: E402
from backend.agents.ensemble.question import PROMPTINGS  # noqa: E402
from backend.agents.stand_in import FAULTS, Adversarial, StandIn  # noqa: E402
from backend.domain.ensemble import ChatRecord  # noqa: E402
from backend.errors import EndpointError  # noqa: E402
from backend.rounds import ArrangementExperts, arrange_in_rounds  # noqa: E402
from tests.agents.ensemble_run import check_music, check_no_silent_twin  # noqa: E402
from tests.agents.sample_cue import request  # noqa: E402

_PATIENCE = Patience(timeout_s=0.5, pauses_s=(0.0, 0.02))
_EMOTIONS = ("Exciting", "Sad", "Calm", "Angry")
_NOTES = ("", "less brass, hold back until the door", "strings only")


@dataclass
class Tally:
    """What came of the sessions."""

    ends: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    replies: int = 0
    by_model: int = 0
    asked_again: int = 0
    merged: int = 0
    taken_over: int = 0
    broken: list[str] = field(default_factory=list)


def session(seed: int, rate: float, hang_s: float, tally: Tally) -> None:
    """One chat; whatever is wrong with it lands in the tally."""
    rng = random.Random(seed)
    model = Adversarial(seed, rate=rate, hang_s=hang_s)
    cue = replace(request(rng.choice(_EMOTIONS), rng.randint(1, 4)), note=rng.choice(_NOTES))
    said: list[str] = []
    with tempfile.TemporaryDirectory() as folder, StandIn(model) as server:
        line = OpenAILine(endpoint_from({"OPENAI_BASE_URL": server.base_url}), Models("stand-in", (), True),
                          Replies(Path(folder)), 5.0, patience=_PATIENCE, say=said.append)
        desk = AnswerDesk(line, model="stand-in", prompting=rng.choice(PROMPTINGS), seed=seed, folder=Path(folder),
                          say=said.append, sent_to="127.0.0.1")
        try:
            score, scheme = arrange_in_rounds(cue, _experts(desk), "cue")
            record = desk.record("arrange")
            check_music(score, scheme)
            check_no_silent_twin(record, "\n".join(said))
            _count(record, tally)
        except EndpointError as error:
            tally.ends["refused in one line" if "\n" not in str(error) else "refused in many lines"] += 1
        except Exception:
            tally.ends["broken"] += 1
            tally.broken.append(f"seed {seed}: {traceback.format_exc()}")
        finally:
            line.close()
    tally.faults += model.done


def _experts(desk: AnswerDesk) -> ArrangementExperts:
    return ArrangementExperts(
        models.ModelAnalyzer(desk=desk), models.ModelArranger(desk=desk), models.ModelVoices(desk=desk),
        models.ModelCaster(desk=desk), models.ModelVolume(desk=desk), models.ModelMixer(desk=desk),
        models.ModelReviewer(desk=desk))


def _count(record: ChatRecord, tally: Tally) -> None:
    """Who spoke in a finished session."""
    turns = record.turns
    rules = [turn for turn in turns if turn.source == "rule"]
    tally.replies += sum(turn.source == "llm" for turn in turns)
    tally.by_model += sum(turn.source == "llm" and turn.attempt == 1 and not turn.problems for turn in turns)
    tally.asked_again += sum(turn.source == "llm" and turn.attempt == 2 for turn in turns)
    tally.merged += len(rules) - len(record.takeovers)
    tally.taken_over += len(record.takeovers)
    end = "all by models" if not rules else "rules for every answer" if not tally.replies else "models and rules"
    tally.ends[f"valid, {end}"] += 1


def table(tally: Tally, sessions: int) -> str:
    """Markdown."""
    rows = [("sessions", sessions), *sorted(tally.ends.items()), ("replies read", tally.replies),
            ("first replies that pass", tally.by_model), ("asked again", tally.asked_again),
            ("answers with fields of the rules", tally.merged), ("answers by the rules", tally.taken_over),
            ("failures put in", sum(tally.faults.values()))]
    lines = ["| what | how often |", "|---|---|", *(f"| {name} | {count} |" for name, count in rows), "",
             "| failure | how often |", "|---|---|", *(f"| {name} | {tally.faults[name]} |" for name in FAULTS)]
    return "\n".join(lines)


def main() -> int:
    """Print the tables, and the trace of whatever broke."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--rate", type=float, default=0.5, help="share of requests that fail")
    parser.add_argument("--hang", type=float, default=5.0, help="seconds for which a server that hangs is silent")
    given = parser.parse_args()
    tally = Tally()
    for seed in range(given.first, given.first + given.sessions):
        session(seed, given.rate, given.hang, tally)
    print(table(tally, given.sessions))
    for broken in tally.broken:
        print(f"\n{broken}")
    return 1 if tally.broken else 0


if __name__ == "__main__":
    sys.exit(main())
