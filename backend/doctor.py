"""What each port got and why, and the line that installs what is missing."""
from __future__ import annotations

import os
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


_MODELS = ("autogen_agentchat", "autogen_ext", "openai")
"""What language models as experts need."""


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
    out.append(_optional_line())
    return out


def _optional_line() -> str:
    """Language models are a choice: missing packages are no fault until somebody asks for them."""
    missing = tuple(name for name in _MODELS if find_spec(name) is None)
    state = f"--   not installed ({', '.join(missing)}); install with: python3 install.py agents" if missing else (
        "ok   with --agents llm and --describer vision; a server is checked by doctor --llm")
    return f"{'agents':<15} {'language models':<19} {state}"


def check_llm(say: Callable[[str], None], model: str | None = None, role_models: str | None = None) -> bool:
    """Whether the models of the environment and the arguments can serve as experts, a line for every finding.

    Raises EndpointError for a server that cannot be used at all, OptionError, MissingExtraError without the packages.
    """
    try:
        from backend.agents.ensemble.checkup import check_models
    except ImportError as error:
        raise MissingExtraError(f"Language models need the package '{error.name}'. "
                                "Install it with: python3 install.py agents") from None
    return check_models(os.environ, model, role_models, say)


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
