"""The outermost layer: gives every request its support number, bounds its body, hardens its answer, counts it, and
turns what nobody expected into a 500 that says nothing but the number."""

from __future__ import annotations

import logging
import re
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from yingda.server.deps import Site
from yingda.server.metrics import Meters
from yingda.server.refusals import error_response, internal_error, new_support_number, too_large

BODY_LIMIT = 1 << 20
_HOST = re.compile(r"(?P<name>[A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:.]{2,45}\])(:\d{1,5})?")

log = logging.getLogger("yingda.web")


def phone_url(scope: Scope, options: Site) -> str:
    """Where this browser's phone connects: the host it came to, unless another is advertised; the port for phones."""
    host = _HOST.fullmatch(Headers(scope=scope).get("host", ""))
    if options.advertised_host is not None or host is None:
        return options.websocket_url
    return f"{options.websocket_url.partition(':')[0]}://{host['name']}:{options.websocket_port}"


class Guard:
    """Pure ASGI, so that it sees every message. Order of headers: a route that sets one itself keeps it."""

    def __init__(self, app: ASGIApp, options: Site, meters: Meters, body_limit: int = BODY_LIMIT) -> None:
        self._app, self._options, self._meters, self._limit = app, options, meters, body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        support = new_support_number()
        scope.setdefault("state", {})["support"] = support
        if scope["type"] == "websocket":
            return await self._app(scope, receive, self._hardened(scope, send, support))
        return await self._http(scope, receive, send, support)

    async def _http(self, scope: Scope, receive: Receive, send: Send, support: str) -> None:
        began, status = time.perf_counter(), 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await hardened(message)

        hardened = self._hardened(scope, send, support)
        try:
            if self._declares_too_much(scope):  # also where nobody would read it
                return await error_response(too_large(), support)(scope, receive, watch)
            await self._app(scope, self._bounded(scope, receive), watch)
        except Exception:
            log.exception("request failed", extra={"support": support, "path": scope["path"]})
            if status:  # too late for an answer: the server closes the connection
                raise
            await error_response(internal_error(), support)(scope, receive, watch)
        finally:
            route = getattr(scope.get("route"), "name", "none")
            self._meters.request(route, scope["method"], status, time.perf_counter() - began)

    def _declares_too_much(self, scope: Scope) -> bool:
        declared = Headers(scope=scope).get("content-length", "0")
        return declared.isdigit() and int(declared) > self._limit

    def _bounded(self, scope: Scope, receive: Receive) -> Receive:
        """A body beyond the limit ends the request with 413, though it did not say its length."""
        taken = 0

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._limit:
                raise HTTPException(413)
            return message

        return bounded

    def _hardened(self, scope: Scope, send: Send, support: str) -> Send:
        headers = {**security_headers(scope, self._options), "X-Support": support}

        async def hardened(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                answer = MutableHeaders(scope=message)
                for name, value in headers.items():
                    answer.setdefault(name, value)
            await send(message)

        return hardened


def security_headers(scope: Scope, options: Site) -> dict[str, str]:
    """Only our own scripts, only our own server and the phone's WebSocket, in nobody's frame."""
    own = Headers(scope=scope).get("host", "")
    # Older browsers (Chromium before 121, Safari before 15.4) do not take 'self' for a WebSocket.
    feed = f" {'wss' if scope['scheme'] in ('https', 'wss') else 'ws'}://{own}" if _HOST.fullmatch(own) else ""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
        f"connect-src 'self'{feed} {phone_url(scope, options)}; media-src 'self' blob:; manifest-src 'self'; "
        "worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
