"""The actions a user runs in REAPER. Standard library only."""
