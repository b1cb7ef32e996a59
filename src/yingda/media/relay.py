"""The way of a packet: in from a leg, judged, counted, tapped, and out to every leg that takes it as it is.

Sans-IO: datagrams come with their time, `out` collects what to send. This is the hot path; a bridged call runs through
it 100 times a second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from yingda.media import rtcp
from yingda.media.coded_line import Came
from yingda.media.dtmf import DigitBegan, DigitEnded, DigitEvent, EventFrame
from yingda.media.g711 import FRAME, OTHER_LAW, SILENT_FRAME, Law
from yingda.media.inband import key_sound
from yingda.media.latch import Verdict
from yingda.media.leg import EVENT, NOISE, PASS, SOUND, Leg, LegState
from yingda.media.protocol import Address
from yingda.media.rtp import MARKER, parse
from yingda.media.webrtc import Kind

MAX_PAYLOAD = 1_280  # 160 ms of G.711
Datagram = tuple[object, bytes, Address]
"""(the network's handle of the port to send from, bytes, where to)."""


class Relay:
    """on_digits: a leg's digits began or ended. on_alive: its first authentic packet. on_change: a browser's state."""

    def __init__(
        self,
        send: Callable[[object, bytes, Address], bool],
        on_digits: Callable[[Leg, list[DigitEvent], int], None],
        on_alive: Callable[[Leg, int], None],
        on_change: Callable[[Leg, int], None],
    ) -> None:
        self.out: list[Datagram] = []
        self.counters: Counter[str] = Counter()
        self._send_datagram = send
        self._on_digits, self._on_alive, self._on_change = on_digits, on_alive, on_change

    # ---- in --------------------------------------------------------------------------------------------------------

    def receive(self, leg: Leg, data: bytes, address: Address, now: int) -> None:
        """A datagram on the leg's RTP port."""
        if leg.webrtc is not None:
            unwrapped = self._unwrap(leg, data, address, now)
            if unwrapped is None:
                return
            data = unwrapped
        elif leg.sdes is not None:
            plain = leg.sdes.unprotect(data)
            if plain is None:
                self.counters["packets_unauthentic"] += 1
                return
            data = plain
        packet = parse(data)
        if packet is None or len(packet[4]) > MAX_PAYLOAD:
            leg.malformed += 1
            self.counters["packets_malformed"] += 1
            return
        second, sequence, timestamp, ssrc, payload = packet
        if leg.webrtc is None:
            latch = leg.latch
            foreign = address != latch.address or ssrc != latch.ssrc or latch.open
            if foreign and not self._admit(leg, address, ssrc, sequence, now):
                return
        if not leg.stream.note(ssrc, sequence):
            return
        if not leg.hears:
            leg.heard_at = now
            return
        meaning = leg.payloads.get(second & 0x7F)
        if meaning is None or not payload:
            leg.unknown += 1
            return
        leg.heard_at = now
        if not leg.alive:
            leg.alive = True
            self._on_alive(leg, now)
        if meaning == EVENT:
            self._event(leg, second & MARKER, sequence, timestamp, payload, now)
        elif leg.hushed and leg.secret(now):
            return
        elif meaning == PASS:
            self._pass(leg, second & MARKER, sequence, timestamp, payload, now)
        elif meaning == SOUND:
            self._spoken(leg, second, sequence, timestamp, payload, now)
        elif meaning == NOISE:  # the line falls silent: whoever hears it forwarded gets our own silence soon
            if leg.jitter is not None:
                leg.jitter.calm(payload[0] & 0x7F)
        else:
            self._sound(leg, leg.forwards, second & MARKER, meaning, sequence, timestamp, payload, now)

    def _sound(
        self, leg: Leg, sinks: tuple[Leg, ...], marker: int, law: int, sequence: int, timestamp: int, payload: bytes,
        now: int, came: Came | None = None,
    ) -> None:  # fmt: skip
        """20 ms of a leg's voice: to recorders and ears, to the mixer, and to all `sinks`, who take it as it is.

        came: where it was decoded here, what it was decoded from."""
        stream = leg.stream
        token = stream.token
        stream.time(timestamp, now)
        for tap in leg.taps_in:
            tap.append((now, token, timestamp, law, payload))
        if leg.jitter is not None:
            leg.jitter.put(token, timestamp, payload, law)
        for sink in sinks:
            if not sink.sending or sink.digits_out.busy:
                continue
            line, body = sink.line, payload if law == sink.law else payload.translate(OTHER_LAW[law])
            packet = line.forward(token, marker, sink.number, sequence, timestamp, body, now)
            if packet is None:
                continue
            for tap in sink.taps_out:
                tap.append((now, line, line.passed, sink.law, body))
            if sink.plain and sink.target is not None:
                self.out.append((sink.port, packet, sink.target))
            else:
                self._send(sink, packet, came)

    def _pass(self, leg: Leg, marker: int, sequence: int, timestamp: int, payload: bytes, now: int) -> None:
        """A codec that we do not speak: as it is, to those who have it too, by their number."""
        leg.stream.time(timestamp, now)
        for sink in leg.forwards:
            if sink.carries and sink.passes == leg.passes:
                packet = sink.line.forward(leg.stream.token, marker, sink.number, sequence, timestamp, payload, now)
                if packet is not None:
                    self._send(sink, packet)

    def _event(self, leg: Leg, marker: int, sequence: int, timestamp: int, payload: bytes, now: int) -> None:
        self.digits_ended(leg, leg.digits_in.receive(payload, timestamp, now, leg.stream.token), now)
        if leg.hushed or not leg.forwards:  # what began while nobody heard it has no end that anybody hears
            leg.hushed_event = timestamp
        if timestamp == leg.hushed_event:
            return
        if leg.coded is not None:
            timestamp, payload = leg.coded.event(sequence, timestamp, payload)
        for sink in leg.forwards:
            heard = sink.sending or sink.carries
            if heard and not sink.digits_out.busy and sink.event_number is not None:
                packet = sink.line.forward(
                    leg.stream.token, marker, sink.event_number, sequence, timestamp, payload, now
                )
                if packet is not None:
                    self._send(sink, packet)

    def _spoken(self, leg: Leg, second: int, sequence: int, timestamp: int, payload: bytes, now: int) -> None:
        """Another codec than G.711 becomes µ-law here; a packet that was lost may come along with the next one.

        Who speaks the same codec gets what came, and makes good for himself what is lost.
        """
        line = leg.decoders[second & 0x7F]
        timestamp = line.time(timestamp)
        for before, sound in line.hear(leg.stream.token, sequence, payload):
            sinks, came = leg.forwards, (line.name, payload)
            if before:
                sinks = tuple(sink for sink in sinks if sink.coded is None or sink.coded.name != line.name)
            at, number = (timestamp - before) & 0xFFFF_FFFF, (sequence - (before > 0)) & 0xFFFF
            self._sound(leg, sinks, second & MARKER, Law.MU, number, at, sound, now, came)

    def _admit(self, leg: Leg, address: Address, ssrc: int, sequence: int, now: int) -> bool:
        before = leg.latch.address
        verdict = leg.latch.admit(address, ssrc, sequence, leg.heard_at, now)
        if verdict is Verdict.STRANGER:
            leg.strangers += 1
            self.counters["packets_strangers"] += 1
        if leg.latch.address != before:
            leg.follow_latch()
        return verdict is Verdict.HEARD

    def _unwrap(self, leg: Leg, data: bytes, address: Address, now: int) -> bytes | None:
        """A webrtc leg's datagram: plain RTP, or None when it was something else or not authentic."""
        webrtc = leg.webrtc
        if webrtc is None:
            return None
        before = webrtc.secured, webrtc.target, webrtc.lost
        kind, plain = webrtc.receive(data, address, now)
        self.flush(leg)
        if (webrtc.secured, webrtc.target, webrtc.lost) != before:
            leg.refresh()
            self._on_change(leg, now)
        if kind is Kind.RTCP:
            self._report(leg, plain, now)
        return plain if kind is Kind.RTP else None

    def flush(self, leg: Leg) -> None:
        """Send what ICE and DTLS have to say."""
        webrtc = leg.webrtc
        if webrtc is not None and webrtc.outgoing:
            self.out += [(leg.port, data, address) for data, address in webrtc.outgoing]
            webrtc.outgoing.clear()

    def receive_rtcp(self, leg: Leg, data: bytes, address: Address, now: int) -> None:
        """A datagram on the odd port; only from the hosts the leg trusts."""
        if leg.latch.trusts(address[0]):
            plain = leg.sdes.unprotect(data, control=True) if leg.sdes is not None else data
            if plain is not None:
                self._report(leg, plain, now)
        else:
            leg.strangers += 1
            self.counters["packets_strangers"] += 1

    def _report(self, leg: Leg, data: bytes, now: int) -> None:
        received = rtcp.parse(data)
        if received is None:
            leg.malformed += 1
            self.counters["packets_malformed"] += 1
            return
        if received.ntp_middle is not None:
            leg.last_report = (received.ntp_middle, now)
        for block in received.blocks:
            if block.ssrc == leg.line.ssrc:
                leg.condition.far_loss = 100.0 * block.fraction / 256
            if block.ssrc == leg.line.ssrc and block.last_report:
                turn = (rtcp.middle(now) - block.last_report - block.delay) & 0xFFFF_FFFF
                if turn < 60 << 16:  # RFC 3550 section 6.4.1; more than a minute is a broken clock
                    leg.round_trip_ms = turn * 1_000 / 65_536

    def digits_ended(self, leg: Leg, events: list[DigitEvent], now: int) -> None:
        """Digit events that a timer or a packet brought about."""
        if events:
            self._on_digits(leg, events, now)

    # ---- out -------------------------------------------------------------------------------------------------------

    def send_frame(self, sink: Leg, frame: bytes, now: int) -> None:
        """A frame made here, in the sink's law."""
        if sink.portions is None:
            self._send_made(sink, frame, now)
        else:
            for portion in sink.portions.cut(frame, now):
                self._send_made(sink, portion, now)

    def _send_made(self, sink: Leg, frame: bytes, now: int) -> None:
        line = sink.line
        packet = line.generate(sink.number, frame, now)
        for tap in sink.taps_out:
            tap.append((now, line, line.timestamp, sink.law, frame))
        if sink.plain and sink.target is not None:
            self.out.append((sink.port, packet, sink.target))
        else:
            self._send(sink, packet)

    def send_event(self, sink: Leg, now: int) -> None:
        """The next step of the digits that wait on a leg."""
        frame = sink.digits_out.step()
        if sink.event_number is None:
            self.send_frame(sink, _sounding(frame, sink.law), now)
        elif frame is not None:
            self._send(sink, sink.line.event(sink.event_number, frame.payload, frame.first, frame.duration, now))

    def _send(self, sink: Leg, packet: bytes, came: Came | None = None) -> None:
        """What remains to be done with a packet on its way out: the codec of the wire, then SRTP."""
        wrapped = packet if sink.coded is None else sink.coded.wrap(packet, came)
        secure = sink.webrtc or sink.sdes
        if secure is not None and wrapped is not None:
            wrapped = secure.protect(wrapped)
        if wrapped is None:
            self.counters["packets_unprotected"] += 1
        elif sink.target is not None:
            self.out.append((sink.port, wrapped, sink.target))

    def send_out(self) -> None:
        """Hand everything that waits to the network; the loop does it once a turn."""
        send = self._send_datagram
        for port, data, address in self.out:
            if not send(port, data, address):
                self.counters["packets_unsent"] += 1
        self.out.clear()

    def send_rtcp(self, leg: Leg, packet: bytes) -> None:
        """On the odd port, or beside RTP for a browser."""
        if leg.target is None or leg.state is LegState.LOST:
            return
        if leg.webrtc is not None:
            protected = leg.webrtc.protect_rtcp(packet)
            if protected is not None:
                self.out.append((leg.port, protected, leg.target))
            return
        if leg.sdes is not None:
            protected = leg.sdes.protect(packet, control=True)
            if protected is None:
                return
            packet = protected
        described = leg.remote.rtcp_address if leg.remote is not None else None
        self.out.append((leg.rtcp_port, packet, described or (leg.target[0], leg.target[1] + 1)))


def _sounding(frame: EventFrame | None, law: Law) -> bytes:
    """20 ms of a digit for a far end that knows no telephone-event."""
    if frame is None or frame.again:
        return SILENT_FRAME[law]
    return key_sound(frame.digit, max(0, frame.duration - FRAME), law)


def ended(events: list[DigitEvent]) -> list[DigitEnded]:
    return [event for event in events if isinstance(event, DigitEnded)]


def began(events: list[DigitEvent]) -> bool:
    return any(isinstance(event, DigitBegan) for event in events)
