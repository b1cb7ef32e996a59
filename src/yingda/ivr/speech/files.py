"""Sound files of any kind that we are given: WAV, MP3, FLAC, raw G.711, at any sampling rate, with any channels.

VoiceXML 2.0, appendix E, names those that a platform has to play: µ-law and A-law of 8 kHz, raw and in WAV.
"""

from __future__ import annotations

import struct
from pathlib import PurePosixPath
from typing import Final

import miniaudio
import numpy as np

from yingda.ivr.speech.sound import resample
from yingda.ivr.speech.tts import SAMPLE_RATE, Samples, from_wav, to_wav
from yingda.kernel.errors import YingdaError
from yingda.media.g711 import DECODE, Law

MU_LAW, A_LAW = "audio/basic", "audio/x-alaw-basic"
RAW: Final = {
    ".au": MU_LAW, ".snd": MU_LAW, ".ulaw": MU_LAW, ".ul": MU_LAW, ".mulaw": MU_LAW, ".pcmu": MU_LAW,
    ".alaw": A_LAW, ".al": A_LAW, ".pcma": A_LAW,
}  # fmt: skip
"""Files without a header that says what they are, by the end of their names."""
_AU_HEADER: Final = struct.Struct(">4sIIIII")
_AU_ENCODINGS: Final = {1: MU_LAW, 27: A_LAW}


def playable(data: bytes, name: str = "", media_type: str = "") -> bytes:
    """Any sound as prompts are played: 8 kHz mono PCM16 WAV, at its own level.

    name: of the file; media_type: as a server calls it; either tells what a raw file is.
    Raises YingdaError `prompt_format`.
    """
    try:
        from_wav(data)
        return data
    except YingdaError:
        pass
    raw = media_type if media_type in (MU_LAW, A_LAW) else RAW.get(PurePosixPath(name).suffix.lower(), "")
    try:
        return to_wav(_raw(data, raw) if raw or data[:4] == b".snd" else _decoded(data))
    except (ValueError, miniaudio.MiniaudioError, struct.error) as error:
        words = "This is no sound that can be played: WAV, MP3, FLAC and raw G.711 of 8 kHz can."
        raise YingdaError("prompt_format", words) from error


def _decoded(data: bytes) -> Samples:
    sound, rate = decoded_file(data)
    samples = resample(np.frombuffer(sound, "<i2").astype(np.float64), rate)
    return np.clip(np.rint(samples), -32_768, 32_767).astype(np.int16)


def _raw(data: bytes, kind: str) -> Samples:
    """Headerless G.711, or the same behind the header of an .au file."""
    if data[:4] == b".snd":
        _, offset, _, encoding, rate, channels = _AU_HEADER.unpack_from(data)
        kind = _AU_ENCODINGS.get(encoding, "")
        if not kind or rate != SAMPLE_RATE or channels != 1:
            raise ValueError("not G.711 of one channel and 8 kHz")
        data = data[offset:]
    if not data:
        raise ValueError("an empty file")
    samples: Samples = DECODE[Law.MU if kind == MU_LAW else Law.A][np.frombuffer(data, np.uint8)]
    return samples


def decoded_file(data: bytes) -> tuple[bytes, int]:
    """(PCM16 of one channel, sampling rate) of a file, at its own rate, so that nothing but our filter changes it.

    Raises ValueError or miniaudio.MiniaudioError for anything that is no such file.
    """
    native = miniaudio.decode(data, nchannels=1, sample_rate=_native_rate(data))
    return native.samples.tobytes(), native.sample_rate


def _native_rate(data: bytes) -> int:
    if data[:4] == b"RIFF":
        return int(miniaudio.wav_get_info(data).sample_rate)
    if data[:4] == b"fLaC":
        return int(miniaudio.flac_get_info(data).sample_rate)
    return int(miniaudio.mp3_get_info(data).sample_rate)
