"""The port SessionWriter as a project file."""
from __future__ import annotations

import os
import tempfile
from pathlib import Path

from backend.daw.rpp.project import project_chunk
from backend.domain.session import Session
from backend.errors import OutputError


def session_text(session: Session) -> str:
    """The project file as text, line feeds only. Equal sessions give equal texts."""
    return project_chunk(session).text()


class RppWriter:
    """Writes ``.RPP`` files: whole or not at all."""

    name = "rpp"

    def write(self, session: Session, target: Path) -> Path:
        """Write ``target`` (its folder is made when missing) and return it. Raises OutputError."""
        data = session_text(session).encode("utf-8")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _replace(target, data)
        except OSError as error:
            raise OutputError(f"Cannot write '{target}': {error.strerror or error}. "
                              "Free some space or choose another folder with -o.") from None
        return target


def _replace(target: Path, data: bytes) -> None:
    """Write beside the target, then rename: nobody ever sees half a project."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        temporary.chmod(0o644)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
