"""The properties of VoiceXML 2.0, 6.3, and 2.1: their shape and the platform's defaults."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from yingda.ivr.voicexml import values

DEFAULTS: Final[dict[str, tuple[str, str]]] = {
    # name: (type, default)
    "confidencelevel": ("number", "0.5"),
    "sensitivity": ("number", "0.5"),
    "speedvsaccuracy": ("number", "0.5"),
    "completetimeout": ("time", "700ms"),
    "incompletetimeout": ("time", "1500ms"),
    "maxspeechtimeout": ("time", "20s"),
    "interdigittimeout": ("time", "4s"),
    "termtimeout": ("time", "0s"),
    "termchar": ("text", "#"),
    "bargein": ("boolean", "true"),
    "bargeintype": ("bargein", "speech"),
    "timeout": ("time", "5s"),
    "audiofetchhint": ("hint", "safe"),
    "audiomaxage": ("text", ""),
    "audiomaxstale": ("text", ""),
    "documentfetchhint": ("hint", "safe"),
    "documentmaxage": ("text", ""),
    "documentmaxstale": ("text", ""),
    "grammarfetchhint": ("hint", "safe"),
    "grammarmaxage": ("text", ""),
    "grammarmaxstale": ("text", ""),
    "objectfetchhint": ("hint", "safe"),
    "objectmaxage": ("text", ""),
    "objectmaxstale": ("text", ""),
    "scriptfetchhint": ("hint", "safe"),
    "scriptmaxage": ("text", ""),
    "scriptmaxstale": ("text", ""),
    "datafetchhint": ("hint", "safe"),
    "datamaxage": ("text", ""),
    "datamaxstale": ("text", ""),
    "fetchaudio": ("uri", ""),
    "fetchaudiodelay": ("time", "2s"),
    "fetchaudiominimum": ("time", "5s"),
    "fetchtimeout": ("time", "10s"),
    "inputmodes": ("text", "dtmf voice"),
    "universals": ("text", "none"),
    "maxnbest": ("count", "1"),
    "recordutterance": ("boolean", "false"),
    "recordutterancetype": ("text", "audio/x-wav"),
}


class Properties:
    """The properties in force at one place: the nearest setting wins (6.3)."""

    def __init__(self, levels: Iterable[dict[str, str]]) -> None:
        self._levels = list(levels)

    def text(self, name: str) -> str:
        """The setting; the platform's default where none has the right shape."""
        kind, default = DEFAULTS[name]
        for level in self._levels:
            if name in level and values.fits(kind, level[name]):
                return level[name].strip()
        return default

    def ms(self, name: str) -> int:
        """A time in ms."""
        return values.milliseconds(self.text(name)) or 0

    def number(self, name: str) -> float:
        """A number."""
        return float(self.text(name))

    def seconds(self, name: str) -> int | None:
        """Whole seconds; None where nothing is set."""
        setting = self.text(name)
        return int(setting) if setting.isdigit() else None

    def words(self, name: str) -> set[str]:
        """A list between spaces."""
        return set(self.text(name).split())
