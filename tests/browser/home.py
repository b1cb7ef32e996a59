"""An agent at home: a browser on another host (a network namespace with two cables), the centre on this one."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.peers.ports import PortBlock
from bench.peers.process import Child
from bench.peers.sipp import Caller, CallerSettings
from bench.sound import tone, write_wav
from playwright.async_api import Browser, async_playwright

from tests.browser.centre import CENTRE, NUMBER
from tests.browser.stage import AGENT_HZ, ARGUMENTS, CALLER_HZ, CHROMIUM, SIZE, Visitor
from tests.conftest import skip_or_fail
from tests.planes.house import House, house
from yingda.server.certificates import ensure_certificate

FIRST, SECOND = "10.213.88", "10.213.89"
SERVER = f"{FIRST}.1"
SECRET = "a-secret-for-tests-only"

PROBE = """
const top = window.top, Peer = RTCPeerConnection;
const now = () => top.performance.timeOrigin + top.performance.now();
const probe = top.probe ??= {peers: [], restarts: [], heard: []};
window.RTCPeerConnection = class extends Peer {
  constructor(...options) { super(...options); probe.peers.push(this); }
  createOffer(...options) {
    if (window !== top || options.some((one) => one?.iceRestart)) probe.restarts.push(now());
    return super.createOffer(...options);
  }
};
let last;
if (window === top) setInterval(() => {
  const [source] = probe.peers.at(-1)?.getReceivers()[0]?.getSynchronizationSources() ?? [];
  if (source !== undefined && source.rtpTimestamp !== last) {
    last = source.rtpTimestamp;
    probe.heard.push(now());
  }
}, 10);
"""
"""Notes when (ms UTC) ICE was restarted, or a connection made anew in another frame, and when sound came in."""

PAIR = """async () => {
  const all = await probe.peers.at(-1).getStats();
  const way = [...all.values()].find((one) => one.type === "transport");
  const local = all.get(all.get(way.selectedCandidatePairId).localCandidateId);
  return [local.candidateType, local.relayProtocol ?? null];
}"""

LATER = """async ([what, when]) => {
  for (;;) {
    const found = probe[what].find((one) => one > when);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}"""
"""The first moment of such a kind after another one, once there is one."""

OFFLINE = """() => new Promise((resolve) => {
  if (navigator.onLine) addEventListener("offline", resolve, {once: true});
  else resolve();
})"""

SENT = """async (more) => {
  const sent = async () => [...(await probe.peers.at(-1).getStats()).values()]
    .find((one) => one.type === "outbound-rtp")?.packetsSent ?? 0;
  const due = await sent() + more;
  while (await sent() < due) await new Promise((resolve) => setTimeout(resolve, 50));
}"""
"""Settles when so many more packets have left."""


@dataclass
class Network:
    """name: of the namespace. The first cable is plugged in, the second is not."""

    name: str
    cables: tuple[str, str]

    def ip(self, words: str) -> None:
        subprocess.run(["ip", *words.split()], check=True, capture_output=True)

    def lay(self) -> None:
        self.ip(f"netns add {self.name}")
        for cable, net in zip(self.cables, (FIRST, SECOND), strict=True):
            self.ip(f"link add {cable} type veth peer name {cable}p netns {self.name}")
            self.ip(f"addr add {net}.1/30 dev {cable}")
            self.ip(f"link set {cable} up")
        self.ip(f"-n {self.name} link set lo up")
        self.plug(0)

    def plug(self, number: int) -> None:
        net, cable = (FIRST, SECOND)[number], f"{self.cables[number]}p"
        self.ip(f"-n {self.name} link set {cable} up")
        self.ip(f"-n {self.name} addr add {net}.2/30 dev {cable}")
        self.ip(f"-n {self.name} route replace default via {net}.1")

    def pull(self, number: int) -> None:
        cable = f"{self.cables[number]}p"
        self.ip(f"-n {self.name} addr flush dev {cable}")
        self.ip(f"-n {self.name} link set {cable} down")

    def block_udp(self) -> None:
        """As a company's firewall does."""
        self.ip(f"-n {self.name} rule add ipproto udp pref 1 blackhole")

    def remove(self) -> None:
        for words in (f"netns del {self.name}", *(f"link del {cable}" for cable in self.cables)):
            subprocess.run(["ip", *words.split()], check=False, capture_output=True)


@contextmanager
def network() -> Iterator[Network]:
    if os.geteuid() != 0 or shutil.which("ip") is None:
        skip_or_fail("network namespaces need root and iproute2")
    number = os.getpid() % 10_000
    laid = Network(f"home{number}", (f"yh{number}a", f"yh{number}b"))
    try:
        laid.lay()
        yield laid
    finally:
        laid.remove()


@asynccontextmanager
async def at_home(folder: Path, there: Network) -> AsyncIterator[Browser]:
    """Chromium on the other host."""
    if not CHROMIUM.exists():
        skip_or_fail("Chromium (Debian package chromium)")
    voice, start = folder / "voice.wav", folder / "chromium"
    write_wav(voice, tone(AGENT_HZ, 10))
    start.write_text(f'#!/bin/sh\nexec ip netns exec {there.name} {CHROMIUM} "$@"\n')
    start.chmod(0o700)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(start),
            args=[*ARGUMENTS, "--ignore-certificate-errors", f"--use-file-for-fake-audio-capture={voice}"],
        )
        yield browser
        await browser.close()


@asynccontextmanager
async def somebody(browser: Browser, url: str) -> AsyncIterator[Visitor]:
    """In front of it, before the sign-in page has been opened."""
    context = await browser.new_context(viewport=SIZE, locale="zh-CN")  # type: ignore[arg-type]
    kept = json.dumps({"language": "zh-CN", "theme": "light", "noise": False, "volume": 0})
    await context.add_init_script(f"localStorage.setItem('yingda', '{kept}')")
    await context.add_init_script(PROBE)
    page = await context.new_page()
    yield Visitor(page, url)
    await page.close(run_before_unload=False)
    await context.close()


@asynccontextmanager
async def centre_for_home(folder: Path, more: str = "") -> AsyncIterator[House]:
    """more: of the section `centre`. Agent 1001's browser speaks Opus."""
    text = CENTRE.replace("centre: {", "centre: {" + more)
    text = text.replace('{kind: browser, extension: "8001"}', '{kind: browser, extension: "8001", codec: opus}')
    async with house(folder, "--host", SERVER, centre=text, start=False) as built:
        keys = built.data / "keys"
        keys.mkdir(exist_ok=True)
        secret = keys / "turn"
        secret.touch(0o600)
        secret.write_text(SECRET)
        await built.start()
        yield built


@asynccontextmanager
async def relay(folder: Path) -> AsyncIterator[str]:
    """coturn beside the centre: its address over TLS."""
    if shutil.which("turnserver") is None:
        skip_or_fail("coturn")
    own = ensure_certificate(folder / "relay", [SERVER], time.time_ns() // 1_000)
    with PortBlock.take() as ports:
        plain, tls, row = ports.one(), ports.one(), ports.row(20)
        command = [
            "turnserver", "-n", "--listening-ip", SERVER, "--relay-ip", SERVER, "--listening-port", str(plain),
            "--tls-listening-port", str(tls), "--min-port", str(row[0]), "--max-port", str(row[-1]), "--no-cli",
            "--use-auth-secret", "--static-auth-secret", SECRET, "--realm", "yingda", "--no-dtls",
            "--cert", str(own.certificate), "--pkey", str(own.key), "--log-file", "stdout",
            "--pidfile", str(folder / "turn.pid"), "--userdb", str(folder / "turn.sqlite"),
        ]  # fmt: skip
        child = await Child.start("turnserver", command, folder / "turn.log")
        try:
            await _listens(plain)
            yield f"turns:{SERVER}:{tls}?transport=tcp"
        finally:
            await child.stop()


async def _listens(port: int, seconds: float = 10) -> None:
    due = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            _, writer = await asyncio.open_connection(SERVER, port)
        except OSError:
            assert asyncio.get_running_loop().time() < due, "the relay does not listen"
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return


async def talking(centre: House, agent: Visitor, number: str, folder: Path) -> Caller:
    """The agent signs in and answers a caller; he hears him."""
    await agent.sign_in(number)
    await agent.take_calls()
    settings = CallerSettings(
        number="13812345678", called=NUMBER, target=f"{SERVER}:{centre.sip}", sip_port=centre.ports.one(),
        media_port=centre.ports.row(4)[0], control_port=centre.ports.one(), tone_hz=CALLER_HZ, codec="PCMA", stay_s=120,
    )  # fmt: skip
    caller = await Caller.start(settings, folder, exact=False)
    centre.stack.push_async_callback(caller.stop)
    await caller.ready()
    caller.dial()
    await agent.state("ringing")
    await agent.button("接听").click()
    await agent.state("talking")
    await agent.hears(CALLER_HZ)
    return caller
