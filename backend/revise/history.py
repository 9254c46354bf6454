"""What a folder remembers of its revisions: every request, and the documents as they stood before each.

``agents/revisions.json`` is the list; ``agents/revisions/NNN/`` holds what it changed, from before. A revision
that was interrupted while its documents were written is taken back before the next one.
"""
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from backend.domain.revision import Revision, Revisions
from backend.domain.score import Score
from backend.errors import EditError
from backend.files import cannot_write
from backend.results import ResultsFolder

LIST = "agents/revisions.json"
DOCUMENTS = {"compose": ("melody.json", "melody.abc", "assessment.json"), "arrange": ("score.json", "scheme.json")}
"""What a revision may write, by the stage it belongs to."""


class History:
    """The revisions of a results folder."""

    def __init__(self, folder: ResultsFolder) -> None:
        self._folder = folder

    @property
    def revisions(self) -> tuple[Revision, ...]:
        """Every one, the oldest first. Raises EditError for a list that cannot be read."""
        return self._folder.load(Revisions, LIST).revisions if self._folder.has(LIST) else ()

    def last_done(self) -> Revision | None:
        """The one that an undo takes back."""
        return next((one for one in reversed(self.revisions) if one.state == "done"), None)

    def first_score(self) -> Score | None:
        """The score from before the first revision that stands; None without one."""
        first = next((one for one in self.revisions if one.state == "done"), None)
        if first is None or not (self._place(first.number) / "score.json").is_file():
            return None
        return ResultsFolder(self._place(first.number)).load(Score, "score.json")

    def begin(self, revision: Revision, changed: tuple[str, ...]) -> Revision:
        """Keep the documents that will change as they stand and enter the revision as begun; it gets its number."""
        number = self._next()
        keys = {stage: self._folder.key_of(stage) or "" for stage in DOCUMENTS}
        yours = {stage: tuple(name for name in names if name in (*self._folder.yours(stage),
                                                                *self._folder.edited(stage, names)))
                 for stage, names in DOCUMENTS.items()}
        revision = replace(revision, number=number, keys=keys, yours=yours, state="begun",
                           files={name: "" for name in changed})
        kept = ResultsFolder(_made(self._place(number)))
        for name in {*changed, "score.json"}:
            if self._folder.has(name):
                kept.write_bytes(name, self._folder.file(name).read_bytes())
        self.enter(revision)
        return revision

    def answered(self, request: str, answer: str) -> None:
        """Enter a request that changed nothing and what the reviser said to it: the next one may go on from there."""
        self.enter(Revision(self._next(), request, (), answer, "", {}, {}, {}, "answered"))

    def _next(self) -> int:
        return max((one.number for one in self.revisions), default=0) + 1

    def enter(self, revision: Revision) -> None:
        """Write the revision into the list, in its place or at the end."""
        others = [one for one in self.revisions if one.number != revision.number]
        _made(self._folder.file(LIST).parent)
        self._folder.save(LIST, Revisions(tuple(sorted((*others, revision), key=lambda one: one.number))))

    def restore(self, revision: Revision) -> tuple[str, ...]:
        """The documents as they were before the revision, and to whom they belonged. Files that were edited since are
        set aside; their new names."""
        place, asides = ResultsFolder(self._place(revision.number)), []
        for name in revision.files:
            if not place.has(name):
                continue
            data = place.file(name).read_bytes()
            if self._folder.has(name) and self._folder.file(name).read_bytes() == data:
                continue
            if revision.state == "done" and self._folder.hash_of(name) != revision.files.get(name):
                asides.append(self._folder.set_aside(name))
            self._folder.write_bytes(name, data)
        for stage, names in DOCUMENTS.items():
            if any(name in revision.files for name in names):
                self._folder.record(stage, revision.keys.get(stage, ""), names, revision.yours.get(stage, ()))
        return tuple(asides)

    def recover(self) -> bool:
        """Take back what was interrupted half-way; whether there was such a thing."""
        begun = [one for one in self.revisions if one.state == "begun"]
        for revision in reversed(begun):
            self.restore(revision)
            self.enter(replace(revision, state="undone"))
        return bool(begun)

    def _place(self, number: int) -> Path:
        return self._folder.file(f"agents/revisions/{number:03d}")


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise EditError(f"'{folder}' or a folder above it is a file. Move that file, then run the same command "
                        "again.") from None
    except OSError as error:
        raise cannot_write(folder, error) from None
    return folder
