"""What keeps us from registering, in one line."""
from __future__ import annotations


class RegistrationError(Exception):
    """Says what is wrong and what to do next; nothing was changed."""
