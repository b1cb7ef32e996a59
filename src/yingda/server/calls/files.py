"""Serving a recording: one range of bytes (RFC 9110 section 14), of a file that may still grow or is sealed.

The length is taken once, when the request comes: what is recorded afterwards is for the next request. A running
recording therefore plays what there is. Several ranges at once are answered with the whole, as section 14.2 allows.
A sealed file is opened frame by frame as it is sent; its length is that of what it holds.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from starlette.responses import Response, StreamingResponse

from yingda.recordings.catalogue import Form
from yingda.recordings.frames import Key, SealedFile
from yingda.server.refusals import RefusalError, not_found

CHUNK = 64 * 1024
MEDIA_TYPE = "audio/wav"
MEDIA_TYPES: Mapping[Form, str] = {Form.WAV: MEDIA_TYPE, Form.OPUS: "audio/ogg; codecs=opus", Form.MP3: "audio/mpeg"}
SUFFIXES: Mapping[Form, str] = {Form.WAV: "wav", Form.OPUS: "opus", Form.MP3: "mp3"}
_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Audio:
    """A recording's file as it is by now. keys: what opens it, None for an open file."""

    file: Path
    form: Form = Form.WAV
    keys: Mapping[str, Key] | None = field(default=None, repr=False)


class Source(Protocol):
    """Bytes that can be read from anywhere. read: at most `count` bytes, none only at the end."""

    @property
    def size(self) -> int: ...

    def read(self, at: int, count: int) -> bytes: ...


class OpenFile:
    """A file as it lies there."""

    def __init__(self, handle: int) -> None:
        self._handle, self.size = handle, os.fstat(handle).st_size

    def read(self, at: int, count: int) -> bytes:
        return os.pread(self._handle, count, at)


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


def serve(audio: Audio, range_header: str | None, name: str) -> Response:
    """The recording, or the part of it that was asked for. Raises YingdaError for a sealed file that does not open."""
    try:
        handle = os.open(audio.file, os.O_RDONLY)
    except OSError:
        raise not_found("recording") from None
    try:
        source: Source = OpenFile(handle) if audio.keys is None else SealedFile(handle, audio.keys)
        size = source.size
        part = byte_range(range_header, size)
    except BaseException:
        os.close(handle)
        raise
    begin, end = part if part is not None else (0, size - 1)
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'inline; filename="{name}.{SUFFIXES[audio.form]}"',
        "Content-Length": str(end - begin + 1),
    }
    if part is not None:
        headers["Content-Range"] = f"bytes {begin}-{end}/{size}"
    return StreamingResponse(
        _chunks(handle, source, begin, end),
        200 if part is None else 206,
        headers=headers,
        media_type=MEDIA_TYPES[audio.form],
    )


def _chunks(handle: int, source: Source, begin: int, end: int) -> Iterator[bytes]:
    """Bytes begin to end, and then the file is closed. Recordings never shrink, so every byte is there."""
    try:
        while begin <= end:
            chunk = source.read(begin, min(CHUNK, end - begin + 1))
            if not chunk:
                raise OSError("the recording has become shorter while it was sent")
            begin += len(chunk)
            yield chunk
    finally:
        os.close(handle)
