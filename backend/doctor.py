"""What each port got and why, and the line that installs what is missing."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from backend.errors import MissingExtraError
from backend.wiring import choices

MUSICGEN_HZ = 32_000


@dataclass(frozen=True)
class Finding:
    """``missing`` names packages that are not installed; ``remedy`` is a command, empty when all is well."""

    port: str
    adapter: str
    reason: str
    missing: tuple[str, ...]
    remedy: str


_NOT_YET = (
    ("agents", "language models", "need a server; not part of this version"),
)


def findings() -> tuple[Finding, ...]:
    """One finding a port, in the order of the path."""
    out = []
    for port, choice in choices().items():
        missing = tuple(name for name in choice.needs if find_spec(name) is None)
        remedy = "python3 install.py demo" if missing else ""
        out.append(Finding(port.replace("_", " "), choice.adapter, choice.about, missing, remedy))
    return tuple(out)


def lines() -> list[str]:
    """The findings as text for the console."""
    out = []
    for finding in findings():
        state = f"MISSING {', '.join(finding.missing)}; install with: {finding.remedy}" if finding.missing else "ok"
        out.append(f"{finding.port:<15} {finding.adapter:<19} {state:<4} {finding.reason}")
    out.append("")
    out += [f"{port:<15} {name:<19} --   {reason}" for port, name, reason in _NOT_YET]
    return out


def check_weights(wish: str, sample: Path, say: Callable[[str], None]) -> None:
    """MusicGen's weights by folder or name of the hub: what they are, parity with upstream's code, and a ``sample``.

    Raises InputError for weights that are not what they should be, MissingExtraError without torch.
    """
    try:
        from backend.models.musicgen.checks import check_musicgen
        from backend.models.musicgen.loading import weights_folder
    except ImportError as error:
        raise MissingExtraError(f"MusicGen needs the package '{error.name}'. Install it with: "
                                "python3 install.py test") from None
    wave = check_musicgen(weights_folder(wish), say)
    if wave is not None:
        import soundfile
        soundfile.write(sample, wave, MUSICGEN_HZ)
        say(f"written: {sample}")


def all_well() -> bool:
    return not any(finding.missing for finding in findings())
