"""The session's markers into hits.json. Untouched markers leave the file untouched, to the byte."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from backend.domain.hits import HitPoint, HitPoints
from backend.live.hit_edits import STILL_S, HitChange, HitEdits, Mark, apply_changes, hit_edits
from backend.live.marker_names import clean, hit_from_name, may_be_a_hit, read_name
from backend.live.memory import CueClock, SessionMemory, ToldHits, read_memory, write_memory
from backend.live.seen_session import SeenSession
from backend.music.user_hits import read_user_hits
from backend.results import ResultsFolder

FILE = "hits.json"


def take_hits(seen: SeenSession, memory: SessionMemory, replaced: ResultsFolder | None) -> tuple[SessionMemory, str]:
    """Bring hits.json up to date with picture and session; what was done, for people (empty: nothing).

    Markers are compared with what the session was told; without a memory of that, with the file (another film's, where
    this cue was scored to one before: then nothing counts as deleted). Where neither exists but the session holds
    markers of ours, the results were lost and the session is believed.
    """
    tellings, lost = _tellings(seen, memory, replaced)
    memory = _rebase(seen, memory)
    seen.bring("hits")
    clock = seen.clock()
    base: tuple[HitPoint, ...] = ()
    if lost:
        note, changes = "taken over from the markers in the session", _restored(seen)
    else:
        note, changes = _changes(seen, tellings, may_delete=not replaced or bool(memory.hits))
        base = on_film(seen.job.hits.hits, clock)
    hits = in_cue(seen, apply_changes(base, changes), clock)
    if hits.hits != seen.job.hits.hits:
        seen.job.folder.save(FILE, hits)
        seen.bring("hits")
    return memory, f"Hits: {note}" if note else ""


def on_film(hits: Iterable[HitPoint], clock: CueClock) -> tuple[HitPoint, ...]:
    return tuple(replace(hit, time_s=clock.film_s(hit.time_s)) for hit in hits)


def in_cue(seen: SeenSession, hits: Iterable[HitPoint], clock: CueClock) -> HitPoints:
    """Hits of the film as the cue's document; those outside the cue are left out."""
    analysis, made_by = seen.job.analysis, seen.job.hits.made_by
    placed = [(clock.cue_s(hit.time_s), hit) for hit in hits]
    inside = tuple(replace(hit, time_s=time_s) for time_s, hit in placed if 0 <= time_s <= analysis.cue.duration_s)
    return read_user_hits(HitPoints(inside, made_by), analysis.cue, analysis.clip.frame_rate)


def _tellings(seen: SeenSession, memory: SessionMemory,
              replaced: ResultsFolder | None) -> tuple[tuple[ToldHits, ...], bool]:
    """What the session may stand at, and whether the results were lost."""
    folder, picture = seen.job.folder, seen.picture
    if memory.hits or picture is None:
        return memory.hits, False
    if folder.has(FILE) and memory.hits_clock is not None:
        hits = on_film(folder.load(HitPoints, FILE).hits, memory.hits_clock)
        return (ToldHits(hits, picture.origin_s, picture.clip.play_rate),), False
    if replaced is not None:
        return read_memory(replaced).hits, False
    ours = any(read_name(mark.name).number is not None for mark in seen.marks(None))
    return (), ours and not folder.has(FILE)


def _rebase(seen: SeenSession, memory: SessionMemory) -> SessionMemory:
    """Another in-point or speed: hits of the user's stay with their pictures."""
    folder, old, new = seen.job.folder, memory.hits_clock, seen.clock()
    yours = FILE in (*folder.yours("hits"), *folder.edited("hits", (FILE,)))
    if not yours or old is None or (old.start_s, old.play_rate) == (new.start_s, new.play_rate):
        return replace(memory, hits_clock=new)
    document = folder.load(HitPoints, FILE)
    placed = [(new.cue_s(old.film_s(hit.time_s)), hit) for hit in document.hits]
    duration_s = seen.job.analysis.cue.duration_s
    folder.save(FILE, replace(document, hits=tuple(
        replace(hit, time_s=time_s) for time_s, hit in placed if 0 <= time_s <= duration_s)))
    memory = replace(memory, hits_clock=new)
    write_memory(folder, memory)  # at once: a hit must not be carried along twice
    return memory


def _changes(seen: SeenSession, tellings: tuple[ToldHits, ...],
             may_delete: bool) -> tuple[str, tuple[HitChange, ...]]:
    """The session's edits against the telling that fits it best (the latest of those that fit as well)."""
    if seen.picture is None:
        return "", ()
    stretch = seen.stretch()
    found = [hit_edits(told.hits, seen.marks(told), stretch) for told in tellings]
    unknown = hit_edits((), seen.marks(None), stretch)
    best = min(reversed(found), key=lambda edits: edits.weight, default=unknown)
    changes = best.changes
    if seen.request.known and may_delete and best.missing:
        if best.known == 0 and seen.request.kind == "hits":
            seen.bring("hits", redo_from="hits")
            return "found afresh, since none was left", unknown.changes
        changes += tuple(HitChange(hit, None) for hit in best.missing)
    return _said(best, changes), changes


def _restored(seen: SeenSession) -> tuple[HitChange, ...]:
    return tuple(HitChange(None, _hit_of(mark)) for mark in seen.marks(None)
                 if may_be_a_hit(mark.name) and mark.time_s >= 0)


def _hit_of(mark: Mark) -> HitPoint:
    said, hit = read_name(mark.name), hit_from_name(HitPoint(mark.time_s), mark.name)
    return hit if said.kind in (None, "user") else replace(hit, kind=said.kind, locked=False)


def _said(edits: HitEdits, changes: tuple[HitChange, ...]) -> str:
    counts = {
        "added": sum(c.before is None for c in changes),
        "moved": sum(c.before is not None and c.after is not None and c.before.time_s != c.after.time_s
                     for c in changes),
        "renamed": sum(c.before is not None and c.after is not None and c.before.time_s == c.after.time_s
                       for c in changes),
        "deleted": sum(c.after is None for c in changes)}
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count)


def own_hits(seen: SeenSession, clock: CueClock) -> frozenset[int]:
    """Indices of hits that a plain marker of the user's stands for: they need none of ours."""
    hits = on_film(seen.job.hits.hits, clock)
    said = [(mark, read_name(mark.name)) for mark in seen.marks(None) if may_be_a_hit(mark.name)]
    return frozenset(i for i, hit in enumerate(hits) if hit.kind == "user" and any(
        name.number is None and name.reason == clean(hit.reason) and abs(mark.time_s - hit.time_s) <= STILL_S
        for mark, name in said))
