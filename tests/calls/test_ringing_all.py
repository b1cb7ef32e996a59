"""A queue that rings everybody at once: who did not get the call is told that somebody else has it (RFC 3326)."""

from __future__ import annotations

from tests.sip.traffic import DOCUMENT, Traffic
from yingda.kernel.clock import MS
from yingda.sip import message
from yingda.sip.flow import Flow
from yingda.sip.session import COMPLETED_ELSEWHERE


class Everybody(Traffic):
    """Two phones ring; the first one answers."""

    document = DOCUMENT | {"queues": [{**DOCUMENT["queues"][0], "strategy": "ring_all"}]}
    agents = 2

    def __init__(self) -> None:
        self.rung: list[bytes] = []
        self.cancelled: list[bytes] = []
        super().__init__()

    def _rings(self, invite: bytes, flow: Flow) -> None:
        self.rung.append(invite)
        self._phones[message.parse(invite).call_id.encode()] = (flow, invite)
        self._answer(invite, b"180 Ringing", flow)
        if len(self.rung) == 1:
            self.at(600 * MS, self._answer_invite, invite, b"200 OK")

    def _arrived(self, data: bytes, flow: Flow) -> None:
        if data.startswith(b"CANCEL"):
            self.cancelled.append(data)
        super()._arrived(data, flow)


def test_who_did_not_get_the_call_has_missed_nothing() -> None:
    both = Everybody()
    both.run(1)
    both.settle(5)
    (cancel,) = (message.parse(data) for data in both.cancelled)
    assert len(both.rung) == 2 and cancel.get("Reason") == COMPLETED_ELSEWHERE
    both.settle(60)
    assert both.ledger.kinds["handling.connected"] == 1 and both.ledger.kinds["offer.made"] == 2
