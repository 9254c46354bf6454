"""The picture: open a clip, measure it, describe it, find its hit points."""
