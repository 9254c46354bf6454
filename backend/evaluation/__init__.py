"""Objective measurements of a finished cue: functions of sound, notes and picture."""
