"""Bodies of several parts (RFC 5621, RFC 2046 section 5.1): carriers put other things beside a description.

ISUP of the telephone network, the place of an emergency call, a picture: we read the part that we understand.
"""

from __future__ import annotations

import re

MOST = 32
DEPTH = 3

_BOUNDARY = re.compile(r"boundary\s*=\s*(?:\"([^\"]{1,70})\"|([^\s;\"]{1,70}))", re.IGNORECASE)
_TYPE = re.compile(rb"^(?:content-type|c)[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


def part(content_type: str, body: bytes, wanted: str, depth: int = DEPTH) -> bytes | None:
    """The first part of the wanted type, of a body whose own type is `multipart/…`; None if there is none."""
    boundary = _BOUNDARY.search(content_type)
    if boundary is None or not depth:
        return None
    mark = b"--" + (boundary[1] or boundary[2]).encode("utf-8", "surrogateescape")
    for piece in (b"\r\n" + body).split(b"\r\n" + mark, MOST)[1:]:
        if piece.startswith(b"--"):  # what follows is no part
            break
        head, _, content = piece.partition(b"\r\n\r\n")
        named = _TYPE.search(head)
        kind = named[1].decode("utf-8", "surrogateescape").strip() if named is not None else ""
        bare = kind.partition(";")[0].strip().lower()
        if bare == wanted:
            return content
        if bare.startswith("multipart/") and (found := part(kind, content, wanted, depth - 1)) is not None:
            return found
    return None
