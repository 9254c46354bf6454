"""What each port got and why, and the line that installs what is missing."""
from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from backend.wiring import choices


@dataclass(frozen=True)
class Finding:
    """``missing`` names packages that are not installed; ``remedy`` is a command, empty when all is well."""

    port: str
    adapter: str
    reason: str
    missing: tuple[str, ...]
    remedy: str


_NOT_YET = (
    ("melody writer", "RC-MusicGen", "needs the extra 'models' and weights; not part of this version"),
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


def all_well() -> bool:
    return not any(finding.missing for finding in findings())
