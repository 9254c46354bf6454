"""OPTIONS: what the arrangers may choose from, filtered by range fit before anybody chooses (craft 8.3)."""
from __future__ import annotations

from collections.abc import Iterable

from backend.agents.ensemble.arrange.tables import csv_text
from backend.agents.rules.palette import emotion_weights, range_cost, ranked
from backend.agents.rules.voices import for_voice
from backend.domain.instruments import Instrument
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import ArrangePlan
from backend.music.instruments import instruments
from backend.music.layers.accents import FAST_ATTACK_MS
from backend.music.ranges import fit_cost_per_q
from backend.music.theory import pitch_name

MOST_SINGERS, MOST_OTHERS = 12, 10
CAST_ROLES = ("melody", "counter", "pad", "bass", "ostinato", "doubling", "accent", "percussion")
_LOUD_DB, _SOFT_DB = 4.0, -3.0
_HEADER = ("id", "role", "range", "fit", "why")


def reason(role: str, request: ArrangeRequest, instrument: Instrument) -> str:
    """One line on why an instrument is among the options."""
    weights = emotion_weights(request.brief)
    words = ["avoided"] if instrument.id in request.brief.avoid else []
    words += ["core"] if instrument.id in request.brief.core else []
    suited = [label for label in instrument.emotions if weights.get(label, 0.0) >= 0.12]
    words += [max(suited, key=lambda label: weights[label])] if suited else []
    words += ["powerful"] if instrument.power_weight_db >= _LOUD_DB else []
    words += ["soft"] if instrument.power_weight_db <= _SOFT_DB else []
    words += ["strikes fast"] if instrument.attack_ms <= FAST_ATTACK_MS else []
    words += ["chords"] if role == "pad" and instrument.max_polyphony >= 4 else []
    return ", ".join(words)


def _row(role: str, request: ArrangeRequest, instrument: Instrument) -> tuple[object, ...]:
    low, high = instrument.practical_range
    extent = f"{pitch_name(low)}-{pitch_name(high)}" if instrument.pitched else "drum"
    fit = round(range_cost(role, request, instrument), 1) if role in ("melody", "doubling", "counter") else None
    return instrument.id, role, extent, fit, reason(role, request, instrument)


def _most(role: str) -> int:
    return MOST_SINGERS if role in ("melody", "doubling") else MOST_OTHERS


def options_table(request: ArrangeRequest, roles: Iterable[str]) -> str:
    """The best instruments of every role, best first; ``fit`` is the range cost a quarter (0 lies well, 4 is the most
    allowed)."""
    return csv_text(_HEADER, [_row(role, request, instrument) for role in roles
                              for instrument in ranked(role, request)[:_most(role)]])


def needed_roles(arrange: ArrangePlan) -> tuple[str, ...]:
    """Roles a casting has to fill, in score order."""
    wanted = {layer.role for layer in arrange.layers} | {"melody", "accent"}
    if not arrange.duplicates:
        wanted -= {"doubling"}
    return tuple(role for role in CAST_ROLES if role in wanted)


def casting_options(request: ArrangeRequest, arrange: ArrangePlan) -> str:
    """Options per role; a melody of several voices has its own list for each, ``melody:low``."""
    voices = request.voices.voices if request.voices else ()
    rows: list[tuple[object, ...]] = []
    for role in needed_roles(arrange):
        if role == "melody" and len(voices) > 1:
            for voice in voices:
                asked = for_voice(request, voice)
                found = [_row(role, asked, i) for i in ranked(role, asked)[:MOST_SINGERS // len(voices)]]
                rows += [(row[0], f"melody:{voice.id}", *row[2:]) for row in found]
        elif role == "doubling":
            planned = dict.fromkeys(item.instrument for item in arrange.duplicates)
            rows += [_row(role, request, instruments()[name]) for name in planned]
        else:
            rows += [_row(role, request, instrument) for instrument in ranked(role, request)[:_most(role)]]
    return csv_text(_HEADER, rows)


def carriers_table(request: ArrangeRequest) -> str:
    """Melody instruments by how well the whole line lies on them; from a fit of 4 on it cannot be played."""
    able = [item for item in instruments().values() if "melody" in item.roles and item.pitched]
    rated = sorted((fit_cost_per_q(request.melody.notes, item.id), item.id, item) for item in able)
    return csv_text(("id", "role", "low", "high", "fit", "why"),
                    [(item.id, "melody", *item.practical_range, round(cost, 1), reason("melody", request, item))
                     for cost, _, item in rated[:MOST_SINGERS]])
