"""A data set from a folder of clips and music, in the shape of MusicPro-7k (FilmComposer, section 4)."""
