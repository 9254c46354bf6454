"""Acceptance of human pieces and of controls, per split: the table of docs/benchmarks/assessment.md.

    python benchmarks/assessment.py --data ../shared/data --split test

One excerpt a piece, so that the intervals mean what they say. Look at the test split only with final weights.
"""
from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from backend.music.criteria import fusion  # noqa: E402
from backend.training import assessment_fit as fit  # noqa: E402
from backend.training import assessment_material as material  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds symbolic/")
    parser.add_argument("--split", choices=tuple(material.SPLITS), default="dev")
    parser.add_argument("--probes", action="store_true", help="what was not fitted against, instead of the controls")
    options = parser.parse_args()
    pieces = material.sources(material.listed(options.data) + material.chorales(options.data, fit.CHORALES))
    for kind in fit.IDS:
        start = time.perf_counter()
        samples = fit.collect(pieces, options.split, kind, 1, material.PROBES if options.probes else None)
        each_ms = 1000 * (time.perf_counter() - start) / max(1, len(samples))
        print(f"\n{kind}, {material.BARS[kind][0]}-{material.BARS[kind][1]} bars, {options.split}: "
              f"{each_ms:.1f} ms a piece\n\n| | n | accepted | 95 % interval | AUC | count of 19, median |\n"
              "|---|---|---|---|---|---|")
        for name, n, share, low, high, auc in fit.report(samples, fusion.weights(kind)):
            counts = sorted(fusion.count_met(s.criteria) for s in samples if s.kind == name)
            last = "-" if name == "human" else f"{auc:.3f}"
            print(f"| {name} | {n} | {share:.3f} | {low:.3f}-{high:.3f} | {last} | {counts[len(counts) // 2]:.1f} |")
        for collection in sorted({s.collection for s in samples}):
            human = [fusion.passes(s.criteria, fusion.weights(kind)) for s in samples
                     if s.kind == "human" and s.collection == collection]
            print(f"| human: {collection} | {len(human)} | {sum(human) / len(human):.3f} | | | |")


if __name__ == "__main__":
    main()
