"""Fuzzing, guided by coverage (atheris), of what reads strangers' bytes.

    python -m tests.sip.fuzzing TARGET SECONDS FOLDER

target     what is fed                                                       what must hold
message    one datagram                                                      MalformedMessage, or written and read again
sdp        a description, as an offer and as an answer                       NotAcceptable, or an answer of RFC 3264
endpoint   several datagrams and streams, with time passing, to one that     nothing is raised, nothing is left over
           may be taken up by a successor from its state between two

FOLDER gets the inputs that led further; the torture messages are where it starts. A crash ends the run with exit code
77 and leaves its input there.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["yingda.sip"]):
    from yingda.sip import message, sdp
    from yingda.sip.core import EndpointConfig
    from yingda.sip.endpoint import Endpoint
    from yingda.sip.events import (
        EarlyAnswered,
        InviteReceived,
        Referred,
        Reinvited,
        RequestFacts,
        Send,
        TextReceived,
        Trunk,
    )
    from yingda.sip.transports.framing import FramingError, StreamFramer

from tests.sip.test_before_answer import INSISTS, NO_OFFER
from tests.sip.test_calls import established
from tests.sip.torture.messages import read
from tests.sip.wire import GOOD, MALFORMED
from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.kernel.ids import seeded_ids
from yingda.media.protocol import LegCreated
from yingda.sip.flow import Flow

UDP = Flow("udp", ("192.0.2.10", 5060), ("198.51.100.7", 5070))
TCP = Flow("tcp", ("192.0.2.10", 5060), ("198.51.100.7", 5071), "c")
LEG = LegCreated(leg_id="a", address=("192.0.2.10", 30000), ssrc=7, cname="c")
GAP = b"\0\0\xff\xff"  # between the datagrams of one input
SEED = 2  # as the called side of `test_calls`: its conversations fit
STEPS = (0, SECOND // 2, 5 * SECOND, 40 * SECOND)


def everybody(facts: RequestFacts, flow: Flow) -> Trunk:
    return Trunk("t")


CONFIG = EndpointConfig(authorise=everybody)


def _tag() -> str:
    """Of the first call that comes in."""
    one = Endpoint(CONFIG, seeded_ids(SEED), b"s")
    (received,) = [effect for effect in one.receive(INSISTS, UDP, 0) if isinstance(effect, InviteReceived)]
    (reply,) = [effect for effect in one.ring(received.key, 0) if isinstance(effect, Send)]
    return message.parse(reply.data).to_tag


def _inside(method: str, number: int, more: str) -> bytes:
    """A request in the early dialog of INSISTS or NO_OFFER."""
    text = INSISTS.partition(b"Content-Type")[0].decode().replace("Require: 100rel\r\n", more)
    text = text.replace("INVITE", method).replace("314159", str(number)).replace("-one", f"-{method}")
    text = text.replace("To: <sip:4008@192.0.2.10>", f"To: <sip:4008@192.0.2.10>;tag={_tag()}")
    body = sdp.offer(LEG)
    return f"{text}Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


PRACK = _inside("PRACK", 314160, "RAck: 1 314159 INVITE\r\n")
EARLY_UPDATE = _inside("UPDATE", 314161, "")
TEXT = INSISTS.partition(b"Content-Type")[0].replace(b"INVITE", b"MESSAGE") + b"Content-Type: text/plain\r\n\r\nhello"


def fuzz_message(data: bytes) -> None:
    try:
        one = message.parse(data)
    except message.MalformedMessage:
        return
    again = message.parse(one.to_bytes())
    assert (again.cseq, again.from_tag, again.to_tag) == (one.cseq, one.from_tag, one.to_tag)
    for name in list(one.headers):
        one.all(name), one.number(name), one.address(name)


def fuzz_sdp(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        remote = sdp.remote_media(text)
        reply = sdp.answer(text, remote, LEG)
    except sdp.NotAcceptable:
        return
    asked, given = sdp.parse(text).media, sdp.parse(reply).media
    assert [(one.kind, one.protocol) for one in asked] == [(one.kind, one.protocol) for one in given]
    with contextlib.suppress(sdp.NotAcceptable):
        sdp.remote_media(text, ours=sdp.offer(LEG))
    sdp.offer(LEG, version=2, before=reply)


def fuzz_endpoint(data: bytes) -> None:
    """The first byte chooses how the user of the endpoint behaves, how much time passes, and who goes on."""
    if not data:
        return
    mood, one, framer = data[0], Endpoint(CONFIG, seeded_ids(SEED), b"s"), StreamFramer()
    now = 1_000 * SECOND
    for number, piece in enumerate(data[1:].split(GAP)[:6]):
        now += STEPS[(mood >> number) % len(STEPS)]
        if number % 2:
            try:
                pieces = framer.feed(piece)
            except FramingError as error:
                pieces = [error.head]
            effects = [effect for whole in pieces for effect in one.receive(whole, TCP, now)]
        else:
            effects = one.receive(piece, UDP, now)
        for effect in effects:
            _react(one, effect, mood, now)
        one.handle_timer(now)
        if mood & 0x40:
            one = Endpoint.from_state(json.loads(json.dumps(one.to_state())), CONFIG, seeded_ids(SEED + number), b"s")
    for session in one.to_state()["sessions"]:
        one.hang_up(session["key"], now)
    one.handle_timer(now + 200 * SECOND)
    one.handle_timer(now + 400 * SECOND)
    live = one.live()
    assert not (live["transactions"] or live["calls"] or live["dialogs"]), live


def _react(one: Endpoint, effect: object, mood: int, now: int) -> None:
    if isinstance(effect, Send):
        assert b"\r\n" in effect.data
        return
    try:
        if isinstance(effect, InviteReceived):
            if mood & 8:
                one.ring(effect.key, now, 183, sdp.offer(LEG))
            one.ring(effect.key, now)
            if mood & 1:
                one.answer(effect.key, sdp.offer(LEG), now)
            elif mood & 2:
                one.reject(effect.key, 486, now)
        elif isinstance(effect, Reinvited):
            one.reject(effect.key, 488, now) if mood & 0x10 else one.answer(effect.key, sdp.offer(LEG), now)
        elif isinstance(effect, EarlyAnswered):
            one.answer(effect.key, "", now)
        elif isinstance(effect, TextReceived):
            one.answer_text(effect.ticket, 200 if mood & 1 else 404, now)
        elif isinstance(effect, Referred):
            one.accept_refer(effect.key, now)
            one.refer_result(effect.key, 200, now)
    except YingdaError:
        return


TARGETS: dict[str, Callable[[bytes], None]] = {
    "message": fuzz_message, "sdp": fuzz_sdp, "endpoint": fuzz_endpoint,
}  # fmt: skip


def seeds(target: str) -> list[bytes]:
    """Where a run begins."""
    datas = [one.data for file in ("rfc4475.txt", "rfc5118.txt") for one in read(file)]
    datas += [*GOOD.values(), *(twin.data for twin in MALFORMED.values())]
    datas = [data for data in datas if len(data) < 4_096]
    if target == "sdp":
        bodies = [data.partition(b"\r\n\r\n")[2] for data in datas]
        return [body for body in bodies if body.startswith(b"v=")] + [sdp.offer(LEG).encode()]
    if target == "message":
        return datas
    talks = [conversation(), GAP.join((INSISTS, PRACK, EARLY_UPDATE)), GAP.join((NO_OFFER, PRACK)), TEXT]
    return [mood + data for data in [*datas, *talks] for mood in (b"\x05", b"\x0b", b"\x48")]


def conversation() -> bytes:
    """What a caller sends in a whole call; the tags are those that our endpoint will draw."""
    world, key, _ = established()
    world.do(world.a, world.a.endpoint.reinvite(key, sdp.offer(LEG, version=2), world.now))
    world.do(world.a, world.a.endpoint.bye(key, world.now))
    sent = zip(world.sent, world.kept, strict=True)
    return GAP.join(data for (_, side, _), data in sent if side == "a")


def main() -> None:
    target, seconds, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    corpus = folder / target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(seeds(target)):
        (corpus / f"seed{number}").write_bytes(data)
    options = [f"-max_total_time={seconds}", "-max_len=4096", "-timeout=5", f"-artifact_prefix={folder}/"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
