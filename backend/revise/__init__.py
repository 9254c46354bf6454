"""Asking for a change of a finished score in words, taking it back, and locking fields of its scheme."""
