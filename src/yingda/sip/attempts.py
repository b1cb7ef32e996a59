"""An INVITE of ours once more: with credentials, with a longer session, or by another way to the same device.

what came                          what is sent again                                section
401, 407                           with the answer to the challenge                  RFC 3261 22.2
422                                with the longer Session-Expires it wants          RFC 4028 7.3
the device's connection is gone    by another of its connections (same instance)     RFC 5626 5.3
 430 of the proxy that kept it
"""

from __future__ import annotations

from yingda.sip.core import Core
from yingda.sip.digest import authorization
from yingda.sip.flow import Flow
from yingda.sip.message import Headers, Request, Response
from yingda.sip.session import Session
from yingda.sip.session_timer import SessionTimer
from yingda.sip.transaction import ClientTransaction

MAX_ATTEMPTS = 2  # answers to challenges in a row: the second is for a stale nonce


class Attempts:
    def __init__(self, core: Core, timer: SessionTimer) -> None:
        self._core, self._timer = core, timer

    def after(self, session: Session, transaction: ClientTransaction, response: Response) -> Request | None:
        """What answers a 401, 407 or 422; None if that cannot be done."""
        request = self._next(transaction.request, transaction.request.uri, transaction.flow)
        if response.code == 422:
            return request if self._timer.lengthen(request, response) else None
        return request if self.authorise(session, request, challenges(response)) else None

    def by_another_flow(self, session: Session, transaction: ClientTransaction) -> tuple[Request, Flow] | None:
        """The same call by the newest other connection of that device."""
        bindings = self._core.registrar.bindings(session.aor)
        instance = session.instance
        tried = transaction.flow, tuple(transaction.request.all("Route"))
        others = (b for b in bindings if instance and b.instance == instance and (b.flow, b.path) != tried)
        other = next(others, None)
        if other is None:
            return None
        request = self._next(transaction.request, other.contact, other.flow)
        request.headers.pop("Route", None)
        if other.path:
            request.headers["Route"] = list(other.path)
        return request, other.flow

    def _next(self, old: Request, uri: str, flow: Flow) -> Request:
        headers: Headers = {name: list(values) for name, values in old.headers.items()}
        headers["Via"] = [self._core.via(flow)]
        headers["CSeq"] = [f"{old.cseq[0] + 1} INVITE"]
        request = Request("INVITE", uri, headers, old.body)
        request.index()
        return request

    def authorise(self, session: Session, request: Request, asked: list[str]) -> bool:
        """Answer a challenge, if we have an account and have not tried too often."""
        credentials = self._core.config.credentials(session.credentials) if session.credentials else None
        if credentials is None or session.attempts >= MAX_ATTEMPTS:
            return False
        header, *values = asked
        value = authorization(values, credentials, request, self._core.token())
        if value is None:
            return False
        session.attempts += 1
        request.headers[header] = [value]
        return True


def challenges(response: Response) -> list[str]:
    """The header to answer with, then the challenges. They are one a line: commas also part their parameters."""
    if response.code == 401:
        return ["Authorization", *response.headers.get("WWW-Authenticate", [])]
    return ["Proxy-Authorization", *response.headers.get("Proxy-Authenticate", [])]
