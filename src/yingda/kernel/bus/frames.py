"""The bus's frames: four bytes of length (big-endian), then one message as MessagePack. Sans-IO.

A connection carries, from client to server, `Request` and `Subscribe`; from server to client, `Reply` or `Failure` for
each request, and `Push` for what the client subscribed to. Messages of one connection stay in order.
"""

from __future__ import annotations

from typing import Any

import msgspec

from yingda.kernel.errors import YingdaError

MAX_FRAME = 16 << 20
"""The largest message, in bytes."""

_LENGTH = 4


class Request(msgspec.Struct, frozen=True, array_like=True, tag="request"):
    """id: chosen by the client, unique among its open requests. body: anything MessagePack can carry."""

    id: int
    method: str
    body: Any = None


class Reply(msgspec.Struct, frozen=True, array_like=True, tag="reply"):
    id: int
    body: Any = None


class Failure(msgspec.Struct, frozen=True, array_like=True, tag="failure"):
    """The request was refused: `YingdaError.as_dict()`."""

    id: int
    error: dict[str, str]


class Subscribe(msgspec.Struct, frozen=True, array_like=True, tag="subscribe"):
    """From now on, push this topic. In force before any later request of the connection is looked at."""

    topic: str


class Push(msgspec.Struct, frozen=True, array_like=True, tag="push"):
    topic: str
    body: Any = None


Message = Request | Reply | Failure | Subscribe | Push

_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)
_encoder = msgspec.msgpack.Encoder()


def encode(message: Message) -> bytes:
    """The frame. Structs, dicts, lists, texts, numbers and bytes may be in the body; structs arrive as dicts.

    Raises YingdaError: frame_refused for what cannot be carried, frame_too_large.
    """
    frame = bytearray(_LENGTH)
    try:
        _encoder.encode_into(message, frame, _LENGTH)
    except (TypeError, ValueError, OverflowError) as error:
        raise YingdaError("frame_refused", f"The message cannot be sent: {error}.") from error
    size = len(frame) - _LENGTH
    if size > MAX_FRAME:
        raise _too_large(size)
    frame[:_LENGTH] = size.to_bytes(_LENGTH)
    return bytes(frame)


class Decoder:
    """Puts a connection's bytes together again."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def receive(self, data: bytes) -> list[Message]:
        """The messages that `data` completes.

        Raises YingdaError: frame_too_large, frame_broken. The connection is of no use afterwards.
        """
        rest = self._rest
        rest += data
        messages: list[Message] = []
        begin = 0
        while len(rest) - begin >= _LENGTH:
            body = begin + _LENGTH
            size = int.from_bytes(rest[begin:body])
            if size > MAX_FRAME:
                raise _too_large(size)
            if len(rest) - body < size:
                break
            messages.append(_decode(bytes(rest[body : body + size])))
            begin = body + size
        del rest[:begin]
        return messages


def _decode(body: bytes) -> Message:
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise YingdaError("frame_broken", f"The other side sent what is no message: {error}.") from None


def _too_large(size: int) -> YingdaError:
    return YingdaError("frame_too_large", f"A message of {size} bytes is larger than the bus carries ({MAX_FRAME}).")
