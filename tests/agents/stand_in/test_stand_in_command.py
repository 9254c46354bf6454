"""``python -m backend.agents.stand_in`` serves people until Ctrl-C."""
from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import openai
import pytest

from backend.agents.stand_in.__main__ import serve

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.posix
def test_it_serves_until_ctrl_c() -> None:
    process = subprocess.Popen([sys.executable, "-m", "backend.agents.stand_in", "--port", "0", "--model", "toy"],
                               cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        head = "".join(process.stderr.readline() for _ in range(3))
        url = re.search(r"OPENAI_BASE_URL=(\S+)", head)
        assert url is not None and head.startswith("Serving 'toy' (scripted)")
        with openai.OpenAI(base_url=url[1], api_key="any", max_retries=0, timeout=120) as client:
            said = client.chat.completions.create(model="toy", messages=[{"role": "user", "content": "hello"}])
        assert said.choices[0].message.content == "I cannot answer: the system prompt states nobody's duty."
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(60) == 0
        assert rest.startswith("somebody: 5 characters, 0 pictures -> 56 characters\n")
        assert rest.endswith("1 requests answered.\n")
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_what_cannot_be_served_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert serve(["--mode", "recorded", "--folder", str(tmp_path)]) == 2
    assert "holds no recorded replies" in capsys.readouterr().err
    assert serve(["--port", "70000"]) == 2
    assert capsys.readouterr().err.startswith("Port 70000 cannot be served")
