"""The options of one run, checked. What the user did not say is taken from the folder's last run, then the default."""
from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any

from backend.domain.controls import CONTROLS, MEANINGS, Controls, read_controls
from backend.domain.description import EMOTIONS
from backend.domain.time import FrameRate, parse_time
from backend.errors import OptionError

STAGES = ("analyze", "describe", "hits", "brief", "tempo", "spot", "compose", "arrange", "session", "render", "report")

STAGE_WORDS = {"analyze": "Watching the picture", "describe": "Describing it", "hits": "Finding the hits",
               "brief": "Writing the brief", "tempo": "Fitting the tempo map", "spot": "Spotting the rhythm",
               "compose": "Composing the melody", "arrange": "Arranging", "session": "Building the session",
               "render": "Rendering and mixing", "report": "Drawing the report", "build": "Building in REAPER",
               "measure": "Measuring the render", "ensemble": "Asking the ensemble"}
"""What a stage is called in a status line."""

SPOTTERS = ("crt", "peaks")
MELODIES = ("model", "musicgen", "rules")
AGENTS = ("rules", "llm")
DESCRIBERS = ("measured", "vision")
PROMPTINGS = ("order", "role", "few-shot", "cot")
CONTROL_FLAGS = {name: MEANINGS[name] for name in CONTROLS}
"""Flags for what a user asks of the music by hand, with what each takes."""

SLOWEST, FASTEST = Fraction(1, 4), Fraction(4)
"""Play rates at which the picture is still the picture that was cut."""

LONGEST_NOTE = 600
"""Characters of a wish in words: every speaker reads all of it, and 8k tokens must do for a cue of 60 bars."""


@dataclass(frozen=True)
class Options:
    """None means: not said. Texts are as typed; the properties below read them."""

    seed: int | None = None
    cue: str | None = None
    title: str | None = None
    cue_in: str | None = None
    cue_out: str | None = None
    frame_rate: str | None = None
    start_timecode: str | None = None
    emotion: str | None = None
    tempo: str | None = None
    meter: str | None = None
    loudness: float | None = None
    soundfont: str | None = None
    candidates: int | None = None
    play_rate: str | None = None
    spotter: str | None = None
    melody: str | None = None
    weights: str | None = None
    agents: str | None = None
    describer: str | None = None
    model: str | None = None
    role_models: str | None = None
    prompting: str | None = None
    note: str | None = None
    cap: float | None = None
    llm_timeout: float | None = None
    density: str | None = None
    repetition: str | None = None
    register: str | None = None
    range: str | None = None
    leaps: str | None = None
    chromatic: str | None = None
    mode: str | None = None

    def over(self, remembered: Options) -> Options:
        """These options, with gaps filled from an earlier run's; the word "default" takes an earlier choice back."""
        given = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}
        return replace(remembered, **{k: getattr(DEFAULTS, k) if v == TAKE_BACK else v for k, v in given.items()})

    def check(self) -> Options:
        """Raise OptionError for the first option that cannot be read."""
        for read in (self.rate, self.tempo_range, self.meter_pair, self.emotion_label, self.speed,
                     self.controls):
            read()
        if self.seed is not None and not 0 <= self.seed < 2 ** 31:
            raise OptionError(f"--seed {self.seed}: give a whole number from 0 to 2147483647.")
        if self.cue is not None and not re.fullmatch(r"[\w][\w .-]{0,23}", self.cue):
            raise OptionError(f"--cue '{self.cue}': give a short label of letters and digits, like 1M1.")
        for flag, name, known in (("--spotter", self.spotter, SPOTTERS), ("--melody", self.melody, MELODIES),
                                  ("--agents", self.agents, AGENTS), ("--describer", self.describer, DESCRIBERS),
                                  ("--prompting", self.prompting, PROMPTINGS)):
            if name is not None and name not in known:
                raise OptionError(f"{flag} '{name}': choose one of {', '.join(known)}.")
        if self.candidates is not None and not 1 <= self.candidates <= 64:
            raise OptionError(f"--candidates {self.candidates}: give a number from 1 to 64.")
        if self.note is not None and len(self.note) > LONGEST_NOTE:
            raise OptionError(f"--note has {len(self.note)} characters: say it in {LONGEST_NOTE} or fewer.")
        if self.cap is not None and not 0 < self.cap <= 1000:
            raise OptionError(f"--cap {self.cap:g}: give the most a cue may cost, in US dollars, e.g. 0.50.")
        if self.llm_timeout is not None and not 1 <= self.llm_timeout <= 3600:
            raise OptionError(f"--llm-timeout {self.llm_timeout:g}: give seconds between 1 and 3600.")
        if self.loudness is not None and not -50 <= self.loudness <= -9:
            raise OptionError(f"--loudness {self.loudness:g}: give LUFS between -50 and -9, e.g. -23.")
        return self

    def rate(self) -> FrameRate | None:
        if self.frame_rate is None:
            return None
        try:
            return FrameRate.parse(self.frame_rate)
        except ValueError as error:
            raise OptionError(f"--frame-rate: {error}") from None

    def speed(self) -> Fraction:
        """How fast the picture is shown; 1 is as it was filmed."""
        if self.play_rate is None:
            return Fraction(1)
        match = re.fullmatch(r"(\d{1,12}(?:\.\d{1,20})?)(?:/([1-9]\d{0,11}))?", str(self.play_rate).strip())
        if not match:
            raise OptionError(f"The play rate '{self.play_rate}' is no number. Set the video item's to 1, for example.")
        rate = Fraction(match[1]) / int(match[2] or 1)
        if not SLOWEST <= rate <= FASTEST:
            raise OptionError(f"The picture plays at {float(rate):g} times its speed. Set the video item's play rate "
                              f"between {float(SLOWEST):g} and {float(FASTEST):g}.")
        return rate

    def bounds_s(self, rate: FrameRate, start_frame: int) -> tuple[Fraction | None, Fraction | None]:
        """In and out in clip seconds."""
        return (_time("--in", self.cue_in, rate, start_frame), _time("--out", self.cue_out, rate, start_frame))

    def tempo_range(self) -> tuple[float, float] | None:
        if self.tempo is None:
            return None
        match = re.fullmatch(r"(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?", self.tempo.strip())
        if not match:
            raise OptionError(f"--tempo '{self.tempo}': write LO-HI in quarters per minute, e.g. 80-100.")
        low = float(match[1])
        high = float(match[2] or match[1])
        if not 20 <= low <= high <= 300:
            raise OptionError(f"--tempo '{self.tempo}': the range must rise and lie within 20 and 300.")
        return low, high

    def meter_pair(self) -> tuple[int, int] | None:
        if self.meter is None:
            return None
        match = re.fullmatch(r"(\d{1,2})/(2|4|8)", self.meter.strip())
        if not match or not 2 <= int(match[1]) <= 12:
            raise OptionError(f"--meter '{self.meter}': write for example 4/4, 3/4, 6/8 or 7/8.")
        return int(match[1]), int(match[2])

    def controls(self) -> Controls:
        """What is asked of the music by hand."""
        try:
            return read_controls({name: getattr(self, name) for name in CONTROLS})
        except ValueError as error:
            raise OptionError(str(error)) from None

    def emotion_label(self) -> str | None:
        if self.emotion is None:
            return None
        for label in EMOTIONS:
            if label.lower() == self.emotion.strip().lower():
                return label
        raise OptionError(f"--emotion '{self.emotion}': choose one of {', '.join(EMOTIONS)}.")


TAKE_BACK = "default"
DEFAULTS = Options(seed=1, cue="1M1", loudness=-23.0, candidates=4, spotter="crt", melody="model",
                   agents="rules", describer="measured", prompting="cot", cap=1.0, llm_timeout=120.0)


def options_from(values: dict[str, Any]) -> Options:
    """Options from parsed arguments or a remembered run; unknown names are ignored."""
    names = {f.name for f in fields(Options)}
    return Options(**{name: value for name, value in values.items() if name in names})


def _time(flag: str, text: str | None, rate: FrameRate, start_frame: int) -> Fraction | None:
    if text is None:
        return None
    try:
        time_s = parse_time(text, rate, start_frame)
    except ValueError as error:
        raise OptionError(f"{flag}: {error}") from None
    if time_s < 0:
        raise OptionError(f"{flag} {text} lies before the start of the clip.")
    return time_s


def parse_bars(text: str) -> tuple[int, int]:
    """``9-16`` or ``9``. Raises OptionError."""
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", text.strip())
    if not match or int(match[1]) < 1 or int(match[2] or match[1]) < int(match[1]):
        raise OptionError(f"--bars '{text}': write FIRST-LAST, e.g. 9-16.")
    return int(match[1]), int(match[2] or match[1])


_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}


def file_name(text: str) -> str:
    """A name that is one file or folder name everywhere: no separators, no reserved words, at most 120 characters."""
    name = " ".join(re.sub(r"[/\\:*?\"<>|\x00-\x1f\x7f]", " ", text).split())[:120].strip(" .")
    return f"{name}_" if name.lower() in _RESERVED else name or "Untitled"


def title_of(stem: str) -> str:
    """A title for people from a file name: ``sintel_trailer_480x204_24fps`` becomes ``Sintel Trailer``."""
    words = re.split(r"[_\s]+", re.sub(r"[/\\:*?\"<>|\x00-\x1f]", " ", stem))
    kept = [w for w in words if w and not re.fullmatch(r"\d+x\d+|\d+(\.\d+)?fps|\d{4,}|\d+p", w, re.IGNORECASE)]
    return " ".join(w if any(c.isupper() for c in w) else w[:1].upper() + w[1:] for w in kept) or "Untitled"
