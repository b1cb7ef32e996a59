"""Ogg pages (RFC 3533), as much as one Opus stream needs: packets in, pages out, and back.

A page's checksum is the CRC-32 of zlib's polynomial with the bits the other way round, beginning at 0 and not inverted;
so zlib computes it over bytes whose bits are turned round.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from yingda.kernel.errors import YingdaError

CAPTURE = b"OggS"
CONTINUED, FIRST, LAST = 1, 2, 4
NO_PACKET_ENDS = (1 << 64) - 1
_HEADER = struct.Struct("<4sBBQIIIB")  # capture, version, flags, granule position, serial, number, checksum, segments
_CHECKSUM_AT = 22
_TURNED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def checksum(page: bytes | bytearray) -> int:
    """Of a page whose own checksum is 0."""
    turned = zlib.crc32(page.translate(_TURNED), 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    return int.from_bytes(turned.to_bytes(4, "little").translate(_TURNED), "big")


class Writer:
    """Whole packets into pages; `pages` collects them."""

    def __init__(self, serial: int) -> None:
        self._serial, self._number = serial, 0
        self.pages = bytearray()

    def page(self, packets: list[bytes], granule: int, flags: int = 0) -> None:
        """One page. packets: together at most 255 segments of up to 255 bytes."""
        lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
        if len(lacing) > 255:
            raise ValueError("too much for a page")
        head = _HEADER.pack(CAPTURE, 0, flags, granule, self._serial, self._number, 0, len(lacing))
        page = bytearray(head + lacing + b"".join(packets))
        struct.pack_into("<I", page, _CHECKSUM_AT, checksum(page))
        self.pages += page
        self._number += 1


def packets(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Each packet with its page's granule position. Raises YingdaError `ogg_broken`."""
    at, number, begun = 0, 0, b""
    while at < len(data):
        if len(data) < at + _HEADER.size:
            raise _broken("it ends within a page")
        capture, _, _, granule, _, found, sum_, segments = _HEADER.unpack_from(data, at)
        body = at + _HEADER.size + segments
        lacing = data[at + _HEADER.size : body]
        end = body + sum(lacing)
        page = bytearray(data[at:end])
        if capture != CAPTURE or len(lacing) < segments or len(data) < end or found != number:
            raise _broken("a page is missing or cut short")
        struct.pack_into("<I", page, _CHECKSUM_AT, 0)
        if checksum(page) != sum_:
            raise _broken("a checksum is wrong")
        for size in lacing:
            begun += data[body : body + size]
            body += size
            if size < 255:
                yield begun, granule
                begun = b""
        at, number = end, number + 1


def _broken(why: str) -> YingdaError:
    return YingdaError("ogg_broken", f"The Ogg file cannot be read: {why}.")
