"""Sound files of any kind that we are given: WAV, MP3, FLAC, at any sampling rate, with any number of channels."""

from __future__ import annotations

import miniaudio


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
