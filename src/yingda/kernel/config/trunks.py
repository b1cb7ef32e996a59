"""The parts of a centre that say how calls reach a carrier and come from one (docs/trunks/).

A trunk is a line bundle; a trunk group is several that stand in for each other; a route says which of them a dialled
number takes; a service class says what an agent may dial.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from yingda.kernel.config.base import Digits, Name, Part, Seconds, SrtpUse
from yingda.kernel.config.waiting import Prompt

Channels = Annotated[int, Field(ge=1, le=100_000)]
Limit = Annotated[int, Field(ge=0, le=100_000)]
HostName = Annotated[str, Field(max_length=253, pattern=r"^[A-Za-z0-9.:\[\]_-]*$")]
UserName = Annotated[str, Field(max_length=128, pattern=r"^[A-Za-z0-9.+*#_~@!$&=-]*$")]

NumberForm = Literal["as_dialled", "national", "e164", "plus_e164", "zero_zero"]
"""How a number is written: as it came to us; 0105550000 (abroad 0044…); 86105550000; +86105550000; 0086105550000."""

Category = Literal[
    "emergency", "short", "mobile", "national", "toll_free", "shared_cost", "premium", "international", "other"
]
"""What kind of number is dialled (calls/trunks/numbers.py)."""

Presented = Literal["main", "direct", "customer", "withheld"]
"""Whose number the called person sees: the centre's, the agent's own, the customer's (a call that is passed on)."""


SERVICE_PREFIX = "srv:"
_WITH_PORT = re.compile(r"(?P<host>[^\s:/\[\]]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>\d{1,5}))?")


def host_and_port(text: str) -> tuple[str, int | None]:
    """One of a trunk's `hosts` without its port, and that port; None where the trunk's own counts.

    An IPv6 address that names a port stands in brackets. Networks and `srv:` names stay as they are.
    """
    match = None if text.lower().startswith(SERVICE_PREFIX) else _WITH_PORT.fullmatch(text)
    if match is None:
        return text, None
    return match["host"].strip("[]"), int(match["port"]) if match["port"] else None


class DigitRule(Part):
    """For numbers that begin with `starts`: cut `strip` digits off, then put `prefix` in front."""

    starts: Digits = ""
    strip: Annotated[int, Field(ge=0, le=24)] = 0
    prefix: Digits = ""


class Trunk(Part):
    """A line bundle. Calls from `hosts` are its calls, and calls by it go there.

    hosts: addresses, networks (for calls that come in only), host names, or `srv:domain` (RFC 3263). An address or name
    may have a port of its own (`203.0.113.10:5080`), else it is `port`.
    max_calls, max_inbound, max_outbound: channels, and the most of them in one direction. when_full: what a call too
    many is told: 503, 486, or 486 after `full_announcement` (the house's words without one), heard before any answer.
    check_s: seconds from one OPTIONS to each address to the next; 0: none; not given: 30, after five minutes, where its
    calls have another way (several addresses, or trunks that stand in), else none. reply_s: how long an INVITE may stay
    without any reply before the next address or trunk is tried; progress_s: how long without ringing. retry_s: how
    long an address that failed is left alone. srtp: whether its calls' sound is encrypted (docs/sip.md).
    advertise: the address it is told in Via, Contact and SDP, where that is not the one `--advertise` names.
    trusts_identity: its P-Asserted-Identity is the caller's number (a carrier's is; a customer's PBX may say anything).
    caller_rules, called_rules: make numbers of calls that come in ours; dial_form, dial_rules: make a dialled number
    the carrier's. In each list the first rule that fits counts.
    presents, main_number, identity, diversion: which number we show, and in which headers (docs/trunks/outbound.md).
    username, auth_username, password_env: our account; domain: of its address. registers, registrar, expires_s,
    contact_user: whether and where we register. authenticates: the far end must prove that account by digest.
    """

    id: str = ""
    name: Name
    hosts: list[str] = []
    port: Annotated[int, Field(ge=1, le=65535)] = 5060
    transport: Literal["udp", "tcp", "tls"] = "udp"
    max_calls: Channels = 60
    max_inbound: Limit | None = None
    max_outbound: Limit | None = None
    when_full: Literal["unavailable", "busy", "announcement"] = "unavailable"
    full_announcement: Prompt | None = None
    codecs: Annotated[list[Literal["PCMA", "PCMU", "G722"]], Field(min_length=1)] = ["PCMA", "PCMU"]
    srtp: SrtpUse = "optional"
    advertise: HostName = ""
    trusts_identity: bool = True
    check_s: Seconds | None = None
    reply_s: Annotated[float, Field(ge=0.1, le=32)] = 2
    progress_s: Annotated[float, Field(ge=1, le=180)] = 20
    retry_s: Annotated[float, Field(ge=1, le=3_600)] = 30
    caller_rules: list[DigitRule] = []
    called_rules: list[DigitRule] = []
    dial_form: NumberForm = "national"
    dial_rules: list[DigitRule] = []
    presents: Presented = "direct"
    main_number: Digits = ""
    identity: Literal["none", "pai", "rpid", "both"] = "pai"
    diversion: bool = True
    domain: HostName = ""
    username: UserName = ""
    auth_username: UserName = ""
    password_env: str | None = None
    registers: bool = False
    registrar: str = ""
    expires_s: Annotated[int, Field(ge=60, le=86_400)] = 3_600
    contact_user: UserName = ""
    authenticates: bool = False


class TrunkMember(Part):
    """A trunk in a group. priority: the lowest number first; weight: the share among equals (RFC 2782)."""

    trunk: Name
    priority: Annotated[int, Field(ge=0, le=65_535)] = 10
    weight: Annotated[int, Field(ge=0, le=65_535)] = 10


class TrunkGroup(Part):
    """Trunks that stand in for each other: several lines of one number, main and standby, two carriers."""

    id: str = ""
    name: Name
    members: list[TrunkMember] = []


class Route(Part):
    """Which trunks a dialled number takes. via: trunks and trunk groups, in this order.

    prefixes: beginnings of numbers. patterns: whole numbers; X is any digit, Z 1-9, N 2-9, [2-5] one of these, and a
    point at the end whatever follows. The route that fits most exactly counts; one with neither takes the rest.
    """

    id: str = ""
    name: Name
    prefixes: list[Digits] = []
    patterns: list[Annotated[str, Field(max_length=80)]] = []
    via: list[Name] = []


class ServiceClass(Part):
    """What may not be dialled: kinds of numbers, and beginnings; `allows_prefixes` are exceptions."""

    id: str = ""
    name: Name
    forbids: list[Category] = ["premium", "international"]
    forbids_prefixes: list[Digits] = []
    allows_prefixes: list[Digits] = []
