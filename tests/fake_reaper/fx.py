"""FX chains of tracks."""
from __future__ import annotations

from tests.fake_reaper import identity
from tests.fake_reaper.calls import Group, need
from tests.fake_reaper.plugins import Plugin, find
from tests.fake_reaper.state import Fx, Track

_QUERY_ONLY, _ADD_IF_MISSING = 0, 1
_POSITION = -1000


class FxChains(Group):
    @property
    def installed(self) -> tuple[Plugin, ...]:
        found: tuple[Plugin, ...] = self.reaper.plugins
        return found

    def plugin(self, fx: Fx) -> Plugin | None:
        return find(self.installed, fx.name)

    def TrackFX_AddByName(self, track: Track | None, name: str, input_chain: int, mode: int) -> int:
        """0 looks only, 1 adds when there is none, -1 always adds, -1000 - i adds at place i. -1: not installed."""
        track = need(track)
        if input_chain:
            raise NotImplementedError("RPR_TrackFX_AddByName: the fake REAPER has no input FX")
        if mode not in (_QUERY_ONLY, _ADD_IF_MISSING, -1) and mode > _POSITION:
            raise NotImplementedError(f"RPR_TrackFX_AddByName: instantiate {mode}")
        plugin = find(self.installed, name)
        there = next((i for i, fx in enumerate(track.fx) if plugin is not None and fx.name == plugin.name), -1)
        if mode == _QUERY_ONLY or (mode == _ADD_IF_MISSING and there >= 0) or plugin is None:
            return there
        fx = Fx(plugin.name, plugin.ident, identity.new(), [value for _, value in plugin.parameters],
                ids=plugin.ids)
        place = len(track.fx) if mode > _POSITION else min(_POSITION - mode, len(track.fx))
        track.fx.insert(place, fx)
        self.changed()
        return place

    def _fx(self, track: Track | None, index: int) -> Fx:
        rows = need(track).fx
        found: Fx = need(rows[index] if 0 <= index < len(rows) else None)
        return found

    def TrackFX_GetCount(self, track: Track | None) -> int:
        return len(need(track).fx)

    def TrackFX_GetInstrument(self, track: Track | None) -> int:
        rows = [self.plugin(fx) for fx in need(track).fx]
        return next((i for i, plugin in enumerate(rows) if plugin is not None and plugin.instrument), -1)

    def TrackFX_GetFXName(self, track: Track | None, index: int, buffer: str, size: int) -> tuple[bool, str]:
        return True, self._fx(track, index).name

    def TrackFX_GetFXGUID(self, track: Track | None, index: int) -> str:
        """An address, as the wrapper gives it."""
        fx = self._fx(track, index)
        return f"(GUID*)0x{id(fx) & 0xFFFF_FFFF_FFFF:016X}"

    def TrackFX_GetNumParams(self, track: Track | None, index: int) -> int:
        return len(self._fx(track, index).parameters)

    def TrackFX_GetParamName(self, track: Track | None, index: int, parameter: int, *_: object) -> tuple[bool, str]:
        plugin = self.plugin(self._fx(track, index))
        if plugin is None or not 0 <= parameter < len(plugin.parameters):
            return False, ""
        return True, plugin.parameters[parameter][0]

    def TrackFX_GetParamNormalized(self, track: Track | None, index: int, parameter: int) -> float:
        rows = self._fx(track, index).parameters
        return rows[parameter] if 0 <= parameter < len(rows) else -1.0

    def TrackFX_SetParamNormalized(self, track: Track | None, index: int, parameter: int, value: float) -> bool:
        rows = self._fx(track, index).parameters
        if not 0 <= parameter < len(rows):
            return False
        rows[parameter] = min(1.0, max(0.0, value))
        self._fx(track, index).opaque.clear()
        self.changed()
        return True

    def TrackFX_GetParam(self, track: Track | None, index: int, parameter: int, *_: float) -> tuple[float, ...]:
        """The plug-ins here count 0..1."""
        return self.TrackFX_GetParamNormalized(track, index, parameter), 0.0, 1.0

    def TrackFX_SetParam(self, track: Track | None, index: int, parameter: int, value: float) -> bool:
        return self.TrackFX_SetParamNormalized(track, index, parameter, value)

    def TrackFX_SetEnabled(self, track: Track | None, index: int, enabled: int) -> None:
        self._fx(track, index).enabled = bool(enabled)
        self.changed()

    def TrackFX_GetEnabled(self, track: Track | None, index: int) -> bool:
        return self._fx(track, index).enabled

    def TrackFX_SetOffline(self, track: Track | None, index: int, offline: int) -> None:
        self._fx(track, index).offline = bool(offline)
        self.changed()

    def TrackFX_GetOffline(self, track: Track | None, index: int) -> bool:
        return self._fx(track, index).offline

    def TrackFX_Delete(self, track: Track | None, index: int) -> bool:
        fx = self._fx(track, index)
        need(track).fx[:] = [one for one in need(track).fx if one is not fx]
        self.changed()
        return True

    def TrackFX_SetPreset(self, track: Track | None, index: int, name: str) -> bool:
        """False for a preset that the plug-in does not have."""
        fx = self._fx(track, index)
        plugin = self.plugin(fx)
        if plugin is None or name not in plugin.presets:
            return False
        fx.preset = name
        self.changed()
        return True

    def TrackFX_GetPreset(self, track: Track | None, index: int, buffer: str, size: int) -> tuple[bool, str]:
        fx = self._fx(track, index)
        return bool(fx.preset), fx.preset

    def TrackFX_SetNamedConfigParm(self, track: Track | None, index: int, name: str, value: str) -> bool:
        """False for a name that this plug-in does not take."""
        fx = self._fx(track, index)
        plugin = self.plugin(fx)
        if plugin is None or name not in plugin.config:
            return False
        fx.config[name] = value
        self.changed()
        return True

    def TrackFX_GetNamedConfigParm(self, track: Track | None, index: int, name: str, *_: object) -> tuple[bool, str]:
        fx = self._fx(track, index)
        told = {"fx_name": fx.name, "fx_ident": fx.ident, "original_name": fx.name, **fx.config}
        return name in told, told.get(name, "")

    def TrackFX_SetOpen(self, track: Track | None, index: int, opened: int) -> None:
        self._fx(track, index).opened = bool(opened)

    def TrackFX_GetOpen(self, track: Track | None, index: int) -> bool:
        return self._fx(track, index).opened

    def TrackFX_Show(self, track: Track | None, index: int, flag: int) -> None:
        """0 hides the chain, 1 shows it, 2 hides the floating window, 3 shows it."""
        self._fx(track, index).opened = flag in (1, 3)

    def TrackFX_GetChainVisible(self, track: Track | None) -> int:
        return next((i for i, fx in enumerate(need(track).fx) if fx.opened), -1)

    def EnumInstalledFX(self, index: int, name: object, ident: object) -> bool:
        """Says only whether there is one: the wrapper does not read the texts."""
        return 0 <= index < len(self.installed)
