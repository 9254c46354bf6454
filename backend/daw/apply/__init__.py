"""A plan put into the open project, from inside REAPER. Standard library only."""
