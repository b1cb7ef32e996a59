"""Kinds of sound in which a flow may have its caller recorded (VoiceXML 2.0, 2.3.6 and appendix E; 2.1, 7)."""

from __future__ import annotations

from typing import Final

from yingda.ivr.voicexml.jumps import Thrown

MU_LAW: Final = "audio/basic"
A_LAW: Final = "audio/x-alaw-basic"
WAV: Final = "audio/x-wav"
RECORDABLE: Final = frozenset({MU_LAW, A_LAW, WAV, "audio/wav", "audio/wave", "audio/vnd.wave"})
"""Raw G.711 of 8 kHz; the others are WAV."""


def recorded_as(media_type: str) -> str:
    """The kind that is asked for, in lower case and without parameters; "" leaves it to us. Raises Thrown
    error.unsupported.format."""
    kind = media_type.partition(";")[0].strip().lower()
    if kind and kind not in RECORDABLE:
        raise Thrown("error.unsupported.format", f"Recordings are made as {', '.join(sorted(RECORDABLE))}.")
    return kind
