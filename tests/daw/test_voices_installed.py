"""What REAPER's own lists say is installed."""
from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from backend.daw.voices_installed import STOCK, Installed, read_installed

VST = """[vstcache]
Kontakt_7.vst3=74268F6CA8F5DB01,952745139{5653544E694B376B,Kontakt 7 (Native Instruments) (64 out)!!!VSTi
Kontakt_8.vst3=74268F6CA8F5DB01,952745140{5653544E694B386B,Kontakt 8 (Native Instruments) (64 out)!!!VSTi
Kontakt 8.dll=74268F6CA8F5DB01,952745140,Kontakt 8 (Native Instruments) (64 out)!!!VSTi
Kontakt_12.vst3=74268F6CA8F5DB01,1{5653544E694B386B6F6E74616B742039,Kontakt 12 FX (Native Instruments)
SoundFontVST2.dll=9919AB50DD1CDC01
Philharmonik_2.vst3=001CA41007F1D001,210469180{D336EF6F7CF44CAC87311335EB754C58!!!VSTi
WaveShell1_VST3_14.12_x64.vst3=A99268EFB2AEDB01,0,<SHELL>
WaveShell1_VST3_14.12_x64.vst3<2118760041=A99268EFB2AEDB01,2118760041{5653,CR8 Sampler Stereo (Waves)!!!VSTi
Pianoteq 8.vst3=00,1031062328{56535450,Pianoteq 8 (Modartt) (1->5ch)!!!VSTi
sforzando.vst3=00,395535903{5C5CA796,sforzando (Plogue Art et Technologie, Inc)!!!VSTi
MODO_BASS.vst3=00,188728766{5653544D,MODO BASS (IK Multimedia) (mono)!!!VSTi
"""
AU = """[auplugins]
Apple: AUBandpass=<!inst>
Apple: DLSMusicDevice=<inst>
Native Instruments: Kontakt=<inst>
"""
CLAP = """[Surge XT.clap]
_=00563668CFEBDA013D09F97B4CD4DB01
org.surge-synth-team.surge-xt=1|Surge XT (Surge Synth Team)
[Surge XT Effects.clap]
org.surge-synth-team.surge-xt-fx=0|Surge XT Effects (Surge Synth Team)
"""


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    (tmp_path / "reaper-vstplugins64.ini").write_text(VST)
    (tmp_path / "reaper-auplugins64.ini").write_text(AU)
    (tmp_path / "reaper-auplugins64-bc.ini").write_text("Nobody: Ghost=<inst>\n")
    (tmp_path / "reaper-clap-win64.ini").write_text(CLAP)
    return read_installed(tmp_path)


@pytest.mark.parametrize(("wanted", "shown"), [
    ("Kontakt 8", "VST3i: Kontakt 8 (Native Instruments) (64 out)"),
    ("kontakt 7", "VST3i: Kontakt 7 (Native Instruments) (64 out)"),
    ("Kontakt 8 (Native Instruments)", "VST3i: Kontakt 8 (Native Instruments) (64 out)"),
    ("VSTi: Kontakt 8 (Native Instruments) (64 out)", "VSTi: Kontakt 8 (Native Instruments) (64 out)"),
    ("VST3: Kontakt", "VST3i: Kontakt 8 (Native Instruments) (64 out)"),
    ("Pianoteq", "VST3i: Pianoteq 8 (Modartt) (1->5ch)"),
    ("sforzando", "VST3i: sforzando (Plogue Art et Technologie, Inc)"),
    ("MODO BASS", "VST3i: MODO BASS (IK Multimedia) (mono)"),
    ("CR8 Sampler Stereo", "VST3i: CR8 Sampler Stereo (Waves)"),
    ("Surge XT", "CLAPi: Surge XT (Surge Synth Team)"),
    ("DLSMusicDevice", "AUi: DLSMusicDevice (Apple)"),
    ("AUi: Apple: DLSMusicDevice", "AUi: DLSMusicDevice (Apple)"),
    ("ReaSynth", "VSTi: ReaSynth (Cockos)"),
])
def test_an_instrument_is_found_by_the_names_people_use(installed: Installed, wanted: str, shown: str) -> None:
    found = installed.find(wanted)
    assert found is not None
    assert found.shown == shown


@pytest.mark.parametrize("wanted", ["Kontakt 9", "Kont", "SoundFontVST2", "Philharmonik 2", "AUBandpass", "Ghost",
                                    "Surge XT Effects", "Kontakt 12 FX", "CLAP: Kontakt 8", "WaveShell1", ""])
def test_what_is_no_instrument_or_failed_to_load_is_not_there(installed: Installed, wanted: str) -> None:
    assert installed.find(wanted) is None


def test_a_name_in_full_goes_before_a_newer_version(installed: Installed) -> None:
    """On a Mac, plain "Kontakt" is an Audio Unit of its own."""
    found = installed.find("Kontakt")
    assert found is not None
    assert found.shown == "AUi: Kontakt (Native Instruments)"


def test_effects_are_known_as_effects(installed: Installed) -> None:
    assert installed.has_effect("Kontakt 12 FX")
    assert not installed.has_effect("Kontakt 8")
    assert not installed.has_effect("Nothing")


def test_of_two_lists_of_a_kind_the_newer_one_counts(tmp_path: Path) -> None:
    old, new = tmp_path / "reaper-vstplugins64.ini", tmp_path / "reaper-vstplugins_arm64.ini"
    old.write_text("[vstcache]\na.vst3=0,1,Old (X)!!!VSTi\n")
    new.write_text("[vstcache]\na.vst3=0,1,New (X)!!!VSTi\n")
    os.utime(old, (1, 1))
    installed = read_installed(tmp_path)
    assert installed.find("New") is not None
    assert installed.find("Old") is None


def test_without_lists_only_what_every_reaper_has_is_there(tmp_path: Path) -> None:
    assert read_installed(None) == read_installed(tmp_path) == Installed(STOCK, listed=False)
    assert [plugin.name for plugin in STOCK] == ["ReaSynth", "ReaSamplOmatic5000"]


def test_bytes_of_another_code_page_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "reaper-vstplugins64.ini").write_bytes(b"[vstcache]\r\n\xff=\xfe,1,B\xf6se (X)!!!VSTi\r\n")
    assert read_installed(tmp_path).plugins[0].instrument


def test_a_real_list_of_a_mac(shared_data: Path, tmp_path: Path) -> None:
    real = shared_data / "reaper" / "config" / "ultraschall_reaper-vstplugins64.ini"
    shutil.copy(real, tmp_path / "reaper-vstplugins64.ini")
    installed = read_installed(tmp_path)
    shown = [plugin.shown for plugin in installed.plugins if plugin.instrument]
    assert shown == ["VSTi: ReaSamplOmatic5000 (Cockos)", "VSTi: ReaSynDr (Cockos) (4 out)", "VSTi: ReaSynth (Cockos)"]
    assert len(installed.plugins) == 29
    for name in ("ReaFir (FFT EQ+Dynamics Processor)", "RX 8 De-click", "ReaStream"):
        assert installed.has_effect(name), name
    for name in ("ultraschall_soundboard", "Soundboard", "Kontakt"):
        assert installed.find(name) is None, name
        assert not installed.has_effect(name), name
