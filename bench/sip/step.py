"""One step: a sipp dials at a fixed rate for a while; what came of it, how fast it rang, and what it cost."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.peers.capture import Capture
from bench.peers.pcap import datagrams
from bench.peers.process import Child, PeerError, needed
from bench.sip.centre import CALLED, HOST, TRUNK_HOST, Centre, Place

_UNFINISHED_S = 12.0
"""So long after the last call has been dialled, calls may still be under way; what is not over then has failed."""
_LAST_CALL_S = 20.0
_INVITES = " and udp[8:4] = 0x494e5649"  # the payload begins with "INVI": replies and the rest need no witness
_FROM = re.compile(rb"^From:[^\n]*?sip:\+?(?:86)?(139\d{8})@", re.MULTILINE)

SCENARIO = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="callers">
  <send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:[field0]@[local_ip]:[local_port]>
Max-Forwards: 70
Allow: INVITE, ACK, CANCEL, BYE, OPTIONS
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- [call_number] 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
]]></send>
  <recv response="100" optional="true"/>
  <recv response="200" rrs="true" timeout="10000"/>
  <send><![CDATA[
ACK [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
  <recv request="BYE" timeout="15000"/>
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
"""


@dataclass(frozen=True)
class Step:
    """number: of the steps of one centre. rate: calls a second."""

    number: int
    rate: int
    seconds: float
    recording: bool

    @property
    def calls(self) -> int:
        return round(self.rate * self.seconds)

    def caller(self, index: int) -> str:
        """A mobile number nobody else of the run has."""
        return str(13_900_000_000 + self.number * 1_000_000 + index)


async def run_step(step: Step, place: Place, centre: Centre) -> dict[str, Any]:
    folder = place.folder / f"rate-{step.rate}-{step.number}"
    folder.mkdir()
    await centre.settled()
    idle = await centre.used_idle()
    before = centre.used()
    capture = await Capture.start(folder / "invites.pcap", (place.sip, place.callers), _INVITES)
    try:
        ok, failed = await _dial(step, place, folder)
    finally:
        await capture.stop()
    await centre.settled()
    spent = centre.used().since(before)
    waits = ring_times(capture.file, place)
    return {
        "rate": step.rate,
        "recording": step.recording,
        "ok": ok,
        "failed": failed,
        "ring_ms_p50": _percentile(waits, 50),
        "ring_ms_p99": _percentile(waits, 99),
        "cpu_ms_per_call": round(spent.ms["control"] / step.calls, 2),
        "cpu_ms_per_call_all": round(spent.all_ms / step.calls, 2),
        "cpu_ms_by_process": {role: round(ms / step.calls, 2) for role, ms in sorted(spent.ms.items())},
        "idle_ms_per_s": {role: round(ms / idle.seconds, 1) for role, ms in sorted(idle.ms.items())},
        "rss_mb": round(centre.used().rss_mb),
    }


async def _dial(step: Step, place: Place, folder: Path) -> tuple[int, int]:
    """(calls that went through, calls that did not)."""
    (folder / "callers.xml").write_text(SCENARIO)
    numbers = "\n".join(step.caller(index) for index in range(step.calls))
    (folder / "callers.csv").write_text(f"SEQUENTIAL\n{numbers}\n")
    options = {
        "-sf": folder / "callers.xml",
        "-inf": folder / "callers.csv",
        "-s": CALLED,
        "-i": TRUNK_HOST,
        "-p": place.callers,
        "-mi": TRUNK_HOST,
        "-mp": place.phone_media[1] - 10,
        "-r": step.rate,
        "-m": step.calls,
        "-l": 10_000,
        "-timeout": f"{step.seconds + _UNFINISHED_S:g}s",
        "-timer_resol": 1,
        "-stf": folder / "figures.csv",
        "-fd": 5,
        "-error_file": folder / "errors.log",
    }
    words = [str(part) for pair in options.items() for part in pair]
    command = [needed("sipp", "sip-tester"), f"{HOST}:{place.sip}", *words, "-nostdin", "-trace_stat", "-trace_err"]
    sipp = await Child.start("sipp callers", command, folder / "callers.log", env={"TERM": "dumb"}, cwd=folder)
    try:
        await sipp.ended(step.seconds + _LAST_CALL_S)
    finally:
        await sipp.stop()
    if not (folder / "figures.csv").exists():
        raise PeerError(f"The sipp that calls told no figures:\n{sipp.last_words()}")
    with (folder / "figures.csv").open(newline="") as file:
        last = list(csv.DictReader(file, delimiter=";"))[-1]
    ok = int(last["SuccessfulCall(C)"])
    return ok, step.calls - ok


def ring_times(capture: Path, place: Place) -> list[float]:
    """ms from a caller's first INVITE on the wire to his agent's first, for every call that rang."""
    dialled: dict[bytes, int] = {}
    rang: dict[bytes, int] = {}
    for datagram in datagrams(capture):
        found = _FROM.search(datagram.payload)
        if found is None:
            continue
        seen = rang if datagram.target[1] == place.phones else dialled
        seen.setdefault(found[1], datagram.at)
    return [(at - dialled[number]) / 1000 for number, at in rang.items() if number in dialled]


def _percentile(values: list[float], share: float) -> float | None:
    return round(float(np.percentile(values, share)), 1) if values else None
