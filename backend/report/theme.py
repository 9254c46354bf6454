"""Colours and sizes of the picture. The palette is Okabe and Ito's (2008), safe for colour-blind readers."""
from __future__ import annotations

INK, FAINT, GRID, PAPER = "#1b1f24", "#6b7480", "#dfe3e8", "#ffffff"
BLUE, ORANGE, VERMILLION, GREEN = "#0072B2", "#E69F00", "#D55E00", "#009E73"
SKY, PURPLE, YELLOW = "#56B4E9", "#CC79A7", "#F0E442"
STATUS_COLOR = {"on the frame": BLUE, "near": ORANGE, "missed": VERMILLION}
STATUS_MARK = {"on the frame": "o", "near": "^", "missed": "X"}
FAMILY_COLOR = {"strings": "#B5651D", "woodwind": GREEN, "brass": ORANGE, "choir": PURPLE, "harp_keys": BLUE,
                "keys": BLUE, "tuned_perc": SKY, "percussion": "#555B66", "plucked": "#7A5195", "world": VERMILLION,
                "synth": "#8C8C1A"}
SECTION_TINTS = ("#e8f1f8", "#fdf3e0", "#e6f4ef", "#f8ecf3", "#f1f1ee")
SMALL, NORMAL, LARGE, TITLE = 9.5, 11.0, 13.0, 21.0
