"""What can go wrong between REAPER, the command line and the daemon. Every message is one line for the user.

BridgeError
 |- DaemonUnreachable     no daemon runs, or it went away
 |   |- ReplyLost         it was reached, but an answer did not come: ask again (Submit carries its own id)
 |   `- KeyRefused        it runs with another key than the connection file says
 |- WrongVersion          the other side speaks another protocol version
 |- BadMessage            bytes that are no message of ours, or a message that cannot be packed
 |- StateFolderError      the connection file cannot be written, or is not ours
 |- ReaperUnreachable     no REAPER listens, or it went away before it answered
 `- BuildFailed           REAPER was reached and could not build
"""
from __future__ import annotations


class BridgeError(Exception):
    """Base of all; ``str(error)`` is one line that says what is wrong and what to do next."""


class DaemonUnreachable(BridgeError):
    """No daemon runs, or it went away."""


class ReplyLost(DaemonUnreachable):
    """The daemon was reached, but its answer did not come; whether it acted is not known."""


class KeyRefused(DaemonUnreachable):
    """The daemon runs with another key than the connection file says: the file is of an earlier one."""


class WrongVersion(BridgeError):
    """The other side speaks another protocol version."""


class BadMessage(BridgeError):
    """Bytes that are no message of ours, or a message that cannot be packed."""


class StateFolderError(BridgeError):
    """The connection file cannot be written, or belongs to somebody else."""


class ReaperUnreachable(BridgeError):
    """No REAPER listens at the address, or it went away before it answered."""


class BuildFailed(BridgeError):
    """REAPER was reached and could not build; the message carries its reason."""
