"""Frozen dataclasses that every stage exchanges. Standard library only."""
