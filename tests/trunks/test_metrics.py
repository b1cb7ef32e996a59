"""What Prometheus is told of trunks."""

from __future__ import annotations

import asyncio

from tests.trunks.carriers import Exchange, replies, silent, trunk
from yingda.kernel.clock import SystemClock
from yingda.planes.metrics import ControlMetrics
from yingda.sip.transports.stack import SipStack


def test_state_channels_and_attempts_stand_in_the_metrics() -> None:
    exchange = Exchange({"192.0.2.2:5060": replies(200), "192.0.2.1:5060": silent})
    exchange.use(trunks=[trunk("a", "192.0.2.1", reply_s=0.2), trunk("b", "192.0.2.2", max_calls=7)])
    exchange.dial()
    exchange.pass_time(0.4)

    async def read() -> list[str]:
        stack = SipStack(exchange.endpoint, SystemClock(), lambda event: None)
        return ControlMetrics(stack, exchange.switch, exchange.signalling.trunk_board).text().splitlines()

    lines = asyncio.run(read())
    for line in (
        'yingda_trunk_up{trunk="a"} 0.0',
        'yingda_trunk_up{trunk="b"} 1.0',
        'yingda_trunk_channels{direction="outbound",trunk="b"} 1.0',
        'yingda_trunk_channels_most{trunk="b"} 7.0',
        'yingda_trunk_seized_total{direction="outbound",trunk="b"} 1.0',
        'yingda_trunk_refused_total{cause="carrier",direction="outbound",trunk="a"} 1.0',
    ):
        assert line in lines, lines
    assert not any("seized" in line and '"a"' in line for line in lines)  # an attempt is one or the other (T2)
