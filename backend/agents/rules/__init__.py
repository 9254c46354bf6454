"""Deterministic experts: no network, no model, the same answer every time."""
