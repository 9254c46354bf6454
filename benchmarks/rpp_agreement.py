"""Our .RPP reader against the libraries rpp and rppxml; timing of written results counted from the file alone.

    python benchmarks/rpp_agreement.py ../shared/data/reaper            every project: same values? how fast?
    python benchmarks/rpp_agreement.py --results DIR [DIR ...]          hit markers against the file's own tempo map
"""
from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import mido
import rpp
import rppxml

from backend.daw.rpp.quoting import tokens
from backend.daw.rpp.reader import RppProject, parse_rpp, read_rpp
from backend.daw.rpp.tree import Node, decode, parse
from backend.domain import serial
from backend.domain.hits import HitPoints
from backend.domain.tempo import TempoMap
from backend.domain.time import FrameRate  # noqa: F401  (teaches serial to read fractions)


def _rows(tree: object) -> list[list[str]]:
    """Every line and chunk head of a tree as tokens, in file order, free text left out."""
    if isinstance(tree, Node):
        head, rows = [tree.name, *tree.params], tree.rows
    elif isinstance(tree, rpp.Element):
        head, rows = [tree.tag, *map(str, tree.attrib)], tree.children
    else:
        head, rows = [tree.name, *map(_token, tree.params)], tree.children
    out = [head]
    for row in rows:
        if isinstance(row, (Node, rpp.Element, rppxml.RPPXML)):
            out += _rows(row)
        elif head[0] != "NOTES" and head[0] != "NAME":
            out.append(tokens(row) if isinstance(row, str) and isinstance(tree, Node) else
                       [row] if isinstance(row, str) else [_token(value) for value in row])
    return out


def _token(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _same(a: str, b: str) -> bool:
    if a.lower() == b.lower():
        return True
    try:
        return float(a) == float(b)
    except ValueError:
        return False


def _differences(ours: list[list[str]], theirs: list[list[str]]) -> int:
    pairs = zip(ours, theirs, strict=True)
    return sum(len(a) != len(b) or not all(map(_same, a, b)) for a, b in pairs)


def _seconds(work: Callable[[], object], rounds: int = 5) -> float:
    best = 1e9
    for _ in range(rounds):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def agreement(folder: Path) -> None:
    print("| project | lines | markers | regions | tempo points | items | notes | rpp differs | rppxml differs "
          "| ms | rpp | rppxml |\n|---|---|---|---|---|---|---|---|---|---|---|---|")
    for path in sorted(folder.glob("*.[rR]*")):
        text = decode(path.read_bytes())
        project, node = read_rpp(path), parse(text)[0]
        rows = _rows(node)
        wrong = [_differences(rows, _rows(module.loads(text))) for module in (rpp, rppxml)]
        times = [1000 * _seconds(work) for work in (
            lambda: parse_rpp(text), lambda: rpp.loads(text), lambda: rppxml.loads(text))]  # noqa: B023
        print(f"| {path.name} | {len(rows)} | {_counts(project)} | {wrong[0]} | {wrong[1]} | "
              + " | ".join(f"{t:.1f}" for t in times) + " |")


def _counts(project: RppProject) -> str:
    notes = sum(len(item.notes) for item in project.items)
    return " | ".join(str(n) for n in (len(project.markers), len(project.regions), len(project.tempo),
                                       len(project.items), notes))


def _quarters(points: list[tuple[float, float]], time_s: float) -> tuple[float, float]:
    """Position in quarters at a time, and the tempo there, from (time, bpm) points alone."""
    position, tempo = 0.0, points[0][1]
    for (start, bpm), (end, _) in zip(points, [*points[1:], (1e12, 0.0)], strict=True):
        if start <= time_s:
            position += (min(end, time_s) - start) * bpm / 60
            tempo = bpm
    return position, tempo


def written(folders: list[Path]) -> None:
    print("| cue | tempo points | hits | anchored | worst anchored, .RPP (us) | worst marker, .mid (us) | kB |\n"
          "|---|---|---|---|---|---|---|")
    for folder in folders:
        path = next(folder.glob("*.RPP"))
        project = read_rpp(path)
        hits = serial.loads(HitPoints, (folder / "hits.json").read_text(encoding="utf-8"))
        tempo_map = serial.loads(TempoMap, (folder / "tempo_map.json").read_text(encoding="utf-8"))
        points = [(t.time_s, t.tempo_qpm) for t in project.tempo]
        worst = 0.0
        anchored = [sync for sync in tempo_map.sync if sync.anchored]
        for sync in anchored:
            position, tempo = _quarters(points, project.markers[sync.hit].time_s)
            worst = max(worst, abs(position - float(sync.position_q)) * 60 / tempo)
        print(f"| {folder.name} | {len(points)} | {len(hits.hits)} | {len(anchored)} | {1e6 * worst:.1f} | "
              f"{1e6 * _midi_error(folder / 'cue.mid', hits):.1f} | {path.stat().st_size // 1024} |")


def _midi_error(path: Path, hits: HitPoints) -> float:
    now, worst, index, us = 0.0, 0.0, 0, 500_000
    for message in mido.MidiFile(str(path)).tracks[0]:
        now += message.time * us / 960e6
        if message.type == "set_tempo":
            us = message.tempo
        elif message.type == "marker":
            worst = max(worst, abs(now - float(hits.hits[index].time_s)))
            index += 1
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--results", nargs="+", type=Path, default=[])
    arguments = parser.parse_args()
    if arguments.folder:
        agreement(arguments.folder)
    if arguments.results:
        written(arguments.results)
    if not arguments.folder and not arguments.results:
        parser.print_help()


if __name__ == "__main__":
    main()
