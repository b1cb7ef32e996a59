"""The bench's own peers against each other: a real sipp calls a real baresip, and both ends prove what they heard."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest
from bench.peers.baresip import Phone, PhoneEvent, PhoneSettings
from bench.peers.capture import Capture
from bench.peers.pcap import datagrams, heard, rtp
from bench.peers.ports import PortBlock
from bench.peers.process import Child, PeerError
from bench.peers.sipp import Caller, CallerSettings, dial_together
from bench.sound import Law, level, read_wav, strongest_beside

pytestmark = pytest.mark.peer


@dataclass
class Call:
    """A finished call: what the phone told, where the files are."""

    events: list[PhoneEvent]
    phone: Phone
    caller: Caller
    capture: Capture
    code: int


async def _call(folder: Path, codec: Law, *, agent_hangs_up: bool, answers: bool = True) -> Call:
    with PortBlock.take() as ports:
        media = ports.row(10)
        phone_settings = PhoneSettings(
            *("8001", "secret", f"127.0.0.1:{ports.one()}", ports.one(), ports.one(), (media[0], media[-1])),
            tone_hz=1510,
            registers=False,
        )
        caller_settings = CallerSettings(
            *("13800138001", "8001", f"127.0.0.1:{phone_settings.sip_port}", ports.one(), ports.row(4)[0], ports.one()),
            tone_hz=450,
            codec=codec,
            stay_s=10.0 if agent_hangs_up else 1.5,
        )
        capture = await Capture.start(folder / "wire.pcap", (ports.base, ports.last))
        phone = await Phone.start(phone_settings, folder / "8001")
        caller = await Caller.start(caller_settings, folder / "caller")
        try:
            await dial_together([caller])
            events = []
            async with asyncio.timeout(12):
                async for event in phone.events():
                    events.append(event)
                    if event.kind == "CALL_INCOMING":
                        await (phone.answer() if answers else phone.hang_up())
                    if event.kind == "CALL_ESTABLISHED" and agent_hangs_up:
                        await asyncio.sleep(1.5)  # the length of the talk
                        await phone.hang_up()
                    if event.kind == "CALL_CLOSED":
                        break
            code = await caller.finished(5)
        finally:
            await asyncio.gather(caller.stop(), phone.stop(), capture.stop())
        return Call(events, phone, caller, capture, code)


@pytest.mark.parametrize(("codec", "agent_hangs_up"), [("PCMA", False), ("PCMU", True)])
def test_both_ends_hear_the_other_and_not_themselves(tmp_path: Path, codec: Law, agent_hangs_up: bool) -> None:
    call = asyncio.run(_call(tmp_path, codec, agent_hangs_up=agent_hangs_up))
    assert call.code == 0
    assert [event.kind for event in call.events if event.kind in ("CALL_ESTABLISHED", "CALL_CLOSED")] == [
        "CALL_ESTABLISHED",
        "CALL_CLOSED",
    ]
    assert call.events[0].peer_user == "13800138001"
    assert call.capture.dropped == 0

    [dump] = call.phone.dumps()
    at_the_phone = read_wav(dump).channels[0]
    assert level(at_the_phone, 450) > -14
    assert strongest_beside(at_the_phone, 450)[0] < -45

    settings = call.caller.settings
    seen = [
        packet
        for datagram in datagrams(call.capture.file)
        if datagram.target == (settings.host, settings.media_port) and (packet := rtp(datagram)) is not None
    ]
    at_the_caller = heard(seen, seen[0].at, seen[-1].at + 1)
    assert len(at_the_caller) > 8_000
    assert level(at_the_caller, 1510) > -14
    assert strongest_beside(at_the_caller, 1510)[0] < -45


def test_a_phone_that_declines_leaves_the_caller_with_a_failed_call(tmp_path: Path) -> None:
    call = asyncio.run(_call(tmp_path, "PCMA", agent_hangs_up=False, answers=False))
    assert call.code == 1
    assert not call.phone.dumps()
    assert "486" in (tmp_path / "caller" / "messages.log").read_text()


def test_callers_that_dial_together_dial_within_five_milliseconds(tmp_path: Path) -> None:
    async def run() -> list[int]:
        with PortBlock.take() as ports:
            nobody = ports.one()
            capture = await Capture.start(tmp_path / "wire.pcap", (ports.base, ports.last))
            callers = [
                await Caller.start(
                    CallerSettings(
                        *(f"1380013800{number}", "8001", f"127.0.0.1:{nobody}"),
                        *(ports.one(), ports.row(4)[0], ports.one()),
                        tone_hz=450,
                        codec="PCMA",
                        stay_s=1,
                    ),
                    tmp_path / str(number),
                )
                for number in range(2)
            ]
            try:
                await dial_together(callers)
                await asyncio.sleep(0.3)  # time for both INVITEs to be on the wire, and for no second one (500 ms)
            finally:
                await asyncio.gather(*(caller.stop() for caller in callers), capture.stop())
            invites = [item for item in datagrams(capture.file) if item.payload.startswith(b"INVITE ")]
            return [item.at for item in invites]

    first, second = asyncio.run(run())
    assert second - first < 5_000


def test_a_program_that_does_not_speak_is_named_in_a_sentence(tmp_path: Path) -> None:
    async def run() -> None:
        child = await Child.start("a clock", ["sleep", "30"], tmp_path / "log")
        try:
            with pytest.raises(PeerError, match=r"Waited 0\.1 s in vain for a clock to say 'ready'"):
                await child.says("ready", 0.1)
        finally:
            await child.stop()
        assert child.code is not None

    asyncio.run(run())


def test_a_program_ends_with_all_it_started(tmp_path: Path) -> None:
    async def run() -> int:
        child = await Child.start("a nest", ["sh", "-c", "sleep 60 & echo $!; wait"], tmp_path / "log")
        await child.says("\n", 5)
        inner = int(child.printed())
        await child.stop()
        return inner

    inner = asyncio.run(run())
    state = Path(f"/proc/{inner}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"  # gone, or only waiting to be collected
