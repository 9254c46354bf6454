"""The 19 criteria of a good score as computed metrics, and their fusion into one verdict.

Order of reading: ``features`` (a piece as arrays), ``keys`` and ``chords`` (what is heard in it), one file per group
(``mode``, ``melody``, ``harmony``, ``ensemble``, ``rhythm``, ``emotion``), ``panel`` (all of them),
``fusion`` (verdict).
"""
