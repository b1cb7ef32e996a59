"""Our accounts at carriers: which trunks register, where, under which Contact; and whose calls come by that Contact."""

from __future__ import annotations

import hashlib
import hmac
import uuid

from yingda.calls.numbering import NumberPlan
from yingda.calls.trunks.arriving import called_number
from yingda.kernel.config.trunks import Trunk
from yingda.sip import events as sip
from yingda.sip.endpoint import Endpoint
from yingda.sip.flow import Flow, host_port
from yingda.sip.registration import Account
from yingda.sip.resolving import Place

TOKEN_HEX = 20


class Accounts:
    """secret: makes the user part of our Contacts, so that nobody can guess them and a restart does not change them."""

    def __init__(self, endpoint: Endpoint, secret: bytes) -> None:
        self._endpoint, self._secret = endpoint, secret
        self._trunk_of: dict[str, str] = {}  # user part of a Contact of ours → trunk

    def contact_user(self, trunk: Trunk) -> str:
        """The user part of our Contact on this trunk."""
        return trunk.contact_user or hmac.digest(self._secret, trunk.id.encode(), "sha256").hex()[:TOKEN_HEX]

    def called(self, facts: sip.RequestFacts, trunk: Trunk | None) -> str:
        """The number that a request from there is for."""
        return called_number(facts, trunk, self.contact_user(trunk) if trunk is not None and trunk.registers else "")

    def trunk_by_contact(self, user: str) -> str | None:
        """The trunk whose Contact has this user part, if nobody could have guessed it."""
        return self._trunk_of.get(user)

    def keep(self, plan: NumberPlan, ways: dict[str, list[tuple[Place, Flow]]], now: int) -> list[sip.Effect]:
        """Register what this version wants registered. ways: where each trunk's registrar is, in order."""
        wanted = {trunk.id: trunk for trunk in plan.trunks.values() if trunk.registers}
        effects: list[sip.Effect] = []
        for gone in set(self._trunk_of.values()) - wanted.keys():
            effects += self._endpoint.registration.drop(gone, now)
        self._trunk_of = {self.contact_user(trunk): trunk.id for trunk in wanted.values() if not trunk.contact_user}
        for trunk in wanted.values():
            places = ways.get(trunk.id, [])
            if places:
                targets = tuple(sip.Target(_registrar_uri(trunk, place), flow) for place, flow in places)
                effects += self._endpoint.registration.keep(self._account(trunk, places[0][0]), targets, now)
        return effects

    def _account(self, trunk: Trunk, place: Place) -> Account:
        instance = uuid.UUID(bytes=hashlib.sha256(self._secret + trunk.id.encode()).digest()[:16], version=4).urn
        address = f"sip:{trunk.username}@{_domain(trunk, place)}"
        return Account(trunk.id, address, self.contact_user(trunk), trunk.expires_s, instance)


def _domain(trunk: Trunk, place: Place) -> str:
    host = place.address[0]
    return trunk.domain or place.name or (f"[{host}]" if ":" in host else host)


def _registrar_uri(trunk: Trunk, place: Place) -> str:
    transport = "" if place.transport == "udp" else f";transport={place.transport}"
    return f"sip:{trunk.domain or place.name or host_port(place.address)}{transport}"
