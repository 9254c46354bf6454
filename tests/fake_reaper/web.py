"""REAPER's web interface, as much as reapy's own handshake needs: ExtState and actions, on loopback.

``/_/GET/EXTSTATE/section/key``, ``/_/SET/EXTSTATE/section/key/value`` (``EXTSTATEPERSIST`` too), ``/_/<action>``;
several commands in one address are separated by semicolons.
"""
from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

Submit = Callable[[str, list[Any]], dict[str, Any]]


class WebInterface:
    """Every command is carried out on REAPER's main thread."""

    def __init__(self, port: int, submit: Submit) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                commands = self.path.removeprefix("/_/").split(";")
                body = "".join(_carry_out(submit, unquote(command)) for command in commands if command).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()


def _carry_out(submit: Submit, command: str) -> str:
    words = command.split("/")
    if words[:2] == ["GET", "EXTSTATE"] and len(words) == 4:
        value = submit("do", ["GetExtState", words[2], words[3]])["result"]
        return f"EXTSTATE\t{words[2]}\t{words[3]}\t{value}\n"
    if words[0] == "SET" and words[1] in ("EXTSTATE", "EXTSTATEPERSIST") and len(words) >= 5:
        submit("do", ["SetExtState", words[2], words[3], "/".join(words[4:]), words[1] == "EXTSTATEPERSIST"])
        return ""
    number = int(command) if command.isdigit() else submit("do", ["NamedCommandLookup", command])["result"]
    if number:
        submit("do", ["Main_OnCommand", number, 0])
    return ""
