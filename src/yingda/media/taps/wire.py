"""What the media process and its streamer say to each other: MessagePack, one message a packet of their socket.

`Sound` goes every 20 ms and is the streamer's clock: for each one it gives back at most as much as it got, plus a small
reserve. Frames are 160 bytes of µ-law. `number` names a tap for as long as the media process lives.
"""

from __future__ import annotations

import msgspec


class Open(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """rate: 8,000 or 16,000 samples a second. hello: the first text of each connection."""

    number: int
    url: str
    rate: int
    headers: dict[str, str]
    hello: str


class Close(msgspec.Struct, frozen=True, array_like=True, tag=2):
    number: int


class Flush(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """To the streamer: forget what waits to be heard. From it: forgotten; what came before is old."""

    number: int


class Text(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """A text message, in either direction."""

    number: int
    text: str


class Sound(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """frames: tap and 160 bytes."""

    frames: list[tuple[int, bytes]]


class State(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """How a tap's connection is now: open, interrupted, closed, failed."""

    number: int
    state: str
    reason: str


Message = Open | Close | Flush | Text | Sound | State

MAX_MESSAGE = 1 << 18

_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)
_encoder = msgspec.msgpack.Encoder()


def encode(message: Message) -> bytes:
    return _encoder.encode(message)


def decode(packet: bytes) -> Message:
    return _decoder.decode(packet)
