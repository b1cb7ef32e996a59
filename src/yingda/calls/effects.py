"""What the switch asks of signalling and media. Order matters: carry them out as they come.

Distribution's `Append` passes through unchanged: the ledger is written before what follows it is visible.
"""

from __future__ import annotations

import msgspec

from yingda.calls.flow_protocol import End, Start, Told
from yingda.media.protocol import AnyCommand, Codec, LegCreated, RemoteMedia
from yingda.routing.effects import Append


class AnswerCall(msgspec.Struct, frozen=True):
    """200 to an INVITE that came in: `local` is where media listens for this leg."""

    leg_id: str
    local: LegCreated


class RefuseCall(msgspec.Struct, frozen=True):
    """A final refusal. code: SIP status; reason: a short English phrase for the wire."""

    leg_id: str
    code: int
    reason: str


class InviteDevice(msgspec.Struct, frozen=True):
    """INVITE an agent's device, showing the caller's number. auto_answer: it should answer by itself, if it can. only:
    the one codec to offer, which is handed on to the caller as it is."""

    leg_id: str
    extension: str
    local: LegCreated
    caller: str
    display: str
    auto_answer: bool = False
    only: Codec | None = None


class InviteNumber(msgspec.Struct, frozen=True):
    """INVITE an outside number over a trunk of signalling's choice; `Switch.seized` says which it became.

    Ask `plan.outward.admit` first: it knows the routes and who may dial what.
    number: canonical, or as it was dialled. caller: the number to show; None: the trunk's policy decides.
    on_behalf_of: the customer's number, when his call goes on to another number. only: as of `InviteDevice`.
    """

    leg_id: str
    number: str
    local: LegCreated
    caller: str | None
    display: str = ""
    on_behalf_of: str | None = None
    only: Codec | None = None


class RingCall(msgspec.Struct, frozen=True):
    """180 to an INVITE that came in and is answered when its far end answers. local: where media has room for it."""

    leg_id: str
    local: LegCreated | None = None


class SpeakFirst(msgspec.Struct, frozen=True):
    """183 with a description to an INVITE that came in: its caller hears us before he is answered, or refused."""

    leg_id: str
    local: LegCreated


class EndCall(msgspec.Struct, frozen=True):
    """Clear a leg in whatever way its state asks for: CANCEL, BYE or a refusal. elsewhere: somebody else answered.
    code: the SIP status by which the other end of its call was refused; 0: it was not."""

    leg_id: str
    elsewhere: bool = False
    code: int = 0


class AnswerDevice(msgspec.Struct, frozen=True):
    """Press the key by which the phone of this leg, which rings, answers (`Event: talk`)."""

    leg_id: str


class AcceptRefer(msgspec.Struct, frozen=True):
    """202 to the transfer that the phone of this leg asks for; `ReferResult` follows."""

    leg_id: str


class RefuseRefer(msgspec.Struct, frozen=True):
    """No to it. code: SIP status; reason: a sentence for the phone's display and log."""

    leg_id: str
    code: int
    reason: str


class ReferResult(msgspec.Struct, frozen=True):
    """What became of it: a final SIP status."""

    leg_id: str
    code: int


class MediaRequest(msgspec.Struct, frozen=True):
    """A command to media; its result comes back as `media_done(request, …)`."""

    request: int
    command: AnyCommand


class FlowRequest(msgspec.Struct, frozen=True):
    """A message for the flows plane (`flow_protocol`). session_id: whose caller goes to a person if it fails."""

    method: str
    body: Start | Told | End
    session_id: str


class KeepText(msgspec.Struct, frozen=True, kw_only=True):
    """Put a text before agents (`texts`); what came of it returns through `Texts.kept`.

    ticket: its MESSAGE, still to be answered. from_agent: who sent it, if an agent did; else from_number, canonical,
    empty if it was withheld. interaction_id, handling_id: of the call it was sent in. at_once: a reader is signed in.
    """

    ticket: str
    message_id: str
    to_agents: tuple[str, ...]
    text: str
    from_agent: str | None
    from_number: str
    at_once: bool
    interaction_id: str | None = None
    handling_id: str | None = None


class Alarm(msgspec.Struct, frozen=True):
    """Something needs a person. kind: a stable word; sentence: what, where, what to do.

    of: the thing whose alarm this is; such an alarm is taken back by another one without a sentence.
    """

    kind: str
    sentence: str | None
    of: str = ""


WireEffect = (
    AnswerCall
    | RingCall
    | SpeakFirst
    | RefuseCall
    | InviteDevice
    | InviteNumber
    | EndCall
    | AnswerDevice
    | AcceptRefer
    | RefuseRefer
    | ReferResult
)
"""What signalling carries out."""


class AskWho(msgspec.Struct, frozen=True):
    """Find out who the caller is; what is found comes back as `Switch.known`, if it comes in time."""

    interaction_id: str
    number: str


Effect = Append | WireEffect | MediaRequest | FlowRequest | Alarm | AskWho | KeepText


class Arrival(msgspec.Struct, frozen=True):
    """An INVITE that came in. trunk_id: None for one of our own devices, which `extension` names then. original: the
    number that was dialled before any diversion; empty if there was none. referred_by: the number in Referred-By."""

    leg_id: str
    caller: str | None  # None: withheld
    called: str
    trunk_id: str | None
    remote: RemoteMedia
    original: str = ""
    extension: str | None = None
    referred_by: str = ""
