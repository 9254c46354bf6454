"""A seeded composer of melodies on a given rhythm.

Order of work: ``style`` (what the brief and the assessor's fixes ask for), ``slots`` (every spot with its place in
bar, phrase and section), ``chords`` (the harmony the line implies), ``plan`` (which motif goes where), ``invent``
(the head motif), ``search`` (the best pitches under all wishes), ``compose`` (phrase by phrase), ``finish``
(durations and velocities).
"""
from __future__ import annotations
