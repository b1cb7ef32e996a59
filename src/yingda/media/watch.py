"""Looking after each leg ten times a second: silence, one-way audio, RTCP, lost ends of digits, ICE consent.

Legs are visited in turns, a twentieth at each 5 ms tick.
"""

from __future__ import annotations

from collections.abc import Callable

from yingda.kernel.clock import MS, SECOND
from yingda.media import rtcp
from yingda.media.condition import Condition
from yingda.media.leg import ONE_WAY, Leg, LegState
from yingda.media.matrix import GainMatrix, RowKind
from yingda.media.phases import Phases
from yingda.media.relay import Relay

TURNS = 20
NOTED_EVERY = 2
"""At every so many looks a successor is told of a leg: commands are noted at once, and a line may leap."""
RTCP_EVERY = 5 * SECOND
STALLED_AFTER = 200 * MS
SILENT_AFTER_S = (5, 10, 30, 60, 300)


class Watch:
    """on_silent(leg, seconds, now); on_lost(leg, reason, now); on_condition(leg, condition, now)."""

    def __init__(
        self, relay: Relay, phases: Phases, matrix: GainMatrix, legs: dict[str, Leg],
        on_silent: Callable[[Leg, int, int], None], on_lost: Callable[[Leg, str, int], None],
        on_condition: Callable[[Leg, Condition, int], None],
    ) -> None:  # fmt: skip
        self._relay, self._phases, self._matrix, self._legs = relay, phases, matrix, legs
        self._on_silent, self._on_lost, self._on_condition = on_silent, on_lost, on_condition
        self.on_look: Callable[[Leg, int], None] | None = None
        self._turns: list[dict[str, Leg]] = [{} for _ in range(TURNS)]
        self._turn_of: dict[str, dict[str, Leg]] = {}  # by leg
        self._next = 0

    def add(self, leg: Leg) -> None:
        self._next = (self._next + 1) % TURNS
        self._turn_of[leg.leg_id] = turn = self._turns[self._next]
        turn[leg.leg_id] = leg

    def remove(self, leg: Leg) -> None:
        turn = self._turn_of.pop(leg.leg_id, None)
        if turn is not None:
            del turn[leg.leg_id]

    def tick(self, number: int, now: int) -> None:
        note = self.on_look if number // TURNS % NOTED_EVERY == 0 else None
        for leg in list(self._turns[number % TURNS].values()):
            if note is not None:
                note(leg, now)
            self.look(leg, now)

    def look(self, leg: Leg, now: int) -> None:
        """One leg, now; harmless at any time."""
        events = leg.digits_in.handle_timer(now)
        if events:
            self._relay.digits_ended(leg, events, now)
        if leg.webrtc is not None:
            self._webrtc(leg, now)
        if leg.state is not LegState.CONNECTED:
            return
        heard = now - max(leg.heard_at, leg.connected_at)
        sent = now - max(leg.line.last_at, leg.connected_at)
        if leg.hears and heard >= SILENT_AFTER_S[0] * SECOND:
            self._silence(leg, heard // SECOND, now)
        else:
            leg.silence_told = 0
        if leg.hears and not leg.one_way and (leg.sending or leg.carries):  # one direction lives, the other does not
            leg.one_way = max(heard, sent) >= ONE_WAY > min(heard, sent)
        if leg.sending and now - leg.line.last_at > STALLED_AFTER and not leg.digits_out.busy:
            self._stalled(leg)
        if now >= leg.rtcp_at:
            if leg.rtcp_at and leg.target is not None:
                self._relay.send_rtcp(leg, _report(leg, now))
                self._judge(leg, now)
            leg.rtcp_at = now + (RTCP_EVERY if leg.rtcp_at else leg.line.ssrc % RTCP_EVERY)

    def _judge(self, leg: Leg, now: int) -> None:
        condition = leg.condition.look(leg, now)
        if condition is not None:
            self._on_condition(leg, condition, now)

    def _webrtc(self, leg: Leg, now: int) -> None:
        webrtc = leg.webrtc
        if webrtc is None or leg.state is LegState.LOST:
            return
        webrtc.handle_timer(now)
        self._relay.flush(leg)
        if webrtc.lost:
            self._on_lost(leg, webrtc.lost, now)

    def _silence(self, leg: Leg, silent: int, now: int) -> None:
        """Nothing came for so many seconds although the far end may speak."""
        reached = max(seconds for seconds in SILENT_AFTER_S if seconds <= silent)
        if reached > leg.silence_told:
            leg.silence_told = reached
            self._on_silent(leg, reached, now)

    def _stalled(self, leg: Leg) -> None:
        """A forwarded row whose source fell silent is filled, so that browsers and firewalls do not think us dead."""
        if self._matrix.kind(leg.leg_id) is not RowKind.FORWARD:
            return
        source = self._legs.get(next(iter(self._matrix.row(leg.leg_id))))
        if source is not None:
            self._phases.stall(leg, source)


def _report(leg: Leg, now: int) -> bytes:
    """SR with what was sent, and one block on what was heard."""
    line, stream = leg.line, leg.stream
    sent = None
    if line.last_at:
        sent = ((line.timestamp + (now - line.last_at) // 125) * leg.clock & 0xFFFF_FFFF, line.sent, line.octets)
    block = None
    if stream.ssrc is not None:
        last, came = leg.last_report or (0, now)
        fraction = min(255, 256 * stream.lost // max(1, stream.expected))
        delay = (now - came) * 65_536 // SECOND if last else 0
        block = rtcp.Block(stream.ssrc, fraction, stream.lost, stream.highest, int(stream.jitter), last, delay)
    return rtcp.report(line.ssrc, leg.cname, now, sent, block)
