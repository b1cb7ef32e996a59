"""Sound files of servers: `<audio src="http://…">`, kept for as long as the server allows (VoiceXML 2.0, 6.1.2).

What is kept goes by the answer's Cache-Control; what has grown old is asked for again by its ETag or date (RFC 9111).
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import Final
from urllib.parse import urlsplit
from urllib.request import Request

from yingda.ivr.running.web import UNCHANGED, Answer, Web, WebError
from yingda.ivr.speech.cache import PromptCache
from yingda.kernel.errors import YingdaError

MOST_KNOWN: Final = 10_000
USUAL_TIMEOUT_MS: Final = 10_000
_MAX_AGE: Final = re.compile(r"max-age\s*=\s*\"?(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Known:
    """key: of the prompts' cache; fresh_until: by `time.monotonic`."""

    key: str
    fresh_until: float
    etag: str
    modified: str


class WebSounds:
    """By address. Safe to use from several threads; blocks while a server is asked."""

    def __init__(self, cache: PromptCache) -> None:
        self._cache = cache
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._lock = Lock()

    def path(self, web: Web, uri: str, timeout_ms: int | None) -> Path:
        """The file to play. Raises YingdaError `prompt_missing`, `prompt_format`, `prompt_not_kept`."""
        with self._lock:
            known = self._known.get(uri)
        file = self._cache.found(known.key) if known is not None else None
        if known is not None and file is not None and time.monotonic() < known.fresh_until and web.permits(uri):
            return file
        try:
            answer = web.ask(_request(uri, known if file is not None else None), timeout_ms or USUAL_TIMEOUT_MS)
        except WebError as error:
            raise YingdaError("prompt_missing", error.reason) from error
        if answer.status == UNCHANGED and known is not None and file is not None:
            self._keep(uri, known.key, answer, known)
            return file
        name, kind = PurePosixPath(urlsplit(answer.uri).path).name, answer.headers.get("content-type", "")
        key = f"{uri} {time.monotonic_ns()}"
        taken = self._cache.take(key, answer.body, name, kind.partition(";")[0].strip().lower())
        self._keep(uri, key, answer, None)
        return taken

    def _keep(self, uri: str, key: str, answer: Answer, before: _Known | None) -> None:
        etag = answer.headers.get("etag", before.etag if before else "")
        modified = answer.headers.get("last-modified", before.modified if before else "")
        known = _Known(key, time.monotonic() + _fresh_s(answer), etag, modified)
        with self._lock:
            self._known[uri] = known
            self._known.move_to_end(uri)
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)


def _request(uri: str, known: _Known | None) -> Request:
    conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.modified} if known is not None else {}
    return Request(uri, headers={name: value for name, value in conditions.items() if value})


def _fresh_s(answer: Answer) -> int:
    rule = answer.headers.get("cache-control", "")
    found = _MAX_AGE.search(rule)
    return 0 if found is None or "no-store" in rule or "no-cache" in rule else int(found[1])
