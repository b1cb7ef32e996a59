"""Who may call: number plan, registrations and registrar decide; and what the registrar knows of our devices."""

from __future__ import annotations

from collections.abc import Callable

from yingda.calls.numbering import NumberPlan
from yingda.kernel.config.trunks import Trunk
from yingda.sip import events as sip
from yingda.sip.endpoint import Endpoint
from yingda.sip.flow import Flow


class Doorman:
    """Who may call: a trunk is let in as that trunk, everybody else proves to be one of our devices, or a trunk.

    known: the trunk that a request comes by, if more than its configured address shows it (`Signalling.trunk`).
    """

    def __init__(
        self,
        plan: Callable[[], NumberPlan],
        extensions: Callable[[], frozenset[str]],
        known: Callable[[sip.RequestFacts], Trunk | None] = lambda _: None,
    ) -> None:
        self._plan, self._extensions, self._known = plan, extensions, known

    def __call__(self, facts: sip.RequestFacts, flow: Flow) -> sip.Trunk | sip.Challenge | sip.Refuse:
        if facts.caller_number in self._extensions():
            return sip.Challenge()
        trunk = self._known(facts) or self._plan().trunk_of(flow.remote[0])
        return sip.Trunk(trunk.id) if trunk is not None and not trunk.authenticates else sip.Challenge()


class Registrations:
    """What the registrar knows, in the words of calls and agents."""

    def __init__(self, endpoint: Endpoint, borrowed: Callable[[str], bool] = lambda _: False) -> None:
        """borrowed: whether a call has the nailed-up line of this device, which the desk answers."""
        self._endpoint, self.borrowed = endpoint, borrowed

    def media_kind(self, extension: str) -> str | None:
        """rtp, webrtc (a browser's WebSocket), or None while the device is not registered."""
        bindings = self._endpoint.bindings(extension)
        if not bindings:
            return None
        return "webrtc" if bindings[0].flow.transport in ("ws", "wss") else "rtp"

    def answers_by_key(self, extension: str) -> bool:
        """Whether it said that the desk may press its answer key."""
        return self.borrowed(extension) or self._endpoint.abilities(extension).talk
