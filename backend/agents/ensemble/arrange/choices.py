"""The words that arrangers choose from, by place in their answers: a server that holds a model to a schema cannot be
told of an instrument that is not there."""
from __future__ import annotations

from backend.agents.ensemble.arrange.casting_checks import able_for
from backend.agents.ensemble.arrange.chair import Choices
from backend.agents.ensemble.arrange.checks import LAYERS, SOURCES
from backend.agents.ensemble.arrange.options import CAST_ROLES
from backend.agents.rules.palette import ranked
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import ArrangePlan
from backend.music.instruments import instruments
from backend.music.locks import LockedFields

PLAN: Choices = {"measures/*/texture/*": LAYERS}


def arrange_choices(request: ArrangeRequest) -> Choices:
    """Layers, what may be doubled and by whom."""
    doubling = tuple(instrument.id for instrument in ranked("doubling", request))
    return {"layers/*/role": LAYERS, "duplicates/*/source": SOURCES, "duplicates/*/instrument": doubling}


def casting_choices(request: ArrangeRequest, arrange: ArrangePlan, locks: LockedFields) -> Choices:
    """Roles, players of any of them and those that are locked, and their ways of playing. Locked players need
    not be in OPTIONS."""
    names = {name for role in CAST_ROLES for name in able_for(role, request, arrange)}
    names |= {part.partition(".")[2] for part in locks.players} & instruments().keys()
    names |= {fields["instrument"] for fields in locks.tracks.values() if "instrument" in fields}
    ways = {way for name in names for way in instruments()[name].articulations}
    ways |= {fields["articulation"] for fields in locks.tracks.values() if "articulation" in fields}
    return {"tracks/*/role": CAST_ROLES, "tracks/*/instrument": tuple(sorted(names)),
            "tracks/*/articulation": ("", *sorted(ways - {""}))}
