"""Learned parts at run time: bundled weights, in numpy."""
