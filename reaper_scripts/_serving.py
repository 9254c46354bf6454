"""The daemon switch: while on, this REAPER takes builds for jobs from the command line."""
from __future__ import annotations

from contextlib import suppress

from bridge.connection import Connection, read_connection, state_folder
from bridge.errors import BridgeError, DaemonUnreachable
from bridge.messages import Refused, RegisterReaper, Shutdown
from bridge.reaper_server import ReaperServer
from reaper_scripts._control import Talk
from reaper_scripts._daemon import DaemonLink
from reaper_scripts._errors import ActionError
from reaper_scripts._host import Host
from reaper_scripts._run_job import Builder, address_of
from reaper_scripts._timeline import seen_project, this_project

_LOOK_EVERY_TICKS = 30
"""How often the project in front and the daemon's connection file are looked at: about once a second."""


def start_stop_daemon(host: Host) -> None:
    """On: starts the daemon unless one runs, and serves it. Off: the daemon and what it works on end."""
    if host.recall("serving"):
        host.remember("serving", "")
        Talk(host, [Shutdown()], lambda answers: host.tell("the daemon is off" if answers else "no daemon ran")).begin()
    else:
        Serving(host).begin()


class Serving:
    """Stays alive between ticks: builds what comes, and tells every new daemon where this REAPER listens."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._builder = Builder(host)
        self._server = ReaperServer(self._builder)
        self._link = DaemonLink()
        self._told: Connection | None = None
        self._ticks = 0
        self._is_on = False

    def begin(self) -> None:
        self._host.at_exit(self._close)
        self._host.remember("serving", "1")
        self._host.show("starting the daemon")
        self._register()
        self._host.defer(self._tick)

    def _register(self) -> None:
        self._link.ask(RegisterReaper(address_of(self._server), seen_project(self._host.api)))

    def _tick(self) -> None:
        if not self._host.recall("serving"):
            self._host.close()
            return
        self._server.tick()
        self._ticks += 1
        if self._link.busy:
            self._hear()
        elif self._ticks % _LOOK_EVERY_TICKS == 0:
            self._look()
        self._host.defer(self._tick)

    def _hear(self) -> None:
        try:
            reply = self._link.poll()
        except DaemonUnreachable:
            return
        if isinstance(reply, Refused):
            raise ActionError(reply.reason)
        if reply is not None:
            self._told = read_connection(state_folder())
            if not self._is_on:
                self._is_on = True
                self._host.show("the daemon is on, and this REAPER takes builds from the command line")

    def _look(self) -> None:
        """A daemon that was started anew, or another project in front: say where we are once more. A daemon that went
        to rest is left alone; who needs one starts it."""
        in_front = this_project(self._host.api)
        now = read_connection(state_folder())
        if now is not None and (now != self._told or in_front != self._builder.project):
            self._builder.project = in_front
            self._register()

    def _close(self) -> None:
        """REAPER quits, or the switch is off: the daemon need not wait for us. If that does not get through, its next
        build finds out."""
        self._host.remember("serving", "")
        if self._is_on and not self._link.busy:
            self._link.ask(RegisterReaper(None))
            with suppress(BridgeError, ActionError):
                self._link.poll()
        self._link.close()
        self._server.close()
