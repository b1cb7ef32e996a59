"""Registering with a carrier: the client of REGISTER (RFC 3261 section 10.2, RFC 5626, RFC 3608), sans-IO.

    state         event                                  next          what happens
    away          keep                                   asking        REGISTER to the first target
    asking        2xx                                    registered    refresh set before the end, keep-alives
    asking        401, 407 (the second time if stale)    asking        REGISTER with credentials
    asking        423                                    asking        REGISTER with the time the registrar wants
    asking        408, 5xx, no answer, flow lost         asking        the next target; after the last: waiting
    asking        any other refusal                      waiting       back-off
    waiting       its time is over                       asking        from the first target on
    registered    refresh due, flow lost                 asking        (what was registered counts until its end)
    any           drop, while registered                 leaving       REGISTER with Expires: 0
    any           drop otherwise                         away
    leaving       401, 407                               leaving       with credentials
    leaving       any other reply, none                  away
    leaving       keep                                   asking        from the first target on

The back-off is that of RFC 5626 section 4.5: 30 s doubled with each failure in a row, at most 30 minutes, a random part
of its second half; Retry-After is obeyed. Over UDP a double CRLF every 25 s keeps a NAT open (streams have their own).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from yingda.kernel.clock import SECOND
from yingda.sip import grammar
from yingda.sip.core import ALLOW, SUPPORTED_LINE, Core, seconds_to_retry
from yingda.sip.digest import authorization
from yingda.sip.events import Effect, RegistrationChanged, Target
from yingda.sip.flow import Flow
from yingda.sip.message import Headers, Request, Response
from yingda.sip.transaction import ClientTransaction

OWNER = "registration:"
METHOD = "REGISTER"
BASE_WAIT_S, LONGEST_WAIT_S = 30, 1_800
LONGEST_EXPIRES_S = 7 * 86_400
PING_S = 25
MAX_ATTEMPTS = 2
"""Answers to challenges in a row: the second is for a stale nonce."""
TIMERS = ("go", "ping")


class RegistrationState(Enum):
    AWAY = "away"
    ASKING = "asking"
    WAITING = "waiting"
    REGISTERED = "registered"
    LEAVING = "leaving"


LEGAL: dict[RegistrationState, frozenset[RegistrationState]] = {
    RegistrationState.AWAY: frozenset({RegistrationState.ASKING}),
    RegistrationState.ASKING: frozenset({*RegistrationState} - {RegistrationState.ASKING}),
    RegistrationState.WAITING: frozenset({RegistrationState.ASKING, RegistrationState.AWAY}),
    RegistrationState.REGISTERED: frozenset({RegistrationState.ASKING, RegistrationState.LEAVING}),
    RegistrationState.LEAVING: frozenset({RegistrationState.ASKING, RegistrationState.AWAY}),
}


@dataclass(frozen=True, slots=True)
class Account:
    """What is registered. key: our name for it, and for its credentials. address: the address-of-record; user: of the
    Contact; instance: a URN that stays the same, so that a registrar knows us again (RFC 5626 section 4.1)."""

    key: str
    address: str
    user: str
    expires_s: int
    instance: str


@dataclass(slots=True)
class _Registration:
    """targets: where to ask, in order; at: which of them. good_until: µs, 0: not registered. failures: in a row.

    attempts: answers to challenges in a row. ask_s: the time we ask for. told: what was told last. flow: the way that
    worked; routes: what the registrar wants our requests to pass. open: key of the transaction under way.
    """

    account: Account
    targets: tuple[Target, ...]
    call_id: str
    state: RegistrationState = RegistrationState.AWAY
    at: int = 0
    cseq: int = 0
    attempts: int = 0
    failures: int = 0
    ask_s: int = 0
    good_until: int = 0
    told: bool | None = None
    flow: Flow | None = None
    routes: tuple[str, ...] = ()
    open: str = ""

    def move(self, state: RegistrationState) -> None:
        """The one place where the state changes."""
        if state is not self.state and state not in LEGAL[self.state]:
            raise RuntimeError(f"a registration that is {self.state.value} cannot become {state.value}")
        self.state = state


class Registration:
    """The registrations we keep, by key."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._kept: dict[str, _Registration] = {}

    def __len__(self) -> int:
        return len(self._kept)

    # ---- commands ----

    def keep(self, account: Account, targets: tuple[Target, ...], now: int) -> list[Effect]:
        """Register, and stay registered. Other targets or another time to live count from the next REGISTER on."""
        kept = self._kept.get(account.key)
        if kept is None:
            kept = self._kept[account.key] = _Registration(account, targets, self._core.ids())
        same = kept.account == account and set(kept.targets) == set(targets)  # name servers turn their answers round
        if not same:
            kept.account, kept.targets, kept.at = account, targets, 0
        kept.ask_s = kept.ask_s if same and kept.ask_s else account.expires_s
        begins = kept.state in (RegistrationState.AWAY, RegistrationState.LEAVING)
        if begins or (not same and kept.state is not RegistrationState.ASKING):
            self._ask(kept, now)
        return self._core.take()

    def drop(self, key: str, now: int) -> list[Effect]:
        """Register no more, and say so where we are registered."""
        kept = self._kept.get(key)
        if kept is not None:
            self._drop(kept, now)
        return self._core.take()

    def drop_all(self, now: int) -> list[Effect]:
        for kept in list(self._kept.values()):
            self._drop(kept, now)
        return self._core.take()

    def state(self, key: str) -> RegistrationState:
        kept = self._kept.get(key)
        return kept.state if kept is not None else RegistrationState.AWAY

    def registered(self, key: str, now: int) -> bool:
        kept = self._kept.get(key)
        return kept is not None and kept.good_until > now

    def flow(self, key: str) -> Flow | None:
        """The way of our present registration."""
        kept = self._kept.get(key)
        return kept.flow if kept is not None and kept.state is RegistrationState.REGISTERED else None

    def routes(self, key: str) -> tuple[str, ...]:
        """The Service-Route of our requests (RFC 3608)."""
        kept = self._kept.get(key)
        return kept.routes if kept is not None else ()

    # ---- what comes in ----

    def on_response(self, transaction: ClientTransaction, response: Response, flow: Flow, now: int) -> None:
        kept, code = self._awaited(transaction), response.code
        if kept is None or code < 200:
            return
        if kept.state is RegistrationState.LEAVING:
            if code not in (401, 407) or not self._prove(kept, response, now):
                self._gone(kept)
        elif code < 300:
            self._granted(kept, response, flow, now)
        elif self._met(kept, response, now):
            return
        elif code == 408 or code >= 500:
            self._next(kept, code, response.reason, seconds_to_retry(response), now)
        else:
            self._wait(kept, code, response.reason, seconds_to_retry(response), now)

    def _met(self, kept: _Registration, response: Response, now: int) -> bool:
        """Is it a refusal that another REGISTER answers?"""
        if response.code in (401, 407):
            return self._prove(kept, response, now)
        return response.code == 423 and self._longer(kept, response, now)

    def on_timeout(self, transaction: ClientTransaction, code: int, now: int) -> None:
        """No reply (408), or the flow is gone (503)."""
        kept = self._awaited(transaction)
        if kept is not None and kept.state is RegistrationState.LEAVING:
            self._gone(kept)
        elif kept is not None:
            self._next(kept, code, "no answer", None, now)

    def _awaited(self, transaction: ClientTransaction) -> _Registration | None:
        """Whose reply this is, if it is the last thing we asked."""
        kept = self._kept.get(transaction.owner.removeprefix(OWNER))
        return kept if kept is not None and kept.open == transaction.key else None

    def handle_timer(self, owner: str, name: str, now: int) -> None:
        kept = self._kept.get(owner.removeprefix(OWNER))
        if kept is None:
            return
        if name == "ping":
            self._ping(kept, now)
        elif kept.state in (RegistrationState.REGISTERED, RegistrationState.WAITING):
            self._ask(kept, now)

    def flow_lost(self, flow: Flow, now: int) -> None:
        """The connection we registered over is gone: register anew, at once."""
        for kept in self._kept.values():
            if kept.state is RegistrationState.REGISTERED and kept.flow is not None and kept.flow.same_path(flow):
                self._ask(kept, now)

    # ---- within ----

    def _ask(self, kept: _Registration, now: int) -> None:
        if kept.state is not RegistrationState.ASKING:
            kept.move(RegistrationState.ASKING)
        kept.attempts = 0
        self._send(kept, kept.ask_s, now)

    def _send(self, kept: _Registration, expires_s: int, now: int, proof: tuple[str, list[str]] | None = None) -> bool:
        """One REGISTER to the present target. proof: the header and the challenges to answer. False if we cannot."""
        core, account = self._core, kept.account
        target = kept.targets[kept.at % len(kept.targets)]
        kept.cseq += 1
        contact = core.contact(account.user, target.flow)
        headers: Headers = {
            "Via": [core.via(target.flow)],
            "Max-Forwards": ["70"],
            "From": [f"<{account.address}>;tag={core.token()}"],
            "To": [f"<{account.address}>"],
            "Call-ID": [kept.call_id],
            "CSeq": [f"{kept.cseq} {METHOD}"],
            "Contact": [f'{contact};expires={expires_s};+sip.instance="<{account.instance}>";reg-id=1'],
            "Expires": [str(expires_s)],
            "Allow": [ALLOW],
            "Supported": [SUPPORTED_LINE],
        }
        request = Request(METHOD, target.uri, headers)
        request.index()
        if proof is not None and not self._authorise(kept, request, *proof):
            return False
        kept.open = core.start(request, target.flow, OWNER + account.key, now)
        return True

    def _authorise(self, kept: _Registration, request: Request, header: str, challenges: list[str]) -> bool:
        credentials = self._core.config.credentials(kept.account.key)
        if credentials is None or kept.attempts >= MAX_ATTEMPTS:
            return False
        value = authorization(challenges, credentials, request, self._core.token())
        if value is None:
            return False
        kept.attempts += 1
        request.headers[header] = [value]
        return True

    def _prove(self, kept: _Registration, response: Response, now: int) -> bool:
        names = ("Authorization", "WWW-Authenticate") if response.code == 401 else _PROXY
        challenges = response.headers.get(names[1], [])
        if kept.attempts and not any("stale=true" in one.lower().replace(" ", "") for one in challenges):
            return False  # it did not believe us: the password is wrong, and asking again would lock us out
        asked = 0 if kept.state is RegistrationState.LEAVING else kept.ask_s
        return self._send(kept, asked, now, (names[0], challenges))

    def _longer(self, kept: _Registration, response: Response, now: int) -> bool:
        wanted = response.number("Min-Expires")
        if wanted is None or not kept.ask_s < wanted <= LONGEST_EXPIRES_S:
            return False
        kept.ask_s = wanted
        return self._send(kept, kept.ask_s, now)

    def _granted(self, kept: _Registration, response: Response, flow: Flow, now: int) -> None:
        granted = _granted_s(kept, response)
        kept.move(RegistrationState.REGISTERED)
        kept.failures, kept.flow = 0, flow
        kept.good_until = now + granted * SECOND
        kept.routes = tuple(response.all("Service-Route"))
        early = min(60, granted // 10 + 1)
        self._core.timers.set(OWNER + kept.account.key, "go", now + (granted - early) * SECOND)
        self._keep_open(kept, now)
        self._tell(kept, response.code, response.reason)

    def _next(self, kept: _Registration, code: int, reason: str, retry_after: int | None, now: int) -> None:
        """Another target, or none is left."""
        kept.at += 1
        if kept.at % len(kept.targets):
            self._ask(kept, now)
        else:
            self._wait(kept, code, reason, retry_after, now)

    def _wait(self, kept: _Registration, code: int, reason: str, retry_after: int | None, now: int) -> None:
        kept.at = 0
        kept.move(RegistrationState.WAITING)
        longest = min(LONGEST_WAIT_S, BASE_WAIT_S * 2 ** min(kept.failures, 10)) * SECOND
        kept.failures += 1
        draw = int(self._core.token()[-6:], 16)
        wait = longest // 2 + longest // 2 * draw // 0xFFFFFF
        if retry_after:
            wait = max(wait, min(retry_after, LONGEST_WAIT_S) * SECOND)
        self._core.timers.set(OWNER + kept.account.key, "go", now + wait)
        self._core.timers.cancel(OWNER + kept.account.key, "ping")
        kept.good_until = 0
        self._tell(kept, code, reason)

    def _tell(self, kept: _Registration, code: int, reason: str) -> None:
        good = kept.state is RegistrationState.REGISTERED
        if kept.told is not good:
            kept.told = good
            self._core.emit(RegistrationChanged(kept.account.key, good, code, grammar.readable(reason)))

    def _keep_open(self, kept: _Registration, now: int) -> None:
        if kept.flow is not None and not kept.flow.reliable:
            self._core.timers.set(OWNER + kept.account.key, "ping", now + PING_S * SECOND)

    def _ping(self, kept: _Registration, now: int) -> None:
        if kept.state is RegistrationState.REGISTERED and kept.flow is not None:
            self._core.send(b"\r\n\r\n", kept.flow)
            self._keep_open(kept, now)

    def _drop(self, kept: _Registration, now: int) -> None:
        self._core.timers.cancel(OWNER + kept.account.key, *TIMERS)
        if kept.state is RegistrationState.LEAVING:
            return
        if kept.good_until <= now:
            self._gone(kept)
            return
        kept.move(RegistrationState.LEAVING)
        kept.attempts = 0
        self._send(kept, 0, now)

    def _gone(self, kept: _Registration) -> None:
        kept.move(RegistrationState.AWAY)
        del self._kept[kept.account.key]
        self._core.emit(RegistrationChanged(kept.account.key, False, 0, "left"))


_PROXY = ("Proxy-Authorization", "Proxy-Authenticate")


def _granted_s(kept: _Registration, response: Response) -> int:
    """How long the registrar keeps us: of our Contact, else of the whole reply, else what we asked (10.2.4)."""
    wish = f"{kept.account.user}@".lower()
    for value in response.all("Contact"):
        try:
            contact = grammar.parse_address(value)
        except ValueError:
            continue
        text = contact.parameters.get("expires") or ""
        if wish in contact.uri.lower() and text.isascii() and text.isdigit():
            return max(1, min(int(text[:9]), LONGEST_EXPIRES_S))
    return max(1, min(response.number("Expires") or kept.ask_s, LONGEST_EXPIRES_S))
