"""Who calls whom, of a call that comes in by a trunk: where the numbers stand, and how this trunk writes them.

number    where it stands, the first that is there
called    Request-URI; if that is our own Contact with a carrier: P-Called-Party-ID (RFC 7315), then To
original  Diversion, History-Info: the number first dialled (RFC 5806, RFC 7044)
caller    none if withheld (RFC 3323); P-Asserted-Identity of a trusted trunk (RFC 3325); From
"""

from __future__ import annotations

from yingda.calls.trunks.numbers import rewritten
from yingda.kernel.config.trunks import Trunk
from yingda.sip import grammar
from yingda.sip.events import RequestFacts


def called_number(facts: RequestFacts, trunk: Trunk | None, contact_user: str) -> str:
    """The dialled number. contact_user: of our Contact with this trunk's carrier; empty: we do not register there."""
    number = facts.called_number
    if contact_user and number == contact_user:
        named = facts.headers.get("P-Called-Party-Id", ())
        number = _user(named[0] if named else facts.to_uri)
    return rewritten(number, trunk.called_rules) if trunk is not None else number


def original_number(facts: RequestFacts, trunk: Trunk | None) -> str:
    """The number that was dialled before any diversion; empty if there was none."""
    return rewritten(facts.original, trunk.called_rules) if trunk is not None and facts.original else facts.original


def caller_number(facts: RequestFacts, trunk: Trunk | None) -> str | None:
    """Who calls; None when withheld, or not said."""
    if facts.withheld:
        return None
    number = facts.caller_number
    if trunk is not None and trunk.trusts_identity and facts.pai is not None and facts.pai[0]:
        number = facts.pai[0]
    return (rewritten(number, trunk.caller_rules) if trunk is not None else number) or None


def referred_by(facts: RequestFacts) -> str:
    """Who has sent the caller to us (RFC 3892); empty if nobody says so."""
    return _user(facts.headers.get("Referred-By", ("",))[0])


def _user(value: str) -> str:
    try:
        return grammar.user_of(grammar.parse_address(value).uri if "<" in value else value)
    except ValueError:
        return ""
