"""What an action says instead of doing its work."""
from __future__ import annotations


class ActionError(Exception):
    """One line for the user: what is missing or wrong, and what to select or do."""
