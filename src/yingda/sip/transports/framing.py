"""Cutting a byte stream into SIP messages by Content-Length (RFC 3261 section 18.3), sans-IO."""

from __future__ import annotations

import re

MAX_HEAD = 16_384
MAX_BODY = 65_535

_LENGTH = re.compile(rb"(?:^|\n)(?:content-length|l)[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)

_TYPE = re.compile(rb"\n(?:content-type|c)[ \t]*:", re.IGNORECASE)


class FramingError(Exception):
    """The stream cannot be followed any more: close it. head: what may still be answered with 400."""

    def __init__(self, reason: str, head: bytes = b"") -> None:
        super().__init__(reason)
        self.head = head


class StreamFramer:
    """feed() gives whole messages and keep-alives (as they came, CRLF only) in order."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0

    @property
    def pending(self) -> bool:
        """Is there the beginning of a message that has not arrived whole?"""
        return bool(self._buffer.strip(b"\r\n"))

    def feed(self, data: bytes) -> list[bytes]:
        self._buffer += data
        pieces: list[bytes] = []
        while (piece := self._next()) is not None:
            pieces.append(piece)
        return pieces

    def _next(self) -> bytes | None:
        buffer = self._buffer
        blank = len(buffer) - len(buffer.lstrip(b"\r\n"))
        if blank:
            return self._keep_alive(blank)
        if not buffer:
            return None
        end = buffer.find(b"\r\n\r\n", max(0, self._searched - 3))
        if end < 0:
            self._searched = len(buffer)
            if len(buffer) > MAX_HEAD:
                raise FramingError("the head is too long")
            return None
        total = end + 4 + self._body_length(end)
        if len(buffer) < total:
            self._searched = end
            return None
        piece = bytes(buffer[:total])
        del buffer[:total]
        self._searched = 0
        return piece

    def _keep_alive(self, blank: int) -> bytes | None:
        """Blank lines before a message; a ping (double CRLF) may come in two pieces."""
        buffer = self._buffer
        if blank == len(buffer) and blank < 4:
            return None
        piece = bytes(buffer[:blank])
        del buffer[:blank]
        return piece

    def _body_length(self, end: int) -> int:
        """Content-Length; 0 where it is missing and no body is announced. Else the stream is without bounds."""
        head = bytes(self._buffer[:end])
        values = {value.strip() for value in _LENGTH.findall(head)}
        if not values and _TYPE.search(head) is None:
            return 0
        if not values:
            raise FramingError("Content-Length is missing", head + b"\r\nContent-Length: missing\r\n\r\n")
        text = values.pop()
        if values or not text.isdigit() or len(text) > 7:
            raise FramingError("Content-Length cannot be read", head + b"\r\n\r\n")
        if int(text) > MAX_BODY:
            raise FramingError("the body is too long", head + b"\r\n\r\n")
        return int(text)
