"""FilmComposer made known to REAPER, and taken out again without a trace. Standard library only."""
