"""The port SessionWriter as a project file."""
from __future__ import annotations

from pathlib import Path

from backend.daw.rpp.project import project_chunk
from backend.domain.session import Session
from backend.files import cannot_write, write_whole


def session_text(session: Session) -> str:
    """The project file as text, line feeds only. Equal sessions give equal texts."""
    return project_chunk(session).text()


class RppWriter:
    """Writes ``.RPP`` files: whole or not at all."""

    name = "rpp"

    def write(self, session: Session, target: Path) -> Path:
        """Write ``target`` (its folder is made when missing) and return it. Raises OutputError."""
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(target, error) from None
        write_whole(target, session_text(session).encode("utf-8"))
        return target
