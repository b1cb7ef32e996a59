"""Documents of flows: those of the configuration by name, others from servers that the configuration allows.

Names of one configuration are addresses below `HOME`, so that documents point to each other relatively. A session keeps
the version it began with: publishing another one touches nobody who is inside.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from yingda.ivr.running.web import Visit, Web, WebError, request_for
from yingda.ivr.voicexml.effects import Fetch
from yingda.ivr.voicexml.inputs import Fetched
from yingda.kernel.errors import YingdaError

HOME: Final = "http://flows.yingda/"


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

    def with_texts(self, texts: Mapping[str, str]) -> Documents:
        """The same with these texts in the place of those in force."""
        return replace(self, texts={**self.texts, **texts})

    @property
    def web(self) -> Web:
        """The servers that its flows may use."""
        return Web(self.allowed)

    async def fetch(self, fetch: Fetch, visit: Visit) -> Fetched:
        """The answer to a `Fetch`; whatever goes wrong is an event of the flow, never an exception."""
        name = named(fetch.uri)
        if name is not None:
            text = self.texts.get(name)
            if text is None:
                return _failed(fetch, "error.badfetch.http.404", f"There is no document {name}.")
            return Fetched(fetch.request, text, fetch.uri.partition("#")[0].partition("?")[0])
        return await asyncio.to_thread(self._get, fetch, visit)

    def _get(self, fetch: Fetch, visit: Visit) -> Fetched:
        try:
            request = request_for(fetch.uri, fetch.method, fetch.enctype, fetch.fields, visit)
            answer = self.web.ask(request, fetch.timeout_ms, visit)
        except WebError as error:
            event = f"error.badfetch.http.{error.status}" if error.status else "error.badfetch"
            return _failed(fetch, event, error.reason)
        except (OSError, ValueError, YingdaError) as error:
            return _failed(fetch, "error.badfetch", f"{fetch.uri} cannot be asked: {error}.")
        return Fetched(fetch.request, answer.text, answer.uri, media_type=answer.media_type)


def _failed(fetch: Fetch, event: str, message: str) -> Fetched:
    return Fetched(fetch.request, "", error=event, message=message)
