"""MusicGen under rhythm spots: conditioner, decoder, generation, loading. Needs torch; imported when asked for."""
