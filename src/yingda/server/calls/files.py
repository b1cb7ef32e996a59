"""Serving a recording: one range of bytes (RFC 9110 section 14), of a file that may still grow.

The length is taken once, when the request comes: what is recorded afterwards is for the next request. A running
recording therefore plays what there is. Several ranges at once are answered with the whole, as section 14.2 allows.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from starlette.responses import Response, StreamingResponse

from yingda.server.refusals import RefusalError, not_found

CHUNK = 64 * 1024
MEDIA_TYPE = "audio/wav"
_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII)


def below(folder: Path, name: str) -> Path:
    """The file of that name below the folder. A name that leads out of it, or to nothing, is not found."""
    root = folder.resolve()
    file = (root / name).resolve()
    if not file.is_relative_to(root) or not file.is_file():
        raise not_found("recording")
    return file


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """(first, last) byte asked for, None for the whole. Raises RefusalError("range"), 416, for what lies outside."""
    match = _RANGE.fullmatch(header) if header is not None else None
    if match is None or match[0] == "bytes=-":
        return None
    first, last = match[1], match[2]
    if not first:  # the last n bytes
        begin, end = max(0, size - int(last)), size - 1
    else:
        begin, end = int(first), min(int(last), size - 1) if last else size - 1
        if last and int(last) < begin:
            return None  # not a range at all: section 14.1.1 says to ignore it
    if begin > end or begin >= size:
        raise RefusalError(
            "range", "The range lies outside the recording.", headers={"Content-Range": f"bytes */{size}"}
        )
    return begin, end


def serve(file: Path, range_header: str | None, name: str) -> Response:
    """The file, or the part of it that was asked for."""
    try:
        handle = os.open(file, os.O_RDONLY)
    except OSError:
        raise not_found("recording") from None
    try:
        size = os.fstat(handle).st_size
        part = byte_range(range_header, size)
    except BaseException:
        os.close(handle)
        raise
    begin, end = part if part is not None else (0, size - 1)
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'inline; filename="{name}.wav"',
        "Content-Length": str(end - begin + 1),
    }
    if part is not None:
        headers["Content-Range"] = f"bytes {begin}-{end}/{size}"
    return StreamingResponse(
        _chunks(handle, begin, end), 200 if part is None else 206, headers=headers, media_type=MEDIA_TYPE
    )


def _chunks(handle: int, begin: int, end: int) -> Iterator[bytes]:
    """Bytes begin to end, and then the file is closed. Recordings never shrink, so every byte is there."""
    try:
        while begin <= end:
            chunk = os.pread(handle, min(CHUNK, end - begin + 1), begin)
            if not chunk:
                raise OSError("the recording has become shorter while it was sent")
            begin += len(chunk)
            yield chunk
    finally:
        os.close(handle)
