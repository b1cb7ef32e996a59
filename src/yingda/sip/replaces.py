"""Which call somebody wants to take the place of: Replaces in an INVITE or in a Refer-To (RFC 3891, RFC 5589).

what an INVITE's Replaces names                           answer                       section of RFC 3891
two of them; one outside of an INVITE; one we cannot read 400                          3
no call of ours, or one that rings here                   481                          3
a call that is ending                                     603                          3
an answered call, and early-only is said                  486                          3
an answered call, or one that we make and that rings      `InviteReceived.replaces`    3
"""

from __future__ import annotations

from dataclasses import dataclass

from yingda.sip import grammar
from yingda.sip.core import Core
from yingda.sip.message import Request
from yingda.sip.session import CallState, Session


@dataclass(frozen=True, slots=True)
class Replaces:
    """A dialog as its far end names it: our tag is the to-tag."""

    call_id: str
    to_tag: str
    from_tag: str
    early_only: bool = False


class Refused(Exception):  # noqa: N818  (the answer it becomes)
    """Nothing can be replaced. code, reason: of the answer."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code, self.reason = code, reason


def parse(value: str) -> Replaces:
    """ValueError for what is no Replaces value."""
    call_id, *parts = grammar.split_list(value, ";")
    names = [part.partition("=")[0].strip().lower() for part in parts]
    parameters = grammar.parse_parameters(";".join(parts))
    to_tag, from_tag = parameters.get("to-tag"), parameters.get("from-tag")
    if not call_id or not to_tag or not from_tag or names.count("to-tag") + names.count("from-tag") != 2:
        raise ValueError("Replaces cannot be read")
    return Replaces(call_id, to_tag, from_tag, "early-only" in parameters)


def find(core: Core, value: str) -> Session | None:
    """The call of ours that a value names; None for none. A from-tag of 0 also means a far end without tags (3)."""
    try:
        named = parse(value)
    except (ValueError, IndexError):
        return None
    tags = (named.from_tag, "") if named.from_tag == "0" else (named.from_tag,)
    keys = (core.dialogs.get((named.call_id, named.to_tag, tag)) for tag in tags)
    return next((core.sessions[key] for key in keys if key is not None), None)


def replaced_by(core: Core, invite: Request) -> Session | None:
    """The call that an INVITE takes the place of, None if it replaces none; Refused as the table says."""
    values = invite.all("Replaces")
    if not values:
        return None
    try:
        early_only = parse(values[0]).early_only
    except (ValueError, IndexError) as flaw:
        raise Refused(400, "Replaces cannot be read") from flaw
    session = find(core, values[0])
    if session is None or session.state is CallState.INCOMING:
        raise Refused(481, "No such call to replace")
    if session.state in (CallState.ENDING, CallState.CANCELLING):
        raise Refused(603, "The call to replace is over")
    if early_only and session.state is not CallState.CALLING:
        raise Refused(486, "The call to replace was answered")
    return session
