"""What came of a build: figures for programs, a page for people, a table for the terminal."""
from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from backend.dataset.item import DatasetItem, Rejection
from backend.dataset.splits import SPLITS

_SHOWN = 200
"""Rejections that the page lists; report.json has them all."""


@dataclass(frozen=True)
class RejectedClip:
    path: str
    reason: str
    detail: str


@dataclass(frozen=True)
class BuildReport:
    """``accepted`` and ``rejected`` count clips; ``splits``, ``licences``, ``melodies`` and ``music`` count items;
    ``seconds`` is the length of all music."""

    SCHEMA_VERSION = 1

    clips: int
    accepted: int
    rejected: tuple[RejectedClip, ...]
    reasons: dict[str, int]
    seconds: float
    sources: int
    splits: dict[str, int]
    licences: dict[str, int]
    melodies: dict[str, int]
    music: dict[str, int]
    spots: int
    warnings: tuple[str, ...]


def report_of(items: Sequence[DatasetItem], splits: Sequence[str], rejections: Sequence[Rejection]) -> BuildReport:
    """Everything in order of name, so that the same folder gives the same report."""
    rejected = tuple(RejectedClip(one.path, one.reason, one.detail)
                     for one in sorted(rejections, key=lambda one: (one.path, one.reason)))
    counts = {name: splits.count(name) for name in SPLITS}
    licences = _counted([item.provenance.licence for item in items])
    sources = sorted({item.provenance.source for item in items})
    return BuildReport(
        clips=len(items) + len(rejected), accepted=len(items), rejected=rejected,
        reasons=_counted([one.reason for one in rejected]),
        seconds=round(sum(item.music.duration_s for item in items), 3),
        sources=len(sources), splits=counts, licences=licences,
        melodies=_counted([item.melody.origin for item in items]), music=_counted([i.music.origin for i in items]),
        spots=sum(len(item.spots) for item in items), warnings=_warnings(counts, licences, sources))


def _counted(words: Sequence[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items(), key=lambda pair: (-pair[1], pair[0])))


def _warnings(splits: dict[str, int], licences: dict[str, int], sources: Sequence[str]) -> tuple[str, ...]:
    if sum(splits.values()) > 1 and len(sources) == 1:
        return (f"All items are of one source, '{sources[0]}', and stay in one split. Put every film into a folder of "
                "its own, or name its \"source\" in manifest.jsonl.",)
    out = [f"No item is in the split '{name}': training needs some. Add sources, or change --splits."
           for name in ("train", "dev") if not splits[name]]
    if licences.get("unknown"):
        out.append(f"{licences['unknown']} items have no known licence. Name it in a licence.txt beside the clips.")
    return tuple(out)


def table(report: BuildReport) -> list[str]:
    """A few lines for a terminal."""
    lines = [f"  accepted   {report.accepted:>6}   {report.seconds / 60:.1f} minutes, {report.sources} sources, "
             + ", ".join(f"{name} {count}" for name, count in report.splits.items()),
             f"  rejected   {len(report.rejected):>6}"]
    lines += [f"    {reason:<15}{count:>4}" for reason, count in report.reasons.items()]
    return lines + [f"  {warning}" for warning in report.warnings]


def page(report: BuildReport) -> str:
    """The report as Markdown."""
    minutes = f"{report.seconds / 60:.1f}"
    head = ["# Data set", "", f"{report.accepted} of {report.clips} clips accepted: {minutes} minutes of music, "
            f"{report.sources} sources, {report.spots} rhythm spots.", ""]
    for title, counts in (("Splits", report.splits), ("Licences", report.licences), ("Melodies from", report.melodies),
                          ("Music from", report.music), ("Rejected because", report.reasons)):
        if counts:
            head += [f"| {title} | |", "|---|---|", *(f"| {_cell(name)} | {n} |" for name, n in counts.items()), ""]
    if report.rejected:
        head += ["| Rejected | Why | |", "|---|---|---|"]
        head += [f"| {_cell(one.path)} | {one.reason} | {_cell(one.detail)} |" for one in report.rejected[:_SHOWN]]
        head += [f"\n{len(report.rejected) - _SHOWN} more in report.json." if len(report.rejected) > _SHOWN else ""]
    return "\n".join([*head, *report.warnings]).rstrip() + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
