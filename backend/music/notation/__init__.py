"""Notes as text that people and other programs read: ABC for the melody (both ways), MusicXML for the score."""
from __future__ import annotations
