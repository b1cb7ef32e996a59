"""Who calls, as the called person and the carrier are told (RFC 3323, 3325; RFC 5806; draft-ietf-sip-privacy-04).

    trunk's `presents`   From                              with the customer's call passed on
    main                 the centre's number               the centre's number
    direct               the number given with the call,   the same
                         else the centre's
    customer             the same as direct                the customer's number, and Diversion from the centre's
    withheld             anonymous, Privacy: id            anonymous, Privacy: id

P-Asserted-Identity and Remote-Party-ID, where the trunk has them, hold the number the carrier may trust: the one shown,
and for a withheld or passed on number the centre's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from yingda.calls.effects import InviteNumber
from yingda.calls.trunks.numbers import in_form
from yingda.calls.trunks.plan import OutwardPlan
from yingda.kernel.config.trunks import Trunk
from yingda.sip.grammar import NameAddress

ANONYMOUS = NameAddress("sip:anonymous@anonymous.invalid", "Anonymous")


@dataclass(frozen=True, slots=True)
class Shown:
    """caller: the From; headers: what else tells who calls. user: of the Contact where we do not register."""

    caller: NameAddress
    user: str
    headers: dict[str, str] = field(default_factory=dict)


def shown(call: InviteNumber, trunk: Trunk, plan: OutwardPlan, domain: str) -> Shown:
    """What this trunk's policy makes of a call. domain: of our addresses where the trunk names none."""
    domain = trunk.domain or domain
    main = in_form(plan.main_number(trunk), trunk.dial_form, plan.country)
    given = in_form(call.caller, trunk.dial_form, plan.country) if call.caller else ""
    customer = in_form(call.on_behalf_of, trunk.dial_form, plan.country) if call.on_behalf_of else ""
    passed_on = trunk.presents == "customer" and bool(customer)
    number = customer if passed_on else main if trunk.presents == "main" else given or main
    ours = main if passed_on or trunk.presents == "withheld" else number
    withheld = trunk.presents == "withheld" or not number
    headers = _identity(trunk, ours, call.display, domain, withheld=trunk.presents == "withheld")
    if passed_on and trunk.diversion and main:
        headers["Diversion"] = f"<sip:{main}@{domain}>;reason=unconditional;counter=1"
    caller = ANONYMOUS if withheld else NameAddress(f"sip:{number}@{domain}", call.display)
    return Shown(caller, trunk.contact_user or ours or trunk.username, headers)


def _identity(trunk: Trunk, number: str, display: str, domain: str, *, withheld: bool) -> dict[str, str]:
    headers = {"Privacy": "id"} if withheld else {}
    if not number:
        return headers
    address = str(NameAddress(f"sip:{number}@{domain}", "" if withheld else display))
    if trunk.identity in ("pai", "both"):
        headers["P-Asserted-Identity"] = address
    if trunk.identity in ("rpid", "both"):
        headers["Remote-Party-ID"] = f"{address};party=calling;screen=yes;privacy={'full' if withheld else 'off'}"
    return headers
