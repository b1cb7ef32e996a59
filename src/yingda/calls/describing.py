"""What may be agreed to on a line, and where our leg is as its far end sees it: what a description is made from."""

from __future__ import annotations

import msgspec

from yingda.calls.switch import Switch
from yingda.media.protocol import LegCreated
from yingda.sip import sdp
from yingda.sip.endpoint import Endpoint
from yingda.sip.flow import WILDCARDS, Flow
from yingda.sip.sdp_codecs import VOICE, spoken
from yingda.sip.sdp_crypto import Srtp


class Describing:
    """Goes by the trunks and devices of the number plan in force."""

    def __init__(self, endpoint: Endpoint, switch: Switch) -> None:
        self._endpoint, self._switch = endpoint, switch

    def terms(self, flow: Flow, trunk_id: str | None, extension: str | None) -> sdp.Terms:
        """What a description on this line may agree to, as the configuration of its trunk or device says."""
        plan = self._switch.table.plan
        trunk, device = plan.trunks.get(trunk_id or ""), plan.devices.get(extension or "")
        owner = trunk or device
        wishes = trunk.codecs if trunk is not None else [device.codec, *VOICE] if device is not None else VOICE
        return sdp.Terms(spoken(wishes), Srtp(owner.srtp) if owner is not None else Srtp.OPTIONAL, flow.private)

    def to_trunk(self, flow: Flow, local: LegCreated, trunk_id: str) -> tuple[sdp.Terms, LegCreated]:
        """What may be agreed to on a call by a trunk, and our leg as seen from there."""
        return self.terms(flow, trunk_id, None), self.seen_from(flow, local)

    def to_device(self, flow: Flow, local: LegCreated, extension: str) -> tuple[sdp.Terms, LegCreated]:
        """The same for a device of ours."""
        return self.terms(flow, None, extension), self.seen_from(flow, local)

    def seen_from(self, flow: Flow, local: LegCreated) -> LegCreated:
        """A leg's address as this peer reaches it: the advertised one; in our own network where the peer speaks to."""
        host, port = local.address
        told = self._endpoint.advertised_host(flow)
        if not told and (host in WILDCARDS or self._endpoint.advertises_to_others):
            told = flow.local[0]
        return msgspec.structs.replace(local, address=(told, port)) if told else local
