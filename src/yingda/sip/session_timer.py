"""Session timers (RFC 4028): calls whose far end is gone without a word end, on both sides.

event                                              effect                                    section
INVITE we send, if configured                      Session-Expires, Min-SE, Supported        7.1
422 to it                                          once more, with their Min-SE              7.3
INVITE or UPDATE with less than Min-SE             422 with Min-SE                           9
2xx sent or received with Session-Expires          both alarms set anew                      7.2, 9
half the interval is over, we are the refresher    UPDATE, or re-INVITE as we last offered   10
the interval is (nearly) over                      BYE                                       10
"""

from __future__ import annotations

from yingda.kernel.clock import SECOND
from yingda.sip import grammar
from yingda.sip.core import Core
from yingda.sip.message import Headers, Message, Request, Response
from yingda.sip.session import Session

MIN_SE = 90
LONGEST_S = 86_400
TRY_AGAIN = 5 * SECOND  # when the refresh came at a moment that did not suit


class SessionTimer:
    def __init__(self, core: Core) -> None:
        self._core = core

    def ask(self, session: Session, request: Request) -> None:
        """Put our wish into an INVITE or UPDATE that we send: what is in force, or what is configured."""
        seconds = session.interval_s or self._core.config.session_interval
        if not seconds:
            return
        refresher = ("uac" if session.refreshes else "uas") if session.interval_s else ""
        request.headers["Session-Expires"] = [f"{seconds};refresher={refresher}" if refresher else str(seconds)]
        request.headers["Min-SE"] = [str(MIN_SE)]

    def too_brief(self, request: Request) -> bool:
        """Must it be refused with 422?"""
        seconds = request.number("Session-Expires")
        return seconds is not None and seconds < MIN_SE and "timer" in request.tokens("Supported")

    def grant(self, session: Session, request: Request, now: int) -> Headers:
        """What our 2xx says; the alarms are set."""
        session.allows_update = "UPDATE" in request.all("Allow")
        theirs = "timer" in request.tokens("Supported")
        seconds = request.number("Session-Expires") or (self._core.config.session_interval if theirs else 0)
        if not seconds:
            self._set(session, 0, False, now)
            return {}
        seconds = min(max(seconds, MIN_SE), LONGEST_S)
        wish = _refresher(request)
        session_refresher = wish or ("uac" if theirs and request.get("Session-Expires") else "uas")
        self._set(session, seconds, session_refresher == "uas", now)
        headers: Headers = {"Session-Expires": [f"{seconds};refresher={session_refresher}"]}
        if session_refresher == "uac":
            headers["Require"] = ["timer"]
        return headers

    def agreed(self, session: Session, response: Response, now: int) -> None:
        """A 2xx to what we asked."""
        if "Allow" in response.headers:
            session.allows_update = "UPDATE" in response.all("Allow")
        seconds = min(response.number("Session-Expires") or 0, LONGEST_S)
        self._set(session, seconds, _refresher(response) != "uas", now)

    def lengthen(self, request: Request, refusal: Response) -> bool:
        """Ask again as long as a 422 wants it; False if that makes no sense."""
        wanted = refusal.number("Min-SE") or 0
        if not (request.number("Session-Expires") or 0) < wanted <= LONGEST_S:
            return False
        request.headers["Session-Expires"], request.headers["Min-SE"] = [str(wanted)], [str(wanted)]
        return True

    def later(self, session: Session, now: int) -> None:
        """The refresh could not be made just now."""
        self._core.timers.set(session.key, "refresh", now + TRY_AGAIN)

    def _set(self, session: Session, seconds: int, refreshes: bool, now: int) -> None:
        timers = self._core.timers
        timers.cancel(session.key, "refresh", "expire")
        session.interval_s, session.refreshes = seconds, refreshes
        if not seconds:
            return
        if refreshes:
            timers.set(session.key, "refresh", now + seconds * SECOND // 2)
        timers.set(session.key, "expire", now + (seconds - min(32, seconds // 3)) * SECOND)


def _refresher(message: Message) -> str:
    """uac, uas, or nothing."""
    _, _, parameters = message.get("Session-Expires").partition(";")
    value = grammar.parse_parameters(parameters).get("refresher") or ""
    return value.lower() if value.lower() in ("uac", "uas") else ""
