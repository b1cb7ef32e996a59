"""What the endpoint asks of the world and tells its user: frozen, in the order they are to be carried out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import msgspec

from yingda.sip.flow import Address, Flow


class Send(msgspec.Struct, frozen=True):
    """Put these bytes on the flow. A stream flow without a connection is opened, or an open one to there is used."""

    data: bytes
    flow: Flow


class RequestFacts(msgspec.Struct, frozen=True):
    """What a request says of itself, as text fit for people. Nothing here is proved but the flow.

    pai: user and display of P-Asserted-Identity, to be believed from a trusted trunk only. withheld: Privacy asks to
    hide the caller, or From is anonymous. original: the number first dialled, if the call was diverted. instance: the
    one device that is meant (RFC 5627). headers: everything, canonical names.
    """

    method: str
    call_id: str
    called_number: str
    caller_number: str
    caller_display: str
    withheld: bool
    pai: tuple[str, str] | None
    request_uri: str
    from_uri: str
    to_uri: str
    user_agent: str
    max_forwards: int
    flow: Flow
    headers: Mapping[str, tuple[str, ...]]
    original: str = ""
    instance: str = ""


class Trunk(msgspec.Struct, frozen=True):
    """Let it in without credentials, as coming from this trunk."""

    name: str


class Challenge(msgspec.Struct, frozen=True):
    """It must prove with digest that it is one of our devices."""


class Refuse(msgspec.Struct, frozen=True):
    """Answer with this code; 0 means silence."""

    code: int
    reason: str = ""


class Authorise(Protocol):
    """Who may call: a pure function of what is known, given by calls/."""

    def __call__(self, facts: RequestFacts, flow: Flow) -> Trunk | Challenge | Refuse: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One contact of an address-of-record. Times in µs; path: Route values to put in front (RFC 3327).

    reg_id: which of a device's several connections this is (RFC 5626). allow_events: event packages it understands.
    answers_options, takes_texts: it says that it answers OPTIONS, MESSAGE (Allow, or `methods` of its Contact). q: how
    much it wants to be called here rather than elsewhere, 0 to 1.
    """

    aor: str
    contact: str
    flow: Flow
    expires_at: int
    registered_at: int
    call_id: str
    cseq: int
    instance: str = ""
    reg_id: str = ""
    path: tuple[str, ...] = ()
    user_agent: str = ""
    allow_events: tuple[str, ...] = ()
    answers_options: bool = False
    takes_texts: bool = False
    q: float = 1.0

    def on_flow(self, flow: Flow) -> Binding:
        return replace(self, flow=flow)

    def target(self) -> Target:
        return Target(self.contact, self.flow, self.path, self.aor, instance=self.instance)

    def to_state(self) -> dict[str, Any]:
        state = {name: getattr(self, name) for name in self.__slots__}
        return state | {"flow": self.flow.to_state(), "path": list(self.path), "allow_events": list(self.allow_events)}

    @classmethod
    def from_state(cls, raw: dict[str, Any]) -> Binding:
        lists = {"path": tuple(raw["path"]), "allow_events": tuple(raw["allow_events"])}
        return cls(**(raw | {"flow": Flow.from_state(raw["flow"])} | lists))


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: Request-URI, flow, and routes in front. aor, instance: whose device it is, if one of ours.

    user: in our Contact; the caller's own where it is empty.
    """

    uri: str
    flow: Flow
    routes: tuple[str, ...] = ()
    aor: str = ""
    user: str = ""
    instance: str = ""


# ---- told to the user of the endpoint --------------------------------------------------------------------------------


class InviteReceived(msgspec.Struct, frozen=True):
    """A call comes in. username: proved by digest; trunk: let in by `Authorise`. sdp None: a late offer is wanted.

    replaces: key of a call of ours whose place it wants (RFC 3891). Whether this caller may, is the user's to say:
    `reject` with 603, or `answer`, which ends the other call (`Ended` by replaced; `Rejected` if it still rang).
    """

    key: str
    facts: RequestFacts
    sdp: str | None
    username: str | None = None
    trunk: str | None = None
    replaces: str = ""


class Cancelled(msgspec.Struct, frozen=True):
    """The caller gave up before we answered. The call is over."""

    key: str
    reason: str = ""


class Progress(msgspec.Struct, frozen=True):
    """A provisional reply (not 100) to our INVITE; sdp: early media."""

    key: str
    code: int
    sdp: str | None = None


class Answered(msgspec.Struct, frozen=True):
    """2xx to our INVITE; the ACK is on its way. If our INVITE had no offer, this is the far end's: `acknowledge` it."""

    key: str
    sdp: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Our INVITE failed; the call is over. code 408: no answer at all; 487: as we cancelled. contacts: not followed.

    replied: by a reply; False: nobody answered, or the way there is lost. cause: the refusal's Reason header (RFC 3326)
    such as `Q.850;cause=17`.
    """

    key: str
    code: int
    reason: str
    retry_after: int | None = None
    contacts: tuple[str, ...] = ()
    replied: bool = field(default=True, compare=False)
    cause: str = ""


class Garbled(msgspec.Struct, frozen=True):
    """A peer that owes us the first reply to an INVITE sent bytes that nobody can read."""

    flow: Flow


class Aliased(msgspec.Struct, frozen=True):
    """Who sends by this TLS connection would have our requests to that address sent by it, too (RFC 5923). The stack's
    affair: it knows by which certificate he has proved himself."""

    flow: Flow
    address: Address


class Acknowledged(msgspec.Struct, frozen=True):
    """The ACK to our answer arrived; sdp: the answer to a late offer."""

    key: str
    sdp: str | None = None


class EarlyAnswered(msgspec.Struct, frozen=True):
    """A PRACK brought the answer to the offer in our reliable reply: the call is not answered yet."""

    key: str
    sdp: str


class Ended(msgspec.Struct, frozen=True):
    """An answered call is over. by: remote (BYE), local (our command), replaced (another call of the far end took its
    place), system (no ACK, flow lost, no such dialog)."""

    key: str
    by: str
    reason: str = ""


class Reinvited(msgspec.Struct, frozen=True):
    """A re-INVITE came, or an offer by UPDATE or PRACK; `answer` or `reject` it. sdp None: an offer is wanted."""

    key: str
    sdp: str | None = None


class ReinviteAnswered(msgspec.Struct, frozen=True):
    key: str
    sdp: str | None = None


class ReinviteRejected(msgspec.Struct, frozen=True):
    """The session stays as it was."""

    key: str
    code: int
    reason: str


class DigitsByInfo(msgspec.Struct, frozen=True):
    """INFO with application/dtmf or dtmf-relay. duration_ms: 0 when not said."""

    key: str
    digits: str
    duration_ms: int = 0


class Referred(msgspec.Struct, frozen=True):
    """The far end asks for a transfer (REFER): `accept_refer` or `reject_refer`, then `refer_result`.

    replaces: of an attended one (Call-ID;to-tag=…;from-tag=…); replaced: the key of the call of ours it names, if it is
    one: the two calls of this far end are to be joined, and nothing is dialled. by: Referred-By.
    """

    key: str
    target: str
    replaces: str = ""
    replaced: str = ""
    by: str = ""


class Overloaded(msgspec.Struct, frozen=True):
    """More comes in than can be served, and new calls are refused; or not any more."""

    shedding: bool


class InviteRefused(msgspec.Struct, frozen=True):
    """An INVITE was answered already: it breaks a rule of SIP, or too much comes in. trunk: as of `StrayRefer`.

    username: of the phone that proved itself, if it came so far.
    """

    facts: RequestFacts
    code: int
    reason: str
    trunk: str | None = None
    username: str | None = None


class ChangeRefused(msgspec.Struct, frozen=True):
    """A re-INVITE or UPDATE inside of a call was answered already, with a refusal that does not ask to try again."""

    key: str
    code: int
    reason: str


class StrayRefer(msgspec.Struct, frozen=True):
    """REFER outside of any call, refused with 403 already. target: what it would have had called, empty if unreadable.

    trunk: where `Authorise` would let him in as one. Else nobody has proved who he is: `facts` are his own words, but
    for the address they came from.
    """

    facts: RequestFacts
    target: str
    trunk: str | None = None


class TextAnswered(msgspec.Struct, frozen=True):
    """The final reply to a text of ours (`send_text`). code 408: none came; 503: the way to the device is lost."""

    key: str
    code: int


class TextReceived(msgspec.Struct, frozen=True):
    """MESSAGE with plain text (RFC 3428), to be answered by `answer_text` with `ticket`. key: of the call it came in,
    empty outside of calls.

    username: proved by digest; trunk: let in by `Authorise`; both None inside a call.
    """

    facts: RequestFacts
    text: str
    ticket: str
    key: str = ""
    username: str | None = None
    trunk: str | None = None


class KeyRefused(msgspec.Struct, frozen=True):
    """The device does not do what `press` asked for."""

    key: str
    code: int


class OptionsAnswered(msgspec.Struct, frozen=True):
    """code: of the final reply; 408 for none."""

    key: str
    code: int


class RegistrationChanged(msgspec.Struct, frozen=True):
    """Our own registration with a carrier holds now, or does not. code, reason: of the reply; 408 for none."""

    key: str
    registered: bool
    code: int
    reason: str


class Registered(msgspec.Struct, frozen=True):
    """A contact is new, refreshed, or has moved to another flow."""

    aor: str
    binding: Binding


class Unregistered(msgspec.Struct, frozen=True):
    aor: str
    binding: Binding


class Expired(msgspec.Struct, frozen=True):
    """why: time, flow_lost, or unreachable (it answered OPTIONS before, and does not any more)."""

    aor: str
    binding: Binding
    why: str


Event = (
    InviteReceived
    | Cancelled
    | Progress
    | Answered
    | Rejected
    | Garbled
    | Aliased
    | Acknowledged
    | EarlyAnswered
    | Ended
    | Reinvited
    | ReinviteAnswered
    | ReinviteRejected
    | DigitsByInfo
    | Referred
    | Overloaded
    | InviteRefused
    | ChangeRefused
    | StrayRefer
    | TextAnswered
    | TextReceived
    | KeyRefused
    | OptionsAnswered
    | RegistrationChanged
    | Registered
    | Unregistered
    | Expired
)
Effect = Send | Event
