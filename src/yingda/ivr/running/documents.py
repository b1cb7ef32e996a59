"""Documents of flows: those of the configuration by name, others from servers that the configuration allows.

Names of one configuration are addresses below `HOME`, so that documents point to each other relatively. A session keeps
the version it began with: publishing another one touches nobody who is inside.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from yingda.ivr.voicexml.effects import Fetch
from yingda.ivr.voicexml.inputs import Fetched

HOME: Final = "http://flows.yingda/"
LARGEST = 4 << 20
_FORM = "application/x-www-form-urlencoded"


def address(name: str) -> str:
    """The address of a document of the configuration."""
    return HOME + quote(name)


def named(uri: str) -> str | None:
    """The name of the document of the configuration at an address, whether or not there is one; None elsewhere."""
    return unquote(urlsplit(uri).path.removeprefix("/")) if uri.startswith(HOME) else None


@dataclass(frozen=True, slots=True)
class Documents:
    """One version's documents. allowed: beginnings of addresses that flows may fetch (scheme, host, path)."""

    version: int = 0
    texts: Mapping[str, str] = field(default_factory=dict)
    allowed: tuple[str, ...] = ()

    async def fetch(self, fetch: Fetch) -> Fetched:
        """The answer to a `Fetch`; whatever goes wrong is an event of the flow, never an exception."""
        name = named(fetch.uri)
        if name is not None:
            text = self.texts.get(name)
            if text is None:
                return _failed(fetch, "error.badfetch.http.404", f"There is no document {name}.")
            return Fetched(fetch.request, text, fetch.uri.partition("#")[0].partition("?")[0])
        if not self.permits(fetch.uri):
            return _failed(fetch, "error.badfetch", f"{fetch.uri} is not on the list of allowed addresses.")
        return await asyncio.to_thread(self._get, fetch)

    def permits(self, uri: str) -> bool:
        """Whether an address lies below an allowed one: same scheme and host, and its path."""
        parts = urlsplit(uri)
        for one in self.allowed:
            base = urlsplit(one)
            below = parts.path == base.path or parts.path.startswith(base.path.rstrip("/") + "/")
            if (parts.scheme, parts.netloc) == (base.scheme, base.netloc) and below and "/../" not in parts.path:
                return True
        return False

    def _get(self, fetch: Fetch) -> Fetched:
        try:
            with self._opener().open(_request(fetch), timeout=max(0.1, fetch.timeout_ms / 1000)) as answer:
                body = answer.read(LARGEST + 1)
                charset = answer.headers.get_content_charset("utf-8")
                uri = answer.geturl()
        except HTTPError as error:
            return _failed(fetch, f"error.badfetch.http.{error.code}", f"{fetch.uri} answered {error.code}.")
        except TimeoutError:
            return _failed(fetch, "error.badfetch", f"{fetch.uri} did not answer in {fetch.timeout_ms} ms.")
        except (URLError, OSError, ValueError) as error:
            return _failed(fetch, "error.badfetch", f"{fetch.uri} cannot be fetched: {error}.")
        if len(body) > LARGEST:
            return _failed(fetch, "error.badfetch", f"{fetch.uri} is larger than {LARGEST >> 20} MB.")
        return Fetched(fetch.request, body.decode(charset, "replace"), uri)

    def _opener(self) -> OpenerDirector:
        return build_opener(_Within(self))


class _Within(HTTPRedirectHandler):
    """Follows a redirection only to where a flow may go."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]  # urllib's own form
        if not self._documents.permits(newurl):
            raise URLError(f"it leads to {newurl}, which is not on the list of allowed addresses")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _request(fetch: Fetch) -> Request:
    fields = urlencode([(name, _text(value)) for name, value in fetch.fields])
    if fetch.method.lower() == "post":
        return Request(fetch.uri, data=fields.encode(), headers={"Content-Type": _FORM}, method="POST")
    joint = "&" if "?" in fetch.uri else "?"
    return Request(f"{fetch.uri}{joint}{fields}" if fields else fetch.uri)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _failed(fetch: Fetch, event: str, message: str) -> Fetched:
    return Fetched(fetch.request, "", error=event, message=message)
