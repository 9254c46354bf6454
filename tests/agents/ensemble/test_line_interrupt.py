"""Ctrl-C in the middle of a call."""
from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from backend.agents.ensemble.line import interrupts
from backend.agents.ensemble.line.calling import Patience
from backend.agents.stand_in import Breakdown, StandIn
from tests.agents.ensemble.live_line import by_name, line_to, message, name_of

ROOT = Path(__file__).resolve().parents[3]
_HANG = Breakdown("hang", seconds=300)
_UNDER_LOAD_S = 60
"""Far below the hang: what is tested is that nobody waits for it."""
_PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from tests.agents.ensemble.live_line import line_to, message
line = line_to(sys.argv[2])
try:
    if sys.argv[3] == "one":
        line.say(message())
    else:
        line.say_all((message("volume"), message("mixing")))
except KeyboardInterrupt:
    line.close()
    print("stopped")
"""


@pytest.mark.posix
@pytest.mark.parametrize(("how", "calls"), [("one", 1), ("several", 2)])
def test_a_program_in_a_call_stops_at_ctrl_c(how: str, calls: int) -> None:
    with StandIn(lambda asked: _HANG) as server:
        program = subprocess.Popen([sys.executable, "-W", "error", "-c", _PROGRAM, str(ROOT), server.base_url, how],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert server.wait_for(calls, 120)
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=_UNDER_LOAD_S)
    assert (out, err, program.returncode) == ("stopped\n", "", 0)


@pytest.mark.posix
def test_the_line_works_on_after_an_interrupt() -> None:
    with StandIn(lambda asked: _HANG if name_of(asked) == "arrange" else by_name(asked)) as server:
        line = line_to(server.base_url, patience=Patience(timeout_s=200.0))
        line.say(message("analyze"))

        def interrupt() -> None:
            server.wait_for(2, 120)
            os.kill(os.getpid(), signal.SIGINT)
        watcher = threading.Thread(target=interrupt)
        watcher.start()
        with pytest.raises(KeyboardInterrupt):
            line.say(message("arrange"))
        watcher.join()
        assert "instrument speaks" in line.say(message("instrument")).text
        line.close()


@pytest.mark.posix
def test_a_second_ctrl_c_waits_until_the_call_is_let_go() -> None:
    """Where it came in the middle of that, tasks would end with tracebacks; afterwards it is heard as before."""
    done: list[str] = []

    async def stubborn() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(_UNDER_LOAD_S)
        except asyncio.CancelledError:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(0)
            done.append("let go")
            raise

    with asyncio.Runner() as runner:
        with pytest.raises(KeyboardInterrupt):
            interrupts.run(runner, stubborn())
        assert done == ["let go"]
        assert interrupts.run(runner, asyncio.sleep(0, "on")) == "on"
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
    with interrupts.unheard():
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
