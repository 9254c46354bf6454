"""What came out of a job, in lines for people."""
from __future__ import annotations

from collections import Counter

from backend.cue_job import CueJob
from backend.outcome import summary_lines


def hits_lines(job: CueJob) -> tuple[str, ...]:
    hits = job.hits.hits
    kinds = Counter(hit.kind for hit in hits)
    found = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0])))
    hard = sum(hit.type == "hard" for hit in hits)
    return (f"{number(len(hits), 'hit')}, {hard} of them hard" + (f" ({found})" if found else ""),)


def description_lines(job: CueJob) -> tuple[str, ...]:
    """What was seen, and where it can be read and corrected."""
    description, analysis = job.description, job.analysis
    seen = description.clip
    labels = [f"{name} {attribute.label}" + ("" if attribute.source != "measured" else " (measured)")
              for name, attribute in (("brightness", seen.brightness), ("hue", seen.hue), ("view", seen.view_scale),
                                      ("emotion", seen.emotion), ("setting", seen.setting), ("theme", seen.theme))
              if attribute.label]
    cuts, shots = len(analysis.cuts), len(analysis.shots)
    return (f"{number(shots, 'shot')}, {number(cuts, 'cut')} in {float(analysis.cue.duration_s):.1f} s at "
            f"{analysis.clip.frame_rate} frames a second", description.motion, ", ".join(labels) or "no label is sure",
            f"Read and correct it: {job.folder.file('description.txt')}")


def music_lines(job: CueJob) -> tuple[str, ...]:
    """The usual outcome, without what is said to somebody who sits at a command line."""
    lines = (line.strip() for line in summary_lines(job))
    return tuple(line for line in lines if line and not line.startswith("Look at report.html"))


def spot_lines(job: CueJob) -> tuple[str, ...]:
    spots = job.spots.spots
    anchored = sum(spot.kind == "hit" for spot in spots)
    form = " ".join(section.label for section in job.spots.sections)
    return (*hits_lines(job), f"{number(len(spots), 'spot')}, {anchored} on hits; form {form}, "
            f"{number(job.tempo_map.bar_count, 'bar')}")


def number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
