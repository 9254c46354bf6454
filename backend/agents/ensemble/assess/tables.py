"""What a reviewer reads: facts of the cue, earlier verdicts, the figures of its criteria, remedies, the melody.

METRICS has a row for each criterion that applies: id, name, rating (passes from .5), figures as ``name=value`` pairs,
the bars that the figures point at, and the computed evidence. Everything is bounded: a long melody is cut at a line
of the text, and says so.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from backend.agents.ensemble.arrange.tables import csv_text
from backend.agents.ensemble.assess.remedies import Remedy
from backend.agents.ensemble.assess.shapes import PanelVerdict
from backend.agents.ensemble.prompts import section
from backend.domain.assessment import Criterion
from backend.domain.brief import CueBrief
from backend.domain.score import Melody
from backend.domain.tempo import TempoMap
from backend.music.instruments import instruments
from backend.music.notation.abc_writer import write_abc
from backend.music.theory import key_name

GROUPS = ("mode", "melody", "harmony", "rhythm", "emotion")
"""Who judges: every criterion's ``group`` is the speaker's name."""
MOST_ABC = 3000
"""Characters of ABC a reviewer gets, 2,500 tokens by the upper bound of 1.2 characters each."""
_CUT = "% the bars after this line are left out here; the figures are of the whole melody"


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """CSV with a header, one line a row."""
    return csv_text(header, ([_one_line(cell) for cell in row] for row in rows))


def _one_line(cell: object) -> str:
    return " ".join(str(cell).split())


def shown_rating(rating: float) -> str:
    """Three decimals that never round a miss up to the pass mark."""
    return "0.499" if .4985 < rating < .5 else f"{rating:.3f}"


def figures(criterion: Criterion) -> str:
    """``r=0.81;inside=0.95``"""
    return ";".join(f"{name}={value:.3g}" for name, value in criterion.metrics.items())


def metrics_section(criteria: Iterable[Criterion]) -> str:
    rows = [(c.id, c.name, shown_rating(c.rating), figures(c), " ".join(map(str, c.bars)), c.evidence)
            for c in criteria if c.rating is not None]
    return section("metrics", table(("id", "name", "rating", "figures", "bars", "evidence"), rows))


def options_section(remedies: Iterable[Remedy]) -> str:
    return section("options", table(("id", "criterion", "instruction"),
                                    [(r.id, r.criterion, r.instruction) for r in remedies]))


def verdicts_section(earlier: Iterable[tuple[str, PanelVerdict]]) -> str:
    """What the reviewers before said."""
    rows = [(speaker, v.id, "pass" if v.passed else "fail", " ".join(map(str, v.bars[:8])), v.evidence[:200])
            for speaker, panel in earlier for v in panel.criteria]
    return section("verdicts", table(("reviewer", "id", "verdict", "bars", "evidence"), rows))


def cue_section(tempo_map: TempoMap, brief: CueBrief, own: bool) -> str:
    """Facts; ``own`` is a composer's melody, which is advised on and never rejected."""
    meters = " ".join(f"bar {m.bar}: {m.numerator}/{m.denominator}" for m in tempo_map.meters[:12])
    return section("cue", "\n".join((
        f"bars: {tempo_map.bar_count}", f"metre: {meters}", f"tempo_qpm: {tempo_map.points[0].tempo_qpm:.0f}",
        f"wanted_key: {key_name(brief.tonic_pc, brief.mode)}", f"emotion: {brief.emotion or 'none named'}",
        f"valence: {brief.valence:+.2f}", f"arousal: {brief.arousal:+.2f}",
        f"articulation: {brief.articulation:.2f}", f"advice_only: {'yes' if own else 'no'}")))


def abc_section(melody: Melody, tempo_map: TempoMap) -> str:
    """The melody with a comment every four bars. Words in it come from people, so only known articulations stay,
    and the title is left out."""
    known = {name for instrument in instruments().values() for name in instrument.articulations}
    plain = tuple(replace(note, articulation=note.articulation if note.articulation in known else "")
                  for note in melody.notes)
    lines = write_abc(replace(melody, notes=plain), tempo_map, "").splitlines()
    text = "\n".join(line for line in lines if not line.startswith(("X:", "T:", "% sounds")))
    return section("abc", _shortened(text))


def _shortened(text: str) -> str:
    """Whole lines of four bars up to MOST_ABC characters."""
    if len(text) <= MOST_ABC:
        return text
    end = text.rfind("\n% bar", 0, MOST_ABC - len(_CUT))
    return text[:end if end > 0 else text.index("\n% bar")] + "\n" + _CUT
