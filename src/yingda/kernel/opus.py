"""libopus (RFC 6716), as much of it as sound here needs: for calls of browsers and for the archive of recordings.

The library comes with the package opuslib-next-bundled; where that is not installed the system's own is taken (Debian's
libopus0). We call its C interface, which has not changed since 1.0, directly: ten functions, no layer in between.
PCM is 16-bit, native byte order, channels interleaved; lengths are samples a channel.
"""

from __future__ import annotations

import ctypes
import importlib.util
from ctypes import POINTER, byref, c_char_p, c_int, c_int16, c_int32, c_ubyte, c_void_p
from ctypes.util import find_library
from functools import cache
from pathlib import Path

from yingda.kernel.errors import YingdaError

VOIP = 2048
SET_BITRATE, SET_COMPLEXITY, SET_INBAND_FEC, SET_PACKET_LOSS = 4002, 4010, 4012, 4014
GET_LOOKAHEAD = 4027
MAX_PACKET = 1_275 * 6
LONGEST_MS = 120
BUNDLED = ("opuslib_next", "_native/libopus.so")


class OpusError(YingdaError):
    """What libopus said no to; its own number is in the sentence."""

    def __init__(self, what: str, number: int) -> None:
        super().__init__("opus_refused", f"Opus: {what} failed ({number}).")


@cache
def library() -> ctypes.CDLL:
    """Raises YingdaError `opus_absent`."""
    for name in (_bundled(), find_library("opus")):
        if name is not None:
            try:
                return _declared(ctypes.CDLL(name))
            except (OSError, AttributeError):  # of another machine, or not libopus
                continue
    todo = "Install the Python package opuslib-next-bundled, or the system's libopus (Debian: libopus0)."
    raise YingdaError("opus_absent", "libopus is not installed: Opus can be neither made nor read.", todo=todo)


@cache
def available() -> bool:
    try:
        library()
    except YingdaError:
        return False
    return True


def _bundled() -> str | None:
    """Where the package keeps the library; its Python modules are not loaded."""
    spec = importlib.util.find_spec(BUNDLED[0])
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / BUNDLED[1]
    return str(path) if path.exists() else None


def _declared(lib: ctypes.CDLL) -> ctypes.CDLL:
    """The signatures of opus.h and opus_multistream.h."""
    mapping = c_char_p
    for prefix, layout in (("opus_", [c_int]), ("opus_multistream_", [c_int, c_int, c_int, mapping])):
        create = getattr(lib, f"{prefix}encoder_create")
        create.restype, create.argtypes = c_void_p, [c_int32, *layout, c_int, POINTER(c_int)]
        create = getattr(lib, f"{prefix}decoder_create")
        create.restype, create.argtypes = c_void_p, [c_int32, *layout, POINTER(c_int)]
        encode = getattr(lib, f"{prefix}encode")
        encode.restype, encode.argtypes = c_int32, [c_void_p, c_char_p, c_int, POINTER(c_ubyte), c_int32]
        decode = getattr(lib, f"{prefix}decode")
        decode.restype = c_int
        decode.argtypes = [c_void_p, c_char_p, c_int32, POINTER(c_int16), c_int, c_int]
        getattr(lib, f"{prefix}encoder_ctl").restype = c_int
        for kind in ("encoder", "decoder"):
            destroy = getattr(lib, f"{prefix}{kind}_destroy")
            destroy.restype, destroy.argtypes = None, [c_void_p]
    return lib


def _layout(channels: int, apart: bool) -> tuple[str, list[object]]:
    """Prefix of the functions and the arguments behind the rate. apart: each channel a stream of its own."""
    if apart:
        return "opus_multistream_", [channels, channels, 0, bytes(range(channels))]
    return "opus_", [channels]


class Encoder:
    """rate: 8,000–48,000 of `pcm`. apart: channels are not coupled (Ogg mapping family 255)."""

    def __init__(
        self,
        rate: int,
        channels: int = 1,
        *,
        bit_rate: int,
        complexity: int,
        apart: bool = False,
        loss_percent: int = 0,
    ) -> None:
        """loss_percent: what the far end may lose; above 0 each packet also carries the one before, coarsely."""
        self._state = None
        self._lib, self._channels = library(), channels
        self._prefix, layout = _layout(channels, apart)
        error = c_int()
        self._state = getattr(self._lib, f"{self._prefix}encoder_create")(rate, *layout, VOIP, byref(error))
        _check("making an encoder", error.value)
        self._encode = getattr(self._lib, f"{self._prefix}encode")
        self._packet = (c_ubyte * MAX_PACKET)()
        wanted = {SET_BITRATE: bit_rate, SET_COMPLEXITY: complexity}
        if loss_percent:
            wanted |= {SET_INBAND_FEC: 1, SET_PACKET_LOSS: loss_percent}
        for request, value in wanted.items():
            _check("a setting", self._control(request, c_int32(value)))

    def _control(self, request: int, value: object) -> int:
        return int(getattr(self._lib, f"{self._prefix}encoder_ctl")(c_void_p(self._state), c_int(request), value))

    @property
    def lookahead(self) -> int:
        """Samples at the encoder's rate that come out before the first that went in."""
        value = c_int32()
        _check("asking for the lookahead", self._control(GET_LOOKAHEAD, byref(value)))
        return value.value

    def encode(self, pcm: bytes) -> bytes:
        """One frame of 2.5, 5, 10, 20, 40 or 60 ms. Raises OpusError."""
        length = len(pcm) // (2 * self._channels)
        count = self._encode(self._state, pcm, length, self._packet, MAX_PACKET)
        _check("encoding", min(0, count))
        return bytes(self._packet[:count])

    def __del__(self) -> None:
        if self._state is not None:
            getattr(self._lib, f"{self._prefix}encoder_destroy")(self._state)


class Decoder:
    """rate: of the PCM that comes out."""

    def __init__(self, rate: int, channels: int = 1, *, apart: bool = False) -> None:
        self._state = None
        self._lib, self._channels = library(), channels
        self._prefix, layout = _layout(channels, apart)
        error = c_int()
        self._state = getattr(self._lib, f"{self._prefix}decoder_create")(rate, *layout, byref(error))
        _check("making a decoder", error.value)
        self._decode = getattr(self._lib, f"{self._prefix}decode")
        self._most = rate * LONGEST_MS // 1_000
        self._pcm = (c_int16 * (self._most * channels))()

    def decode(self, packet: bytes) -> bytes:
        """Raises OpusError for what is no Opus packet."""
        return self._out(self._decode(self._state, packet, len(packet), self._pcm, self._most, 0))

    def recover(self, packet: bytes, length: int) -> bytes:
        """The frame before `packet`, which was lost, as far as `packet` carries it; else concealed."""
        return self._out(self._decode(self._state, packet, len(packet), self._pcm, length, 1))

    def _out(self, count: int) -> bytes:
        _check("decoding", min(0, count))
        return ctypes.string_at(self._pcm, 2 * count * self._channels)

    def __del__(self) -> None:
        if self._state is not None:
            getattr(self._lib, f"{self._prefix}decoder_destroy")(self._state)


def _check(what: str, number: int) -> None:
    if number < 0:
        raise OpusError(what, number)
