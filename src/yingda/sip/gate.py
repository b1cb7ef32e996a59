"""The checks a new request passes before anybody acts on it (RFC 3261 sections 8.2.1-8.2.3, 22).

check                                                       answer
same request by another way (8.2.2.2)                       482
a new call while more comes in than we can serve (`valve`)  503 with Retry-After
method nobody knows, or that we have no use for (8.2.1)     501, 405, with Allow
Request-URI of another scheme (8.2.2.1)                     416
sips Request-URI, and not by TLS (RFC 5630 section 5.1.2)   480 with Warning 380
Request-URI with headers; From or To that names nobody      400
REGISTER for what is no SIP address                         400
Replaces twice, or outside of an INVITE (RFC 3891 section 3) 400
Require names an extension we lack (8.2.2.3)                420 with Unsupported
INVITE with Max-Forwards 0: we would call on (RFC 7332)     483
body we cannot read (8.2.3)                                 415 with Accept
MESSAGE that is no plain text                               415 with Accept
INVITE that accepts no session description                  406
Session-Expires below our minimum (RFC 4028 section 9)      422 with Min-SE
`Authorise` says no                                         its code, or silence
no credentials, or old ones                                 401 with a challenge
wrong password; too many of them (see `limiter`)            401; 403, then silence
proved to be somebody else than From or To says             403
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from yingda.kernel.clock import SECOND
from yingda.sip import grammar
from yingda.sip.core import ACCEPT, ALLOW, METHODS, UNDERSTOOD, Core, facts_of
from yingda.sip.dialog import is_sips
from yingda.sip.digest import Verdict, parse_digest
from yingda.sip.events import ChangeRefused, InviteRefused, Refuse, RequestFacts, Trunk
from yingda.sip.flow import Flow
from yingda.sip.limiter import PENALTY, Brake
from yingda.sip.message import REASONS, REGISTERED_METHODS, Request
from yingda.sip.session_timer import MIN_SE, SessionTimer
from yingda.sip.transaction import ServerTransaction
from yingda.sip.valve import RETRY_AFTER_S

OVERLOAD, SIPS = "More calls come in than can be served", "SIPS Not Allowed"
NOT_HIMSELF = "Who calls has proved to be somebody else than he says"
TOO_MANY_WRONG = "Too many wrong passwords came from this address"
CAUSES = {503: OVERLOAD, 480: SIPS}
CHANGES = frozenset({"INVITE", "UPDATE"})
TRIES_AGAIN = frozenset({422, 482})
"""Refusals of an INVITE that end no call: it comes again with a longer session, or came by another way."""
_ONE_CHALLENGE = re.compile(r"baresip|\blibre\b|studio[- ]?link", re.IGNORECASE)
"""Phones built on libre give up when a second challenge is one that they do not know: they get the first alone."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Let in: a trunk's name, or the user that digest proved."""

    facts: RequestFacts | None = None
    trunk: str | None = None
    username: str | None = None


class Gate:
    def __init__(self, core: Core, timer: SessionTimer) -> None:
        self._core, self._timer = core, timer

    def formal(self, transaction: ServerTransaction, request: Request, flow: Flow, now: int) -> bool:
        """Answer what fails the checks above the authentication; True if it passes."""
        refusal = self._formal_refusal(transaction, request)
        if refusal is None:
            return True
        code, headers = refusal
        self._core.reply(transaction, code, now, headers=headers)
        self.told(request, flow, code, CAUSES.get(code, REASONS[code]))
        return False

    def told(self, request: Request, flow: Flow, code: int, reason: str) -> None:
        """The user hears of a call, or a change inside of one, that was refused without asking him."""
        core = self._core
        if request.method not in CHANGES or code in TRIES_AGAIN:
            return
        if request.to_tag:
            session = core.of_dialog(request) if "Call-ID" in request.headers else None
            if session is not None:
                core.emit(ChangeRefused(session.key, code, reason))
        elif request.method == "INVITE":
            facts = facts_of(request, flow)
            known = core.config.authorise(facts, flow)
            core.emit(InviteRefused(facts, code, reason, known.name if isinstance(known, Trunk) else None))

    def _formal_refusal(
        self, transaction: ServerTransaction, request: Request
    ) -> tuple[int, dict[str, list[str]]] | None:
        if not request.to_tag and transaction.merged:
            return 482, {}
        if (
            self._core.shedding
            and request.method == "INVITE"
            and not request.to_tag
            and "Replaces" not in request.headers
        ):
            return 503, {"Retry-After": [str(RETRY_AFTER_S)], **self._core.warning(OVERLOAD)}
        if request.method not in METHODS:
            return (405 if request.method in REGISTERED_METHODS else 501), {"Allow": [ALLOW]}
        try:
            grammar.parse_uri(request.uri)
        except ValueError:
            return (416 if ":" in request.uri and not request.uri.lower().startswith("sip") else 400), {}
        if is_sips(request.uri) and not transaction.flow.private:
            return 480, self._core.warning(SIPS, 380)
        if not _addressed(request):
            return 400, {}
        if "Replaces" in request.headers and (request.method != "INVITE" or len(request.all("Replaces")) > 1):
            return 400, self._core.warning("Replaces stands once, in an INVITE")
        if lacking := [token for token in request.tokens("Require") if token not in UNDERSTOOD]:
            return 420, {"Unsupported": [", ".join(lacking)]}
        if request.method == "INVITE" and request.number("Max-Forwards") == 0:
            return 483, {}
        if request.method in ("INVITE", "UPDATE") and _unreadable_body(request):
            return 415, {"Accept": [ACCEPT]}
        if request.method == "MESSAGE" and request.content_type not in ("", "text/plain"):
            return 415, {"Accept": ["text/plain"]}
        if request.method == "INVITE" and not _accepts_sdp(request):
            return 406, self._core.warning("Nothing but application/sdp can be answered")
        if request.method in ("INVITE", "UPDATE") and self._timer.too_brief(request):
            return 422, {"Min-SE": [str(MIN_SE)]}
        if request.body and request.get("Content-Encoding", "identity").lower() != "identity":
            return 415, {"Accept-Encoding": ["identity"]}
        return None

    def admit(self, transaction: ServerTransaction, request: Request, flow: Flow, now: int) -> Pass | None:
        """Who sent this INVITE, MESSAGE, REGISTER? None: answered (or passed over in silence) already.

        facts are there for what may come from a trunk: INVITE and MESSAGE."""
        facts: RequestFacts | None = None
        if request.method in ("INVITE", "MESSAGE"):
            facts = facts_of(request, flow, self._core.registrar.unmask(request.uri))
            verdict = self._core.config.authorise(facts, flow)
            if isinstance(verdict, Trunk):
                return Pass(facts, trunk=verdict.name)
            if isinstance(verdict, Refuse):
                self._refuse(transaction, verdict, now)
                return None
        username = self._prove(transaction, request, flow, now)
        if username is None:
            return None
        trunk = self._core.config.trunk_of(username) if facts is not None else None
        if trunk is not None:
            return Pass(facts, trunk=trunk)
        claimed = request.address("To" if request.method == "REGISTER" else "From")
        if claimed is None or grammar.user_of(claimed.uri) != username:
            self._core.reply(transaction, 403, now, headers=self._core.warning(NOT_HIMSELF))
            if facts is not None and request.method == "INVITE":
                self._core.emit(InviteRefused(facts, 403, NOT_HIMSELF, username=username))
            return None
        return Pass(facts, username=username)

    def _refuse(self, transaction: ServerTransaction, verdict: Refuse, now: int) -> None:
        if verdict.code:
            self._core.reply(transaction, verdict.code, now, reason=verdict.reason)
        else:
            self._core.transactions.finish(transaction)

    def _prove(self, transaction: ServerTransaction, request: Request, flow: Flow, now: int) -> str | None:
        core, host = self._core, flow.remote[0]
        brake = core.limiter.brake(host, _claimed_username(request), now)
        if brake is Brake.SILENT:
            core.transactions.finish(transaction)
            return None
        if brake is Brake.REFUSE:
            told = core.warning(TOO_MANY_WRONG) | {"Retry-After": [str(PENALTY // SECOND)]}
            core.reply(transaction, 403, now, headers=told)
            return None
        checked = core.digest.check(request, now)
        if checked.verdict is Verdict.GOOD:
            core.limiter.succeeded(host, checked.username)
            core.watch_nonces(now)
            return checked.username
        if checked.verdict is Verdict.UNREADABLE:
            core.reply(transaction, 400, now, reason="Credentials cannot be read")
            return None
        if checked.verdict is Verdict.WRONG:
            core.limiter.failed(host, checked.username, now)
        challenges = core.digest.challenges(now, stale=checked.verdict is Verdict.STALE)
        if _bears_one_challenge(request, flow):
            del challenges[1:]
        core.reply(transaction, 401, now, headers={"WWW-Authenticate": challenges})
        return None


def _bears_one_challenge(request: Request, flow: Flow) -> bool:
    """Of several challenges JsSIP, in a browser, reads the last alone, which may be one that it cannot answer."""
    return flow.transport in ("ws", "wss") or bool(_ONE_CHALLENGE.search(request.get("User-Agent")))


def _addressed(request: Request) -> bool:
    """Do Request-URI, From and To name somebody?"""
    called = request.address("To")
    if "?" in request.uri or called is None or request.address("From") is None:
        return False
    return request.method != "REGISTER" or called.uri.lower().startswith(("sip:", "sips:", "tel:"))


def _unreadable_body(request: Request) -> bool:
    """A body that holds no description; one that is empty, or that may be passed over, does no harm."""
    return bool(request.body) and request.sdp is None and not request.may_be_passed_over


def _accepts_sdp(request: Request) -> bool:
    if "Accept" not in request.headers:
        return True
    accepted = {token.partition(";")[0].strip() for token in request.tokens("Accept")}
    return bool(accepted & {"application/sdp", "application/*", "*/*"})


def _claimed_username(request: Request) -> str:
    try:
        return parse_digest(request.get("Authorization")).get("username", "")
    except ValueError:
        return ""
