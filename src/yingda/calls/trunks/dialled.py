"""The number and the address that a call goes to, as this trunk's carrier wants them written."""

from __future__ import annotations

from yingda.calls.trunks.numbers import in_form, rewritten
from yingda.kernel.config.trunks import Trunk
from yingda.sip.flow import host_port
from yingda.sip.resolving import SERVICE_PREFIX, Place


def dialled_number(number: str, trunk: Trunk, country: str) -> str:
    """The digits we send: in the trunk's form, then by its rules."""
    return rewritten(in_form(number, trunk.dial_form, country), trunk.dial_rules)


def request_uri(number: str, trunk: Trunk, place: Place, country: str) -> str:
    """The Request-URI (RFC 3261 section 19.1.1): the carrier's domain where one is known, else the address."""
    user = dialled_number(number, trunk, country).replace("#", "%23")  # 25.1: a `#` has to be escaped
    transport = "" if place.transport == "udp" else f";transport={place.transport}"
    return f"sip:{user}@{trunk.domain or _host(trunk, place)}{transport}"


def _host(trunk: Trunk, place: Place) -> str:
    if not place.name:
        return host_port(place.address)
    by_service = any(host.lower() == SERVICE_PREFIX + place.name.lower() for host in trunk.hosts)
    return place.name if by_service else f"{place.name}:{place.address[1]}"
