"""Texts to devices of ours: MESSAGE outside of any call (RFC 3428), one request, one final reply.

A datagram holds 1,300 bytes at the most (section 8): what is longer goes whole over a connection, and cut off with an
ellipsis over UDP, for a device that registered from behind a NAT can be reached in no other way than its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from yingda.sip import grammar
from yingda.sip.core import LARGEST_DATAGRAM, Core
from yingda.sip.events import Binding, TextAnswered
from yingda.sip.grammar import NameAddress
from yingda.sip.message import Request
from yingda.sip.outgoing import Outgoing

TEXT = "sent-text"  # the owner of our MESSAGE is this and its key
TO_COME = 80
"""Octets of the headers that are added as it is sent: User-Agent, and the length."""
CUT = "…"


class Texting:
    def __init__(self, core: Core, outgoing: Outgoing) -> None:
        self._core, self._outgoing = core, outgoing

    def send(
        self,
        binding: Binding,
        caller: NameAddress,
        called: NameAddress,
        text: str,
        headers: Mapping[str, str],
        now: int,
    ) -> str:
        """The key that its answer carries."""
        core, target = self._core, binding.target()
        caller = NameAddress(caller.uri, caller.name, {"tag": core.token()})
        request = self._outgoing.outside("MESSAGE", target, caller, called, 70)
        request.headers["Content-Type"] = ["text/plain;charset=UTF-8"]
        for name, value in headers.items():
            request.headers[name] = [grammar.one_line(value)]
        request.body = _body(request, text, whole=target.flow.reliable)
        key = core.ids()
        core.start(request, target.flow, f"{TEXT}:{key}", now)
        return key

    def answered(self, key: str, code: int) -> None:
        """What it met with; 408: nothing, 503: its way is gone."""
        if code >= 200:
            self._core.emit(TextAnswered(key, code))


def _body(request: Request, text: str, *, whole: bool) -> bytes:
    body = text.encode()
    room = LARGEST_DATAGRAM - len(request.to_bytes()) - TO_COME
    if whole or len(body) <= room:
        return body
    return body[: room - len(CUT.encode())].decode(errors="ignore").encode() + CUT.encode()
