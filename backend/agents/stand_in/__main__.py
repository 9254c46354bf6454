"""``python -m backend.agents.stand_in``: the stand-in server for people who try the ensemble without a model."""
from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from backend.agents.stand_in import Adversarial, Asked, Breakdown, Recorded, Responder, Scripted, StandIn
from backend.errors import InputError

PORT = 8081


def serve(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C; the exit code."""
    parser = argparse.ArgumentParser(prog="stand-in", description="An OpenAI-compatible server without a model.")
    parser.add_argument("--port", type=int, default=PORT, metavar="N", help=f"TCP port (default {PORT}; 0: a free one)")
    parser.add_argument("--mode", choices=("scripted", "adversarial", "recorded"), default="scripted")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the adversarial mode")
    parser.add_argument("--folder", metavar="DIR", help="whose recorded replies are played (--mode recorded)")
    parser.add_argument("--model", default="stand-in", metavar="NAME", help="the model's name")
    given = parser.parse_args(arguments)
    try:
        server = StandIn(_told(_responder(given)), model=given.model, tcp_port=given.port)
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (OSError, OverflowError) as error:
        sys.stderr.write(f"Port {given.port} cannot be served ({error}). Choose another with --port.\n")
        return 2
    with server:
        sys.stderr.write(f"Serving '{given.model}' ({given.mode}). In another terminal:\n"
                         f"  export OPENAI_BASE_URL={server.base_url}\nCtrl-C ends it.\n")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            sys.stderr.write(f"\n{len(server.requests)} requests answered.\n")
    return 0


def _responder(given: argparse.Namespace) -> Responder:
    if given.mode == "recorded":
        return Recorded(Path(given.folder or "."))
    return Adversarial(given.seed) if given.mode == "adversarial" else Scripted()


def _told(responder: Responder) -> Responder:
    """The same, with a line a request."""
    def answer(asked: Asked) -> str | Breakdown:
        reply = responder(asked)
        told = f"breaks down ({reply.kind})" if isinstance(reply, Breakdown) else f"{len(reply)} characters"
        sys.stderr.write(f"{asked.speaker or 'somebody'}: {len(asked.task)} characters, {len(asked.images)} pictures"
                         f" -> {told}\n")
        return reply
    return answer


if __name__ == "__main__":
    sys.exit(serve())
