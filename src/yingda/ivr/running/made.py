"""What a caller recorded, in the kind of sound that his flow asked for (VoiceXML 2.0, 2.3.6).

On file it is WAV; raw G.711 is made of it when it leaves us.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from yingda.ivr.speech.files import playable
from yingda.ivr.speech.tts import from_wav
from yingda.ivr.voicexml.formats import A_LAW, MU_LAW, WAV
from yingda.media.g711 import Law, encode

_LAWS = {MU_LAW: Law.MU, A_LAW: Law.A}
_BYTES_A_MS = 8


@dataclass(frozen=True, slots=True)
class Made:
    """A recording of this visit. kind: its media type."""

    file: Path
    kind: str = WAV

    @property
    def name(self) -> str:
        return (
            self.file.name
            if self.kind not in _LAWS
            else f"{self.file.stem}.{'ulaw' if self.kind == MU_LAW else 'alaw'}"
        )

    def size(self, on_file: int, duration_ms: int) -> int:
        """Bytes that it has as what it is."""
        return duration_ms * _BYTES_A_MS if self.kind in _LAWS else on_file

    def content(self) -> bytes:
        """Raises OSError, YingdaError `prompt_format`."""
        raw = self.file.read_bytes()
        law = _LAWS.get(self.kind)
        return raw if law is None else encode(from_wav(playable(raw, self.file.name)), law)
