"""What a worker makes of the session's answer, and of everything that may go wrong in a job."""
from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from backend.domain.live import BuildReport, LivePlan
from backend.jobs import JobDone
from backend.worker import NotBuilt, put_into_session, report_defect
from bridge.errors import BridgeError, BuildFailed, ReaperUnreachable
from bridge.messages import ReaperAddress

ADDRESS = ReaperAddress(1234, "secret", 1)
PLAN = LivePlan("1M1", "1M1 Storm", "Score 1M1", 0.0, 8.0, 8.5, ("markers",))
DONE = JobDone("1M1 Storm", "", "/music/1M1 Storm", ("  8 s",))


@dataclass
class Session:
    """A REAPER that answers ``answer``, or is in trouble; ``asked`` is what it was sent."""

    answer: BuildReport | BridgeError
    asked: list[tuple[ReaperAddress, LivePlan]] = field(default_factory=list)

    def build(self, address: ReaperAddress, plan: LivePlan) -> BuildReport:
        self.asked.append((address, plan))
        if isinstance(self.answer, BridgeError):
            raise self.answer
        return self.answer


def test_what_was_built_is_said_with_what_stayed() -> None:
    session = Session(BuildReport(changed=12, kept=("Flute", "Horn"), lines=("12 tracks",)))
    assert put_into_session(ADDRESS, PLAN, session.build, DONE) == replace(
        DONE, message="1M1 Storm is in the session; kept as you edited it: Flute, Horn", lines=("  8 s", "12 tracks"),
        kept=("Flute", "Horn"), built=True)
    assert session.asked == [(ADDRESS, PLAN)]


def test_a_session_that_held_everything_is_built_too() -> None:
    done = put_into_session(ADDRESS, PLAN, Session(BuildReport()).build, DONE)
    assert (done.built, done.message) == (True, "1M1 Storm: the session already holds all of it")


def test_a_reaper_that_has_gone_costs_nothing() -> None:
    done = put_into_session(ADDRESS, PLAN, Session(ReaperUnreachable("REAPER went away")).build, DONE)
    assert not done.built and done.lines == ("  8 s", "REAPER went away")
    assert done.message == ("The results are in /music/1M1 Storm; run the action again to put them into the session")


@pytest.mark.parametrize("answer", [BuildReport(refused="Your tempo map lies inside 1M1."),
                                    BuildFailed("Your tempo map lies inside 1M1.")])
def test_a_refusal_fails_the_job_and_names_the_results(answer: BuildReport | BridgeError) -> None:
    with pytest.raises(NotBuilt, match="Your tempo map lies inside 1M1") as caught:
        put_into_session(ADDRESS, PLAN, Session(answer).build, DONE)
    assert (caught.value.folder, caught.value.lines) == ("/music/1M1 Storm", ("  8 s",))


def test_reports_of_defects_are_bounded(tmp_path: Path) -> None:
    for number in range(30):
        line = report_defect(ValueError(f"defect {number}"), tmp_path)
        assert f"ValueError: defect {number}" in line
    kept = sorted(tmp_path.glob("defect-*.txt"))
    assert len(kept) == 20 and "defect 29" in kept[-1].read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written_is_still_one_line(tmp_path: Path) -> None:
    line = report_defect(ValueError("x"), tmp_path / "none")
    assert "no report could be written" in line and "\n" not in line
