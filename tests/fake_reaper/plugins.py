"""The plug-ins this REAPER has installed. Tests give their own list for a machine with other ones."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plugin:
    """``name`` as the FX browser shows it, ``ident`` its file; ``parameters`` are names with their defaults 0..1;
    ``config`` the names TrackFX_SetNamedConfigParm takes. ``dll`` and ``ids`` go into chunks."""

    name: str
    ident: str
    parameters: tuple[tuple[str, float], ...] = ()
    config: tuple[str, ...] = ()
    presets: tuple[str, ...] = ()
    ids: str = ""

    @property
    def bare(self) -> str:
        """Without the kind in front: ``ReaSynth (Cockos)``."""
        return self.name.partition(": ")[2] or self.name

    @property
    def instrument(self) -> bool:
        return self.name.split(":")[0].endswith("i")


def _named(*names: str) -> tuple[tuple[str, float], ...]:
    return tuple((name, 0.5) for name in names)


STOCK = (
    Plugin("VSTi: ReaSynth (Cockos)", "reasynth.dll", (
        ("Attack", 0.006), ("Release", 0.0016), ("Square mix", 0.0), ("Saw mix", 0.0), ("Triangle mix", 0.0),
        ("Volume", 0.5012), ("Decay", 0.0666), ("Extra sine mix", 0.0), ("Extra sine tuning", 0.5), ("Sustain", 1.0),
        ("Square pulse width", 1.0), ("Tuning", 0.5), ("Portamento", 0.0), ("Bypass", 0.0), ("Wet", 1.0)),
        ids="1919251321<5653547265737972656173796E746800>"),
    Plugin("VST: ReaVerbate (Cockos)", "reaverbate.dll", (
        ("Wet", 0.5), ("Dry", 1.0), ("Room size", 0.7344), ("Dampening", 0.4998), ("Stereo width", 1.0),
        ("Initial delay", 0.0), ("Lowpass", 1.0), ("Highpass", 0.0)),
        ids="1920361016<56535472766238726561766572626174>"),
    Plugin("VSTi: ReaSamplOmatic5000 (Cockos)", "reasamplomatic.dll", _named(
        "Volume", "Pan", "Gain for minimum velocity", "Note range start", "Note range end", "Pitch for start note",
        "Pitch for end note", "MIDI Channel", "Max Voices", "Attack", "Release", "Obey note-offs", "Loop on",
        "Sample start offset", "Sample end offset", "Pitch offset"),
        config=("FILE0", "+FILE0", "-FILE*", "DONE", "MODE", "RSMODE"),
        ids="1920167789<56535472736F6D72656173616D706C6F>"),
    Plugin("VST: ReaEQ (Cockos)", "reaeq.dll", _named(*(f"{what}-{band}" for band in ("Low", "Mid", "High")
                                                       for what in ("Freq", "Gain", "Q"))),
           ids="1919247729<56535472656571726561657100000000>"),
    Plugin("VST: ReaComp (Cockos)", "reacomp.dll", _named("Thresh", "Ratio", "Attack", "Release", "Wet", "Dry"),
           ids="1919247213<5653547265636D726561636F6D700000>"),
    Plugin("VST: ReaLimit (Cockos)", "realimit.dll", _named("Threshold", "Ceiling", "Release"),
           ids="1919708532<565354726C6D747265616C696D697400>"),
    Plugin("JS: Volume Adjustment", "utility/volume", _named("Adjustment (dB)", "Max Volume (dB)")),
)
EXTRA = (
    Plugin("VST3i: Kontakt 7 (Native Instruments) (64 out)", "Kontakt 7.vst3", _named("#000", "#001", "#002"),
           ids="1167153457{5653544E694B376B6F6E74616B742037}"),
    Plugin("VSTi: BBC Symphony Orchestra (Spitfire Audio)", "BBC Symphony Orchestra (64 Bit).dll",
           _named("Expression", "Dynamics", "Reverb", "Release", "Tightness"), presets=("Violins 1 - Long",),
           ids="1481647474<565354584F4272626263207379>"),
    Plugin("JS: Reaticulate", "Reaticulate/Reaticulate.jsfx", _named("Slider 1")),
)
"""Not in a fresh REAPER; ``FakeReaper(plugins=STOCK + EXTRA)`` has them."""


def find(plugins: tuple[Plugin, ...], wanted: str) -> Plugin | None:
    """As the add-FX box finds: the whole name, the name without its kind, the file, then any that begins so."""
    text = wanted.lower()
    for match in (lambda p: text == p.name.lower(), lambda p: text == p.bare.lower(),
                  lambda p: text == p.ident.lower(), lambda p: text == _before_maker(p.name).lower(),
                  lambda p: text == _before_maker(p.bare).lower()):
        found = next((plugin for plugin in plugins if match(plugin)), None)
        if found is not None:
            return found
    return None


def _before_maker(name: str) -> str:
    return name.partition(" (")[0]
