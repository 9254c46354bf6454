"""The report page's tables, each from one document."""
from __future__ import annotations

from backend.domain.analysis import ClipAnalysis
from backend.domain.assessment import Assessment, AssessmentReport
from backend.domain.clip import Cue
from backend.domain.description import Attribute, Attributes, ClipDescription, Reasoning
from backend.domain.hits import HitPoints
from backend.domain.metrics import CueMetrics
from backend.domain.render import RenderReport
from backend.domain.scheme import ArrangementScheme
from backend.domain.score import Score
from backend.domain.tempo import TempoMap
from backend.domain.time import FrameRate
from backend.music.instruments import instruments
from backend.report.hit_rows import hit_rows, place
from backend.report.markup import details, number, table, text

STATUS_CLASS = {"on the frame": "good", "near": "warn", "missed": "bad", "hit": "good", "miss": "bad"}


def hits_table(hits: HitPoints, tempo_map: TempoMap, cue: Cue, rate: FrameRate, metrics: CueMetrics | None) -> str:
    """Every hit: planned and, where rendered, heard."""
    heard = {row.hit: row for row in metrics.sync.hits} if metrics and metrics.sync else {}
    rows = []
    for row in hit_rows(hits, tempo_map, rate):
        sound = heard.get(row.number - 1)
        rows.append((
            str(row.number), text(cue.timecode_at(row.hit.time_s, rate)), place(row), text(row.hit.type),
            number(row.hit.weight), _colored(row.status), number(row.error_frames),
            number(sound.error_ms, 0) if sound and sound.status != "miss" else "\u2013",
            text(", ".join(sound.families)) if sound and sound.status == "hit" else "\u2013",
            text(row.hit.reason) + (' <span class="faint">(locked)</span>' if row.hit.locked else "")))
    head = ("#", "Timecode", "Bar|beat", "Type", "Weight", "Tempo map", "Frames off", "Heard (ms off)", "Played by",
            "Why")
    return table(head, rows, (0, 4, 6, 7))


def _colored(status: str) -> str:
    return f'<span class="{STATUS_CLASS[status]}">{text(status)}</span>'


def tempo_table(tempo_map: TempoMap, cue: Cue, rate: FrameRate) -> str:
    """One row a bar: where it lies, its metre and tempo."""
    rows = [(str(bar.number), text(cue.timecode_at(tempo_map.time_s(bar.start_q), rate)),
             number(float(tempo_map.time_s(bar.start_q)), 3), f"{bar.numerator}/{bar.denominator}",
             number(tempo_map.tempo_qpm(bar.start_q), 2)) for bar in tempo_map.bars]
    return details(f"{len(rows)} bars", table(("Bar", "Timecode", "Seconds", "Metre", "Tempo"), rows, (0, 2, 4)))


def candidates_table(report: AssessmentReport) -> str:
    """Every melody that was tried, and why it fell; the criteria of each folded below."""
    head = ("Try", "Seed", "Notes", "Criteria of 19", "Probability", "Verdict", "Why")
    verdicts = {True: '<span class="good">accepted</span>', False: '<span class="warn">not accepted</span>'}
    rows = [(str(c.number), str(c.seed), str(c.notes), number(c.assessment.count, 1), number(c.assessment.probability),
             verdicts[c.assessment.accepted], ("<b>chosen</b> " if c.chosen else "") + text(_why(c.assessment)))
            for c in report.candidates]
    note = '<p class="warn">No candidate met the standard; the best was taken.</p>' if report.flagged else ""
    folded = "".join(details(f"Criteria of try {c.number}", _criteria_table(c.assessment)) for c in report.candidates)
    return note + table(head, rows, (0, 1, 2, 3, 4)) + folded


def _why(assessment: Assessment) -> str:
    failed = [criterion.name for criterion in assessment.criteria if criterion.passed is False]
    return "; ".join(part for part in (assessment.veto, "below .5: " + ", ".join(failed) if failed else "") if part)


def _criteria_table(assessment: Assessment) -> str:
    rows = [(str(c.id), text(c.name), text(c.group), number(c.rating),
             "does not apply" if c.passed is None else _colored("hit" if c.passed else "miss").replace(
                 ">hit<", ">met<").replace(">miss<", ">not met<"), text(c.evidence)) for c in assessment.criteria]
    return table(("#", "Criterion", "Group", "Rating", "", "Evidence"), rows, (0, 3))


def tracks_table(scheme: ArrangementScheme, score: Score) -> str:
    """The arrangement scheme: who plays what, where it sits, how loud."""
    known = instruments()
    notes = {part.id: len(part.notes) for part in score.parts}
    rows = []
    for track in scheme.tracks:
        player = known[track.instrument].name if track.instrument in known else track.instrument
        levels = list(track.volume_envelope.values())
        rows.append((str(track.track_index), text(track.name), text(player), text(track.role),
  text(track.articulation), str(notes.get(track.part, 0)), _pan(track.panning),
                     number(track.reverb_space), number(track.gain_db, 1, "dB"),
                     f"{number(min(levels))}\u2013{number(max(levels))}" if levels else "\u2013",
                     number(track.playback_offset_ms, 0, "ms")))
    head = ("#", "Track", "Instrument", "Role", "Articulation", "Notes", "Pan", "Reverb", "Gain", "Level", "Offset")
    return table(head, rows, (0, 5, 6, 7, 8, 9, 10))


def _pan(value: float) -> str:
    if abs(value) < 0.005:
        return "centre"
    return f"{'left' if value < 0 else 'right'} {abs(value):.2f}"


def loudness_table(render: RenderReport) -> str:
    rows = [("Integrated loudness", number(render.integrated_lufs, 1, "LUFS"),
             f"target {number(render.target_lufs, 1)}"),
            ("True peak", number(render.true_peak_dbtp, 1, "dBTP"), ""),
            ("Loudness range", number(render.loudness_range_lu, 1, "LU"), ""),
            ("Gain", number(render.gain_db, 1, "dB"), "the same on every stem"),
            ("Deepest gain reduction", number(render.gain_reduction_db, 1, "dB"), "one curve for mix and stems"),
            ("Stems against mix", number(render.null_dbfs, 0, "dBFS"), "residue of mix minus stems"),
            ("Instruments", text(render.bank.name), text(render.bank.licence))]
    return table(("", "", ""), rows, (1,))


def description_table(description: ClipDescription) -> str:
    """Table 6's attributes of the clip, with where each came from."""
    attributes = description.clip
    named: tuple[tuple[str, Attribute], ...] = (
        ("Brightness", attributes.brightness), ("Hue", attributes.hue), ("View scale", attributes.view_scale),
        ("Emotion", attributes.emotion), ("Setting", attributes.setting), ("Behaviour", attributes.behaviour),
        ("Theme", attributes.theme))
    rows = [(name, text(a.label), text(a.source), number(a.confidence) if a.label else "\u2013") for name, a in named]
    plot = [(f"{p.start_s:.1f}\u2013{p.end_s:.1f} s", number(p.tension), text(p.sentence)) for p in description.plot]
    return (table(("Attribute", "Label", "Said by", "Confidence"), rows, (3,)) + f"<p>{text(description.motion)}</p>"
            + (table(("Section", "Tension", "What happens"), plot, (1,)) if plot else "")
            + _reasoning(description.reasoning) + _shots(description))


def _reasoning(reasoning: Reasoning | None) -> str:
    """From what is seen to what should sound, as a describer with eyes thought it."""
    if reasoning is None:
        return ""
    seen, heard = reasoning.visual, reasoning.music
    rows = (("What is seen", text(seen.objects)), ("What it feels like", text(seen.emotion)),
            ("How it moves", text(seen.dynamics)), ("Colour", text(seen.colour)), ("Genre", text(heard.genre)),
            ("Instruments", text(", ".join(heard.instruments))), ("Rhythm", text(heard.rhythm)),
            ("Emotion", text(heard.emotion)), ("So", text(reasoning.music_description)))
    return table(("Picture to music", ""), rows)


def _shots(description: ClipDescription) -> str:
    """The shots that somebody described."""
    rows = [(str(shot.shot + 1), text(shot.sentence), text(", ".join(_said(shot.attributes)))) for shot in
            description.shots if shot.sentence or _said(shot.attributes)]
    return details(f"{len(rows)} shots", table(("Shot", "What is seen", "Labels"), rows, (0,))) if rows else ""


def _said(attributes: Attributes) -> list[str]:
    """What a person or a model named; what was measured goes without saying."""
    named = (attributes.view_scale, attributes.emotion, attributes.setting, attributes.behaviour, attributes.theme)
    return [a.label for a in named if a.label and a.source in ("user", "model")]


def picture_facts(analysis: ClipAnalysis) -> str:
    clip = analysis.clip
    warnings = "".join(f'<p class="warn">{text(warning)}</p>' for warning in clip.warnings)
    facts = (text(clip.name), f"{clip.width}\u00d7{clip.height}", f"{text(clip.frame_rate)} frames a second",
             f"{len(analysis.cuts)} cuts", f"{len(analysis.shots)} shots")
    line = " \u00b7 ".join(facts)
    return f'<p class="faint">{line}</p>{warnings}'
