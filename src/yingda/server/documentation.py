"""The API's own documentation: OpenAPI 3.1 at /api/v1/openapi.json, and a page at /api/docs made from it.

The page is plain HTML without scripts: nothing is fetched from elsewhere, so it works on a closed network and under the
same content policy as the rest.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse

OPENAPI_PATH = "/api/v1/openapi.json"
ABOUT = """Everything the desk does, it does through this API.

* Sign in with `POST /api/v1/session`; the answer holds the session cookie, and the token that every mutation carries as
  the header `X-CSRF-Token`.
* Every error has the same body: a code for programs, a sentence for people, what to do, and a support number.
* Times are whole microseconds of UTC. Ids are UUIDv7 text.
* What happens live comes by WebSocket from `/api/v1/feed?since=EPOCH:SEQ`: a `snapshot` (or `resumed`), then `patch`
  messages, and `alive` every second.
"""

_STYLE = (
    "body{font:14px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}"
    "code{font-family:ui-monospace,monospace}table{border-collapse:collapse}"
    "td{padding:.1rem .8rem .1rem 0;vertical-align:top}section{margin:1.5rem 0}pre{white-space:pre-wrap}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'"

router = APIRouter()


@router.get(OPENAPI_PATH, include_in_schema=False)
def openapi(request: Request) -> JSONResponse:
    """The schema of everything documented."""
    return JSONResponse(request.app.openapi())


@router.get("/api/docs", include_in_schema=False)
def documentation(request: Request) -> HTMLResponse:
    """The schema as a page."""
    return HTMLResponse(page(request.app.openapi()), headers={"Content-Security-Policy": _POLICY})


def page(schema: Mapping[str, Any]) -> str:
    """The page of an OpenAPI document."""
    info = schema["info"]
    title = escape(f"{info['title']} {info['version']}")
    sections = "".join(_operation(path, method, operation) for path, method, operation in operations(schema))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f"<h1>{title}</h1><pre>{escape(info['description'])}</pre>"
        f'<p>For programs: <a href="{OPENAPI_PATH}">{OPENAPI_PATH}</a></p>{sections}</html>'
    )


def operations(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(path, method, operation) of every operation, in the order of the document."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> str:
    asked = [
        (f"{parameter['in']} <code>{escape(parameter['name'])}</code>", parameter.get("description", ""))
        for parameter in operation.get("parameters", ())
    ]
    body = operation.get("requestBody", {}).get("content", {})
    asked += [(f"body <code>{escape(kind)}</code>", _shape(content)) for kind, content in body.items()]
    answers = [
        (f"<code>{escape(status)}</code>", f"{answer.get('description', '')} {_answer_shape(answer)}")
        for status, answer in operation["responses"].items()
    ]
    rows = "".join(f"<tr><td>{what}</td><td>{escape(said)}</td></tr>" for what, said in asked + answers)
    return (
        f"<section><h3><code>{method.upper()} {escape(path)}</code></h3>"
        f"<p>{escape(operation.get('summary', ''))}</p><table>{rows}</table></section>"
    )


def _answer_shape(answer: Mapping[str, Any]) -> str:
    return " ".join(_shape(content) for content in answer.get("content", {}).values())


def _shape(content: Mapping[str, Any]) -> str:
    """The name of the schema that a content refers to, or nothing."""
    return str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2]
