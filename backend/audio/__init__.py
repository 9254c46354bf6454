"""From a session to sound: synthesis, mix, reverb, loudness, files."""
