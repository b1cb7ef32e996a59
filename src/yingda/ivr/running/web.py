"""Servers that flows may talk to: requests, cookies of one caller's visit, recordings that are submitted.

VoiceXML 2.0, 5.3.8 (submitting, recordings as multipart/form-data: RFC 7578) and 6.1 (fetching).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener

from yingda.ivr.running.made import Made
from yingda.ivr.script.engine import Value

LARGEST: Final = 4 << 20
FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"
JSON: Final = "application/json"
UNCHANGED: Final = 304


class WebError(Exception):
    """What went wrong. status: of HTTP; 0 where there was none."""

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


@dataclass(frozen=True, slots=True)
class Answer:
    """uri: where it came from in the end. headers: by name in lower case."""

    uri: str
    status: int
    body: bytes
    headers: Mapping[str, str]
    charset: str = "utf-8"

    @property
    def media_type(self) -> str:
        """In lower case, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        return self.body.decode(self.charset, "replace")


@dataclass(slots=True)
class Visit:
    """What one caller's session brings along: its cookies, and what he recorded (address → file)."""

    cookies: CookieJar = field(default_factory=CookieJar)
    recordings: dict[str, Made] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Web:
    """allowed: beginnings of addresses that flows may use (scheme, host, path)."""

    allowed: tuple[str, ...] = ()

    def permits(self, uri: str) -> bool:
        """Whether an address lies below an allowed one: same scheme and host, and its path."""
        parts = urlsplit(uri)
        for one in self.allowed:
            base = urlsplit(one)
            below = parts.path == base.path or parts.path.startswith(base.path.rstrip("/") + "/")
            if (parts.scheme, parts.netloc) == (base.scheme, base.netloc) and below and "/../" not in parts.path:
                return True
        return False

    def ask(self, request: Request, timeout_ms: int, visit: Visit | None = None) -> Answer:
        """One request and its answer; blocks. A 304 is an answer. Raises WebError."""
        uri = request.full_url
        if not self.permits(uri):
            raise WebError(f"{uri} is not on the list of allowed addresses.")
        opener = build_opener(_Within(self), *([HTTPCookieProcessor(visit.cookies)] if visit else []))
        try:
            with opener.open(request, timeout=max(0.1, timeout_ms / 1_000)) as answer:
                body = answer.read(LARGEST + 1)
                headers = {name.lower(): value for name, value in answer.headers.items()}
                found = Answer(answer.geturl(), answer.status, body, headers, _charset(answer.headers))
        except HTTPError as error:
            if error.code == UNCHANGED:
                return Answer(uri, UNCHANGED, b"", {name.lower(): value for name, value in error.headers.items()})
            raise WebError(f"{uri} answered {error.code}.", error.code) from error
        except TimeoutError as error:
            raise WebError(f"{uri} did not answer in {timeout_ms} ms.") from error
        except (URLError, OSError, ValueError) as error:
            raise WebError(f"{uri} cannot be fetched: {error}.") from error
        if len(body) > LARGEST:
            raise WebError(f"{uri} is larger than {LARGEST >> 20} MB.")
        return found


class _Within(HTTPRedirectHandler):
    """Follows a redirection only to where a flow may go."""

    def __init__(self, web: Web) -> None:
        self._web = web

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]  # urllib's own form
        if not self._web.permits(newurl):
            raise URLError(f"it leads to {newurl}, which is not on the list of allowed addresses")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def request_for(uri: str, method: str, enctype: str, fields: Sequence[tuple[str, Value]], visit: Visit) -> Request:
    """What a submission sends (5.3.8). Raises OSError where a recording cannot be read."""
    if method.lower() == "post" and enctype in (MULTIPART, JSON):
        body, kind = _multipart(fields, visit.recordings) if enctype == MULTIPART else (_json(fields), JSON)
        return Request(uri, data=body, headers={"Content-Type": kind}, method="POST")
    written = urlencode([(name, _text(value)) for name, value in fields])
    if method.lower() == "post":
        return Request(uri, data=written.encode(), headers={"Content-Type": FORM}, method="POST")
    joint = "&" if "?" in uri else "?"
    return Request(f"{uri}{joint}{written}" if written else uri)


def _multipart(fields: Sequence[tuple[str, Value]], recordings: Mapping[str, Made]) -> tuple[bytes, str]:
    """Body and content type; a field that holds a recording of this visit carries the recording itself."""
    boundary = uuid.uuid4().hex
    parts: list[bytes] = []
    for name, value in fields:
        made = recordings.get(value) if isinstance(value, str) else None
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"'
        if made is None:
            parts.append(f"{head}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{_text(value)}\r\n".encode())
        else:
            head += f'; filename="{_quoted(made.name)}"\r\nContent-Type: {made.kind}\r\n\r\n'
            parts.append(head.encode() + made.content() + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"{MULTIPART}; boundary={boundary}"


def _json(fields: Sequence[tuple[str, Value]]) -> bytes:
    return json.dumps(dict(fields), ensure_ascii=False, default=lambda _: None).encode()


def _quoted(name: str) -> str:
    return name.replace("%", "%25").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _text(value: Value) -> str:
    """A value as ECMAScript writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return "" if value is None else str(value)


def _charset(headers: object) -> str:
    given = getattr(headers, "get_content_charset", lambda _: None)("utf-8") or "utf-8"
    try:
        "".encode(given)
    except LookupError:
        return "utf-8"
    return str(given)
