"""The actions a user finds in REAPER's action list; the installer and the documentation read this table."""
from __future__ import annotations

from typing import NamedTuple


class Action(NamedTuple):
    """``file`` in this folder; ``command`` is the id in reaper-kb.ini (without REAPER's leading underscore); ``menu``
    the name in the action list; ``run`` is ``module.function`` in this package, called with the host."""

    file: str
    command: str
    menu: str
    sentence: str
    run: str


def _action(name: str, menu: str, run: str, sentence: str) -> Action:
    command = "FilmComposer_" + "".join(word.capitalize() for word in name.split("_"))
    return Action(f"{name}.py", command, f"FilmComposer: {menu}", sentence, run)


ACTIONS: tuple[Action, ...] = (
    _action("find_hits", "Find hits", "_jobs.find_hits",
            "Watches the selected video item and writes its hit points as project markers."),
    _action("spot_clip", "Spot clip", "_jobs.spot_clip",
            "Lays hits, a tempo map that meets them and the editable MIDI item \"FilmComposer spots\"."),
    _action("describe_clip", "Describe clip", "_jobs.describe_clip",
            "Says what the picture shows: shots, motion, light, mood."),
    _action("score_clip", "Score clip", "_jobs.score_clip",
            "Scores the selected video item: tempo map, tracks, instruments, mix."),
    _action("compose_melody", "Compose melody", "_jobs.compose_melody",
            "Writes the melody alone, on the spots as they stand in the session."),
    _action("arrange_and_mix", "Arrange and mix", "_jobs.arrange_and_mix",
            "Writes the parts and the mix from the melody as it stands in the session."),
    _action("score_region", "Score region", "_jobs.score_region",
            "Scores the region at the time selection or edit cursor as one cue."),
    _action("score_all_regions", "Score all regions", "_jobs.score_all_regions",
            "Scores every region that lies on a video item, one cue after another."),
    _action("regenerate_selection", "Regenerate selected bars or tracks", "_jobs.regenerate_selection",
            "Writes the bars of the time selection or the selected tracks anew and leaves everything else."),
    _action("render_cue", "Render cue", "_render.render_cue",
            "Renders mix and stems of the cue at 48 kHz / 24 bit and measures them."),
    _action("make_wishes", "Wishes", "_wishes.make_wishes",
            "Asks for mood, tempo, metre, another idea, a note: for the cue at the cursor, or for every cue."),
    _action("cancel", "Cancel", "_control.cancel",
            "Stops what FilmComposer is doing; the session stays as it is."),
    _action("status", "Status", "_control.status",
            "Says whether the daemon runs, what it works on, and which versions are here."),
    _action("start_stop_daemon", "Start/stop daemon", "_serving.start_stop_daemon",
            "Switches the daemon on, for builds from the command line too, or off."),
    _action("support_bundle", "Support bundle", "_bundle.support_bundle",
            "Writes a zip with versions, logs and settings (no media, no key) beside the project."),
    _action("live_smoke", "Self-test in this REAPER", "_smoke.live_smoke",
            "Builds a small test cue in an empty project, checks it and writes a report to send in."),
)


def action(name: str) -> Action:
    """The action of a file's stem. Raises KeyError."""
    return {a.file.removesuffix(".py"): a for a in ACTIONS}[name]
