"""Why a build does not happen."""
from __future__ import annotations


class Refused(Exception):
    """The project stays as it was. The text is one line: what is in the way, where, and what to do."""
