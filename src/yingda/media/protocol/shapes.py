"""What commands, results and reports are made of: addresses, codecs, the far end of a leg."""

from __future__ import annotations

import msgspec

from yingda.kernel import g722, opus

Address = tuple[str, int]
REPORTS_TOPIC = "reports"
"""The bus's topic of reports; a push's body is {instance, report}."""


SPOKEN = tuple(name for name, library in (("opus", opus), ("G722", g722)) if library.available())
"""Codecs that are spoken here beside G.711."""
PASSED = tuple(name for name in ("G729", "G723", "G722", "GSM", "iLBC", "AMR") if name not in SPOKEN)
"""Codecs that are not spoken here, but handed on as they are between two legs that both have them."""


class Codec(msgspec.Struct, frozen=True):
    """A negotiated payload: name is PCMU, PCMA, telephone-event, or one of SPOKEN or PASSED; pt its number in this
    direction. fmtp: parameters of one that is handed on, as the far end gave them."""

    name: str
    pt: int
    clock_rate: int = 8000
    fmtp: str = ""


class IceParameters(msgspec.Struct, frozen=True):
    ufrag: str
    pwd: str


class SrtpParameters(msgspec.Struct, frozen=True, kw_only=True):
    """An a=crypto line (RFC 4568): its suite, and key and salt in Base64."""

    suite: str
    key: str


class RemoteMedia(msgspec.Struct, frozen=True, kw_only=True):
    """The far end as its SDP describes it. `send_*` are the payload numbers the far end wants to receive."""

    address: Address | None = None
    rtcp_address: Address | None = None
    send_codec: Codec | None = None
    send_event_pt: int | None = None
    receive_codecs: list[Codec] = []
    ptime_ms: int = 20
    direction: str = "sendrecv"  # as seen from us: sendrecv, sendonly, recvonly, inactive
    signalling_host: str | None = None  # a second address that latching may trust
    ice: IceParameters | None = None
    our_ice: IceParameters | None = None  # ours from now on, beside the old: the far end restarted ICE
    fingerprint: str | None = None  # "sha-256 AA:BB:…"
    setup: str | None = None  # the far end's a=setup: active, passive, actpass
    srtp_receive: SrtpParameters | None = None  # what the far end's SDP says; with it goes
    srtp_send: SrtpParameters | None = None  # what ours says
