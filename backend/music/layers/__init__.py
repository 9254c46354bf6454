"""One file a layer of the arrangement: each writes its notes onto the canvas."""
