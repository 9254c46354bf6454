"""Flags for what a user asks of the music by hand."""
from __future__ import annotations

import argparse

from backend.config import CONTROL_FLAGS


def add_controls(parser: argparse.ArgumentParser) -> None:
    """``--density``, ``--register`` and their kin; texts, so that "default" can take each of them back."""
    group = parser.add_argument_group("the music by hand", "over what the picture and the emotion say; remembered, "
                                      "'default' takes each back")
    for name, meaning in CONTROL_FLAGS.items():
        group.add_argument(f"--{name}", metavar="NAME" if name == "mode" else "N", help=meaning)
