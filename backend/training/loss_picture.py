"""How a training run went, on one picture."""
from __future__ import annotations

import json
from pathlib import Path

from backend.training.trainer import LOG


def draw_losses(folder: Path) -> Path:
    """``losses.png`` in the run's folder from its log: training and validation loss by step; its path."""
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    rows = {row["step"]: row for line in (folder / LOG).read_text(encoding="utf-8").splitlines()
            for row in [json.loads(line)]}
    steps = sorted(rows)
    figure, axes = plt.subplots(figsize=(7, 4))
    axes.plot(steps, [rows[step]["train"] for step in steps], label="training", color="#7f8c8d")
    axes.plot(steps, [rows[step]["loss"] for step in steps], label="held out", color="#c0392b")
    axes.set(xlabel="step", ylabel="loss", title=folder.name)
    axes.legend()
    figure.tight_layout()
    figure.savefig(folder / "losses.png", dpi=110)
    plt.close(figure)
    return folder / "losses.png"
