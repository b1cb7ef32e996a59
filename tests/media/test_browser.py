"""A browser's leg against a real browser: both tones arrive, one measured at a phone, one in the page."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.async_api import Page, async_playwright

from tests.conftest import skip_or_fail
from tests.media.lab import level, sine
from tests.media.peers import control, media_process, phone
from yingda.media.protocol import AnyReport, Codec, DigitHeard, IceParameters, LegCreated, LegLost, RemoteMedia
from yingda.sip import sdp
from yingda.sip.sdp_codecs import VOICE

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
PAGE_HZ, PHONE_HZ = 600.0, 1_000.0

PAGE = """() => {
window.peer = new RTCPeerConnection();
window.context = new AudioContext({sampleRate: 48000});
const oscillator = context.createOscillator();
oscillator.frequency.value = TONE;
const volume = context.createGain();
volume.gain.value = 0.25;
const destination = context.createMediaStreamDestination();
oscillator.connect(volume).connect(destination);
oscillator.start();
peer.addTrack(destination.stream.getAudioTracks()[0], destination.stream);
peer.ontrack = (event) => {
  const stream = new MediaStream([event.track]);
  const sound = new Audio();
  sound.srcObject = stream;
  sound.play();
  window.analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  analyser.smoothingTimeConstant = 0;
  context.createMediaStreamSource(stream).connect(analyser);
};
window.gathered = () => new Promise((resolve) => {
  if (peer.iceGatheringState === 'complete') resolve(peer.localDescription.sdp);
  peer.onicegatheringstatechange = () => {
    if (peer.iceGatheringState === 'complete') resolve(peer.localDescription.sdp);
  };
});
window.spectrum = () => {
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  const width = context.sampleRate / analyser.fftSize;
  const around = (hertz) => {
    const middle = Math.round(hertz / width);
    return Math.max(...bins.slice(middle - 2, middle + 3));
  };
  return {phone: around(PHONE), page: around(TONE)};
};
}""".replace("TONE", str(PAGE_HZ)).replace("PHONE", str(PHONE_HZ))


def describe(sdp: str) -> RemoteMedia:
    """What control would read from the browser's SDP."""

    def found(pattern: str) -> str:
        match = re.search(pattern, sdp, re.MULTILINE)
        assert match, pattern
        return match[1].strip()

    codec = Codec(name="PCMU", pt=0)
    event = int(found(r"^a=rtpmap:(\d+) telephone-event/8000"))
    return RemoteMedia(
        send_codec=codec, send_event_pt=event, receive_codecs=[codec, Codec(name="telephone-event", pt=event)],
        ice=IceParameters(found(r"^a=ice-ufrag:(.*)$"), found(r"^a=ice-pwd:(.*)$")),
        fingerprint=found(r"^a=fingerprint:(.*)$"), setup=found(r"^a=setup:(.*)$"),
    )  # fmt: skip


def local_sdp(leg: LegCreated, event: int, setup: str) -> str:
    """What control would write: ICE-lite, one candidate, mux, PCMU and telephone-event."""
    assert leg.ice is not None
    host, port = leg.address
    lines = [
        "v=0", f"o=- 1 1 IN IP4 {host}", "s=-", "t=0 0", "a=ice-lite", "a=group:BUNDLE 0",
        f"m=audio {port} UDP/TLS/RTP/SAVPF 0 {event}", f"c=IN IP4 {host}", "a=mid:0", "a=sendrecv", "a=rtcp-mux",
        f"a=ice-ufrag:{leg.ice.ufrag}", f"a=ice-pwd:{leg.ice.pwd}", f"a=fingerprint:{leg.fingerprint}",
        f"a=setup:{setup}", "a=rtpmap:0 PCMU/8000", f"a=rtpmap:{event} telephone-event/8000",
        f"a=fmtp:{event} 0-15", "a=ptime:20", f"a=ssrc:{leg.ssrc} cname:{leg.cname}",
        f"a=candidate:1 1 udp 2130706431 {host} {port} typ host", "a=end-of-candidates",
    ]  # fmt: skip
    return "\r\n".join(lines) + "\r\n"


@asynccontextmanager
async def browser_page(folder: Path) -> AsyncIterator[Page]:
    if not CHROMIUM.exists():
        skip_or_fail("Chromium (Debian package chromium)")
    (folder / "page.html").write_text("<!doctype html><title>media</title>")
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            str(folder / "profile"), executable_path=str(CHROMIUM), headless=True, args=ARGUMENTS
        )
        page = context.pages[0]
        await page.goto((folder / "page.html").as_uri())
        await page.evaluate(PAGE)
        yield page
        await context.close()


async def heard_in_page(page: Page, seconds: float = 15.0) -> dict[str, Any]:
    """The page's spectrum once the phone's tone stands out and is steady: the analyser averages over its beginning."""
    deadline, before = time.monotonic() + seconds, -200.0
    while True:
        spectrum: dict[str, Any] = await page.evaluate("window.analyser ? spectrum() : {phone: null, page: null}")
        now = spectrum["phone"] if spectrum["phone"] is not None else -200.0
        if now > -40 and abs(now - before) < 1:
            return spectrum
        before = now
        assert time.monotonic() < deadline, f"the page does not hear the phone: {spectrum}"
        await asyncio.sleep(0.1)


@pytest.mark.peer
@pytest.mark.parametrize("setup", ["passive", "active"])
def test_browser_and_phone_hear_each_other(tmp_path: Path, setup: str) -> None:
    """The browser offers; we answer as DTLS server (passive) or client (active)."""

    async def scene(path: Path) -> None:
        reports: list[AnyReport] = []
        async with (
            control(path, 1, reports) as client,
            browser_page(tmp_path) as page,
            phone(client, "phone", sine(PHONE_HZ, -12, 1)) as one,
        ):
            leg = await client.create_leg("browser", "webrtc")
            await page.evaluate("peer.createOffer().then((offer) => peer.setLocalDescription(offer))")
            offer = await page.evaluate("gathered()")
            remote = describe(offer)
            assert remote.setup == "actpass"
            if setup == "active":  # as control tells when its answer takes the active role
                remote = msgspec.structs.replace(remote, setup="passive")
            await client.connect_leg("browser", remote)
            await client.set_gain([("browser", "phone", 1.0), ("phone", "browser", 1.0)])
            answer = local_sdp(leg, remote.send_event_pt or 126, setup)
            await page.evaluate("(sdp) => peer.setRemoteDescription({type: 'answer', sdp})", answer)
            spectrum = await heard_in_page(page)
            assert spectrum["phone"] - spectrum["page"] > 30
            first = len(one.heard)
            deadline = time.monotonic() + 10
            while len(one.heard) < first + 150:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.05)
            heard = one.audio(1.0)
            assert level(heard, PAGE_HZ) > -20
            assert level(heard, PHONE_HZ) < -50
            snapshot = await client.snapshot()
            assert {leg["state"] for leg in snapshot.legs} == {"connected"}
            statistics = await client.destroy_leg("browser")
            assert statistics.received > 100
            assert statistics.strangers == 0
            assert not [report for report in reports if isinstance(report, LegLost)]

    with media_process(tmp_path) as (path, _):
        asyncio.run(scene(path))


@pytest.mark.peer
def test_a_wrong_fingerprint_ends_the_leg(tmp_path: Path) -> None:
    async def scene(path: Path) -> None:
        reports: list[AnyReport] = []
        async with control(path, 1, reports) as client, browser_page(tmp_path) as page:
            leg = await client.create_leg("browser", "webrtc")
            await page.evaluate("peer.createOffer().then((offer) => peer.setLocalDescription(offer))")
            remote = describe(await page.evaluate("gathered()"))
            wrong = "sha-256 " + ":".join(["AB"] * 32)
            await client.connect_leg("browser", msgspec.structs.replace(remote, fingerprint=wrong))
            answer = local_sdp(leg, remote.send_event_pt or 126, "passive")
            await page.evaluate("(sdp) => peer.setRemoteDescription({type: 'answer', sdp})", answer)
            deadline = time.monotonic() + 15
            while not (lost := [report for report in reports if isinstance(report, LegLost)]):
                assert time.monotonic() < deadline
                await asyncio.sleep(0.05)
            assert "certificate" in lost[0].reason

    with media_process(tmp_path) as (path, _):
        asyncio.run(scene(path))


@pytest.mark.peer
def test_opus_on_the_wire_with_tones_and_digits_both_ways(tmp_path: Path) -> None:
    """Described by signalling's own words; the browser counts what it sent and got by codec."""
    terms = sdp.Terms(codecs=("opus", *VOICE))

    async def scene(path: Path) -> None:
        reports: list[AnyReport] = []
        async with (
            control(path, 1, reports) as client,
            browser_page(tmp_path) as page,
            phone(client, "phone", sine(PHONE_HZ, -12, 1)) as one,
        ):
            leg = await client.create_leg("browser", "webrtc")
            await page.evaluate("peer.createOffer().then((offer) => peer.setLocalDescription(offer))")
            offer = await page.evaluate("gathered()")
            remote = sdp.remote_media(offer, terms)
            assert remote.send_codec is not None and remote.send_codec.name == "opus"
            await client.connect_leg("browser", remote)
            await client.set_gain([("browser", "phone", 1.0), ("phone", "browser", 1.0)])
            answer = sdp.answer(offer, remote, leg, terms)
            await page.evaluate("(sdp) => peer.setRemoteDescription({type: 'answer', sdp})", answer)
            spectrum = await heard_in_page(page)
            assert spectrum["phone"] - spectrum["page"] > 30
            one.heard.clear()
            await _until(lambda: len(one.heard) > 100)
            heard = one.audio(1.0)
            assert level(heard, PAGE_HZ) > -20
            assert level(heard, PHONE_HZ) < -50
            await page.evaluate("peer.getSenders()[0].dtmf.insertDTMF('7', 200)")
            await client.send_digits("browser", "3", 100)
            await _until(lambda: any(isinstance(report, DigitHeard) for report in reports))
            digit = next(report for report in reports if isinstance(report, DigitHeard))
            assert digit.digit == "7" and abs(digit.duration_ms - 200) <= 40
            codecs = await page.evaluate(CODECS)
            assert codecs == {"inbound-rtp": "audio/opus", "outbound-rtp": "audio/opus"}

    with media_process(tmp_path) as (path, _):
        asyncio.run(scene(path))


CODECS = """async () => {
  const found = {}, all = await peer.getStats();
  for (const one of all.values())
    if (one.type === 'inbound-rtp' || one.type === 'outbound-rtp') found[one.type] = all.get(one.codecId)?.mimeType;
  return found;
}"""


async def _until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.05)
