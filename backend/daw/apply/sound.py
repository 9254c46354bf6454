"""What a track's sound is made of beside its levels: volume and pan envelopes, and the effects.

All three live in the track's state text, so they are looked at and prepared together: one text read before, one after,
and one written when an envelope has to appear or a template comes along.
"""
from __future__ import annotations

from backend.daw.apply.chunk import print_of_effects, print_of_envelope, write_chunk
from backend.daw.apply.effects import add_effects, effects_idea, remove_effects, say_still_missing, template_block
from backend.daw.apply.envelopes import BLOCKS, empty_block, envelope_idea, write_points
from backend.daw.apply.ours import OurTrack

_FX = "fx"


def settle_sound(ours: OurTrack) -> None:
    todo = [kind for kind in BLOCKS if _wants(ours, kind)]
    if ours.may_write(_FX, "effects", effects_idea(ours.plan), lambda: print_of_effects(ours.chunk())):
        todo.append(_FX)
    else:
        say_still_missing(ours.host, ours.plan, ours.tag.missing)
    if ours.made:
        todo = [aspect for aspect in todo if not _settled_empty(ours, aspect)]
    if not todo:
        return
    _prepare(ours, todo)
    for aspect in todo:
        if aspect == _FX:
            ours.tag.missing = add_effects(ours.host, ours.track, ours.plan)
            ours.host.wrote("effects chain")
        else:
            write_points(ours.host, ours.track, aspect, envelope_idea(ours.plan, aspect))
            ours.host.wrote("envelope")
    ours.forget()
    for aspect in todo:
        if aspect == _FX:
            ours.remember(_FX, effects_idea(ours.plan), print_of_effects(ours.chunk()))
        else:
            ours.remember(aspect + " envelope", envelope_idea(ours.plan, aspect),
                          print_of_envelope(ours.chunk(), BLOCKS[aspect]))


def _wants(ours: OurTrack, kind: str) -> bool:
    return ours.may_write(f"{kind} envelope", f"{kind} envelope", envelope_idea(ours.plan, kind),
                          lambda: print_of_envelope(ours.chunk(), BLOCKS[kind]))


def _settled_empty(ours: OurTrack, aspect: str) -> bool:
    """A new track that needs none of it has none of it."""
    idea = effects_idea(ours.plan) if aspect == _FX else envelope_idea(ours.plan, aspect)
    if idea:
        return False
    ours.remember(aspect if aspect == _FX else aspect + " envelope", idea, 0)
    return True


def _prepare(ours: OurTrack, todo: list[str]) -> None:
    """Old effects away; envelopes shown or taken out and the template placed, in one text."""
    if _FX in todo and not ours.made:
        remove_effects(ours.host, ours.track)
        ours.forget()
    template = template_block(ours.plan) if _FX in todo else []
    kinds = [kind for kind in BLOCKS if kind in todo]
    if not template and not kinds:
        return
    chunk = ours.chunk()
    before = chunk.text
    for kind in kinds:
        points = envelope_idea(ours.plan, kind)
        if not points:
            chunk.put(BLOCKS[kind], [])
        elif not chunk.block(BLOCKS[kind]):
            chunk.put(BLOCKS[kind], empty_block(kind, points[0]))
    if template:
        chunk.put("FXCHAIN", template)
    if chunk.text != before:
        write_chunk(ours.host, ours.track, chunk)
