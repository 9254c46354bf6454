"""The actions that put the daemon to work."""
from __future__ import annotations

from functools import partial

from bridge.messages import JobKind
from reaper_scripts._cues import CueRegion
from reaper_scripts._errors import ActionError
from reaper_scripts._host import Host
from reaper_scripts._look import look_at_clip, look_at_music, look_at_region, regions_here, regions_with_picture
from reaper_scripts._run_job import run_jobs
from reaper_scripts._selection import look_at_selection


def find_hits(host: Host) -> None:
    _on_clip(host, "hits")


def spot_clip(host: Host) -> None:
    _on_clip(host, "spot")


def describe_clip(host: Host) -> None:
    _on_clip(host, "describe")


def score_clip(host: Host) -> None:
    _on_clip(host, "score")


def compose_melody(host: Host) -> None:
    run_jobs(host, [partial(look_at_music, host, "compose")])


def arrange_and_mix(host: Host) -> None:
    run_jobs(host, [partial(look_at_music, host, "arrange")])


def regenerate_selection(host: Host) -> None:
    run_jobs(host, [partial(look_at_selection, host)])


def score_region(host: Host) -> None:
    """Several regions under a time selection are scored one after another."""
    _score(host, regions_here(host))


def score_all_regions(host: Host) -> None:
    _score(host, regions_with_picture(host))


def _score(host: Host, regions: list[CueRegion]) -> None:
    labels = [region.span.label for region in regions]
    twice = next((label for label in labels if labels.count(label) > 1), "")
    if twice:
        raise ActionError(f"two regions are called {twice}, and one would replace the other. Rename one of them.")
    run_jobs(host, [partial(look_at_region, host, "score", region) for region in regions])


def _on_clip(host: Host, kind: JobKind) -> None:
    run_jobs(host, [partial(look_at_clip, host, kind)])
