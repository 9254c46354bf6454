"""Fits the weights of backend/video/cuts.py and scores them, leaving one clip out at a time.

Run: python -m benchmarks.picture_cuts SHARED_DATA
"""
from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from backend.video import cuts
from backend.video.truth_score import Score, score_frames
from benchmarks.picture_material import DEV_SEEDS, Film, drawn_films, real_films

RIDGE = 0.3
"""L2 penalty on the weights; .1 and 1 give the same leave-one-out score within one cut."""

REAL_WEIGHT = 4.0
"""Weight of a frame of a real clip against one of a drawn film."""

Samples = tuple[np.ndarray, np.ndarray]


def samples(film: Film) -> Samples:
    """Evidence of the candidate places [n, 5] and whether they are cuts [n]."""
    evidence = cuts.cut_evidence(film.features)
    rows, labels = [], []
    for place in cuts.candidates(film.features).tolist():
        distance = min((abs(place - cut) for cut in film.cuts), default=99)
        if distance > 1 and (distance == 2 or any(low <= place <= high for low, high in film.ignored)):
            continue
        rows.append(evidence[place])
        labels.append(float(distance <= 1))
    return np.array(rows).reshape(-1, evidence.shape[1]), np.array(labels)


def fit(parts: list[tuple[Samples, float]]) -> tuple[float, ...]:
    """Weights of the logistic regression over (samples, weight of each)."""
    x = np.vstack([rows for (rows, _), _ in parts])
    y = np.concatenate([labels for (_, labels), _ in parts])
    w = np.concatenate([np.full(len(labels), weight) for (_, labels), weight in parts])

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ theta
        slope = x.T @ (w * (1 / (1 + np.exp(-z)) - y))
        slope[:-1] += 2 * RIDGE * theta[:-1]
        value = (w * np.logaddexp(0, -(2 * y - 1) * z)).sum() + RIDGE * (theta[:-1] ** 2).sum()
        return float(value), slope

    return tuple(minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x.tolist())


def score(film: Film, weights: tuple[float, ...], low_salience: bool = True) -> Score:
    found = [frame for frame, _ in cuts.find_cuts(film.features, weights)]
    true = [cut for cut in film.cuts if low_salience or cut not in film.low_salience]
    skipped = [] if low_salience else [(cut - 2, cut + 2) for cut in film.low_salience]
    return score_frames(found, true, 2, [*film.ignored, *skipped])


def main() -> None:
    real, drawn = real_films(Path(sys.argv[1])), drawn_films(DEV_SEEDS)
    parts = [(samples(film), REAL_WEIGHT) for film in real] + [(samples(film), 1.0) for film in drawn]
    weights = fit(parts)
    print("fitted weights:", ", ".join(f"{weight:.2f}" for weight in weights))
    held_out = [fit(parts[:i] + parts[i + 1:]) for i in range(len(real))]
    for name, chosen in (("shipped weights", [cuts.WEIGHTS] * len(real)), ("fitted on all", [weights] * len(real)),
                         ("leave one clip out", held_out)):
        for low in (True, False):
            rows = [score(film, w, low) for film, w in zip(real, chosen, strict=True)]
            total = sum(rows, Score())
            print(f"{name}, low-salience cuts {'counted' if low else 'left out'}: "
                  f"P {total.precision:.3f} R {total.recall:.3f} F1 {total.f1:.3f}")
        print("  ", ", ".join(f"{film.name[:12]} {r.hits}/{r.missed}/{r.wrong}"
                               for film, r in zip(real, [score(f, w) for f, w in zip(real, chosen, strict=True)],
                                                  strict=True)))
    total = sum((score(film, cuts.WEIGHTS) for film in drawn), Score())
    print(f"drawn films {DEV_SEEDS.start}-{DEV_SEEDS.stop - 1} (fitted on): F1 {total.f1:.4f}")


if __name__ == "__main__":
    main()
