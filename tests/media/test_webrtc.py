"""A browser's leg without a browser: STUN, DTLS and SRTP by memory, with loss and forgery."""

from __future__ import annotations

import struct
import time

import numpy as np
import pylibsrtp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media.lab import Lab, level, sine
from yingda.kernel.errors import YingdaError
from yingda.media import ice, rtp
from yingda.media.dtls import Dtls, DtlsState, Identity
from yingda.media.g711 import Law, decode, encode
from yingda.media.ice import IceAgent
from yingda.media.protocol import (
    Address,
    Codec,
    ConnectLeg,
    CreateLeg,
    IceParameters,
    LegCreated,
    LegLost,
    RemoteMedia,
)
from yingda.media.webrtc import FAREWELL, PROFILES, Kind, WebRtc

OURS = IceParameters(ufrag="ours", pwd="a" * 32)
BROWSER: Address = ("198.51.100.7", 50_000)
TRANSACTION = bytes(range(12))


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def check(username: str = "ours:theirs", password: str = OURS.pwd, chosen: bool = True, more: bytes = b"") -> bytes:
    """A browser's connectivity check, with the attribute of its own that means nothing to us."""
    body = attribute(ice.USERNAME, username.encode()) + attribute(0xC057, b"\0\1\0\0") + more
    body += attribute(ice.PRIORITY, b"\x6e\x00\x1e\xff") + attribute(ice.ICE_CONTROLLING, bytes(8))
    if chosen:
        body += attribute(ice.USE_CANDIDATE, b"")
    return ice.seal(ice.BINDING_REQUEST, TRANSACTION, body, password)


def test_a_good_check_is_answered_and_validates_its_address() -> None:
    agent = IceAgent(OURS)
    answer = agent.receive(check(), BROWSER, 1).reply
    assert answer is not None
    attributes = ice.read_attributes(answer)
    assert attributes is not None
    assert ice.integrity_ok(answer, attributes, OURS.pwd)
    assert ice.fingerprint_ok(answer, attributes)
    assert answer[:2] == b"\x01\x01"
    assert answer[8:20] == TRANSACTION
    (mapped,) = [value for kind, value, _ in attributes if kind == ice.XOR_MAPPED_ADDRESS]
    assert mapped == ice.xor_address(BROWSER, TRANSACTION)
    assert agent.selected == BROWSER


def test_the_rfc_5769_sample_request_is_intact() -> None:
    """Section 2.1: a request with SOFTWARE, PRIORITY, ICE-CONTROLLED, USERNAME, integrity and fingerprint."""
    raw = bytes.fromhex(
        "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74"
        "002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020"
        "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf"
    )
    attributes = ice.read_attributes(raw)
    assert attributes is not None
    assert ice.integrity_ok(raw, attributes, "VOkJxbRl1RmTxUk/WvJxBt")
    assert ice.fingerprint_ok(raw, attributes)
    assert not ice.integrity_ok(raw, attributes, "VOkJxbRl1RmTxUk/WvJxBu")


@pytest.mark.parametrize(
    "data",
    [
        check(password="b" * 32),
        check(username="other:theirs"),
        check()[:-8],  # no fingerprint
        check()[:-1] + b"\0",
        check()[:40],
        check() + b"more",
        b"\0\1" + bytes(18),
    ],
)
def test_wrong_checks_get_no_answer_and_move_nothing(data: bytes) -> None:
    agent = IceAgent(OURS)
    checked = agent.receive(data, BROWSER, 1)
    assert checked.reply is None
    assert not checked.accepted
    assert agent.selected is None
    assert agent.refused == 1


@given(st.binary(max_size=120))
def test_no_bytes_raise(data: bytes) -> None:
    webrtc = WebRtc(IDENTITY, OURS)
    assert webrtc.receive(data, BROWSER, 1)[0] is Kind.NOTHING
    assert IceAgent(OURS).receive(data, BROWSER, 1).reply is None


def test_an_attribute_that_must_be_understood_and_is_not_is_named() -> None:
    answer = IceAgent(OURS).receive(check(more=attribute(0x7FFF, b"")), BROWSER, 1).reply
    assert answer is not None
    assert answer[:2] == b"\x01\x11"
    attributes = ice.read_attributes(answer)
    assert attributes is not None
    assert (ice.UNKNOWN_ATTRIBUTES, b"\x7f\xff") in [(kind, value) for kind, value, _ in attributes]


def test_only_use_candidate_chooses_and_old_credentials_stay() -> None:
    agent = IceAgent(OURS)
    other: Address = ("198.51.100.8", 50_001)
    agent.receive(check(), BROWSER, 1)
    agent.receive(check(chosen=False), other, 2)
    assert agent.selected == BROWSER
    for _ in range(2):  # a repeated command changes nothing
        agent.restart(IceParameters(ufrag="new", pwd="n" * 32))
    assert agent.credentials.ufrag == "new"
    assert agent.receive(check(), other, 3).accepted
    assert agent.selected == other
    assert agent.receive(check("new:theirs", "n" * 32), BROWSER, 4).accepted
    agent.restart(IceParameters(ufrag="newer", pwd="m" * 32))
    assert not agent.receive(check(), other, 5).accepted  # two generations old


def test_consent_ends_after_twenty_seconds() -> None:
    agent = IceAgent(OURS)
    assert not agent.consent_lost(10**12)
    agent.receive(check(), BROWSER, 1_000_000)
    assert not agent.consent_lost(21_000_000)
    assert agent.consent_lost(21_000_001)


# ---- DTLS -----------------------------------------------------------------------------------------------------------

IDENTITY, PEER = Identity(), Identity()


def handshake(client: Dtls, server: Dtls, lose: int = 0) -> None:
    """Carry datagrams until both are through; the first `lose` of them are lost, and repetition is OpenSSL's own."""
    deadline = time.monotonic() + 10
    while {client.state, server.state} != {DtlsState.SECURED} and DtlsState.FAILED not in (client.state, server.state):
        for sender, receiver in ((client, server), (server, client)):
            for datagram in sender.take():
                assert len(datagram) <= 1_200
                if lose:
                    lose -= 1
                else:
                    receiver.receive(datagram)
        client.handle_timer(1)
        server.handle_timer(1)
        assert time.monotonic() < deadline, (client.state, server.state)


@pytest.mark.parametrize("lose", [1, 2, 3])
def test_what_the_network_loses_is_sent_again(lose: int) -> None:
    client, server = Dtls(PEER), Dtls(IDENTITY)
    server.start(False, PEER.fingerprint, 0)
    client.start(True, IDENTITY.fingerprint, 0)
    handshake(client, server, lose)
    assert server.keys is not None


@pytest.mark.parametrize("fingerprint", ["right", "wrong"])
def test_handshake_verifies_the_fingerprint_and_exports_matching_keys(fingerprint: str) -> None:
    client, server = Dtls(PEER), Dtls(IDENTITY)
    server.start(False, PEER.fingerprint if fingerprint == "right" else "sha-256 " + "00:" * 31 + "00", 0)
    client.start(True, IDENTITY.fingerprint, 0)
    handshake(client, server)
    if fingerprint == "wrong":
        assert server.state is DtlsState.FAILED
        assert server.keys is None
        assert "certificate" in server.reason
        return
    assert client.keys is not None
    assert server.keys is not None
    assert client.keys.profile == server.keys.profile == "SRTP_AEAD_AES_128_GCM"
    assert (client.keys.sending, client.keys.receiving) == (server.keys.receiving, server.keys.sending)


def test_a_client_hello_in_two_datagrams() -> None:
    """As Chromium sends it: one handshake message in fragments, each record in a datagram of its own."""
    client, server = Dtls(PEER), Dtls(IDENTITY)
    client._connection.set_ciphertext_mtu(256)
    server.start(False, PEER.fingerprint, 0)
    client.start(True, IDENTITY.fingerprint, 0)
    hello = b"".join(client.take())
    records = []
    while hello:
        size = 13 + int.from_bytes(hello[11:13])
        records.append(hello[:size])
        hello = hello[size:]
    assert len(records) >= 2
    for record in records:
        server.receive(record)
    handshake(client, server)
    assert server.state is DtlsState.SECURED


def test_rubbish_in_the_handshake_changes_nothing() -> None:
    client, server = Dtls(PEER), Dtls(IDENTITY)
    server.start(False, PEER.fingerprint, 0)
    client.start(True, IDENTITY.fingerprint, 0)
    server.receive(b"\x16\xfe\xfd" + bytes(40))
    handshake(client, server)
    assert server.state is DtlsState.SECURED


def test_no_answer_for_15_s_fails() -> None:
    client = Dtls(PEER)
    client.start(True, IDENTITY.fingerprint, 0)
    client.handle_timer(15_000_001)
    assert client.state is DtlsState.FAILED


# ---- SRTP -----------------------------------------------------------------------------------------------------------


def secured() -> tuple[WebRtc, pylibsrtp.Session, pylibsrtp.Session]:
    """A leg after ICE and DTLS, with the browser's two SRTP sessions (sending, receiving)."""
    webrtc = WebRtc(IDENTITY, OURS)
    return webrtc, *agreed(webrtc, PEER)


def agreed(webrtc: WebRtc, peer: Identity) -> tuple[pylibsrtp.Session, pylibsrtp.Session]:
    """The leg hears of a browser with this certificate, and both agree on keys."""
    keys = shaken(webrtc, peer).keys
    assert keys is not None
    policy, profile = pylibsrtp.Policy, PROFILES[keys.profile]
    return (
        pylibsrtp.Session(policy(keys.sending, policy.SSRC_ANY_OUTBOUND, 0, profile)),
        pylibsrtp.Session(policy(keys.receiving, policy.SSRC_ANY_INBOUND, 0, profile)),
    )


def shaken(webrtc: WebRtc, peer: Identity) -> Dtls:
    """The browser's end of the association."""
    browser = Dtls(peer)
    remote = RemoteMedia(ice=IceParameters("theirs", "t" * 32), fingerprint=peer.fingerprint, setup="actpass")
    webrtc.describe(remote, 0)
    webrtc.receive(check(), BROWSER, 0)
    webrtc.outgoing.clear()
    browser.start(True, IDENTITY.fingerprint, 0)
    for _ in range(20):
        for datagram in browser.take():
            webrtc.receive(datagram, BROWSER, 0)
        for datagram, address in webrtc.outgoing:
            assert address == BROWSER
            browser.receive(datagram)
        webrtc.outgoing.clear()
    return browser


def closed(webrtc: WebRtc, browser: Dtls, now: int) -> None:
    browser.close()
    for datagram in browser.take():
        webrtc.receive(datagram, BROWSER, now)


def test_who_closes_his_connection_has_time_to_say_goodbye() -> None:
    """A browser that hangs up closes its connection too, and the alert overtakes the BYE: it is no loss of the leg."""
    webrtc = WebRtc(IDENTITY, OURS)
    browser = shaken(webrtc, PEER)
    closed(webrtc, browser, 0)
    for now in range(0, FAREWELL, 100_000):
        webrtc.handle_timer(now)
        assert webrtc.lost == ""
    webrtc.handle_timer(FAREWELL)
    assert webrtc.lost == "the far end closed the connection"


def test_who_closes_his_connection_for_another_one_is_not_lost() -> None:
    webrtc = WebRtc(IDENTITY, OURS)
    browser = shaken(webrtc, PEER)
    closed(webrtc, browser, 0)
    webrtc.handle_timer(0)
    agreed(webrtc, Identity())
    webrtc.handle_timer(2 * FAREWELL)
    assert webrtc.lost == ""


def test_srtp_both_ways() -> None:
    webrtc, sending, receiving = secured()
    plain = rtp.build(0, 1, 160, 7, b"\xff" * 160)
    assert webrtc.receive(sending.protect(plain), BROWSER, 1) == (Kind.RTP, plain)
    protected = webrtc.protect(plain)
    assert protected is not None
    assert receiving.unprotect(protected) == plain
    assert webrtc.protect(bytes(2_000)) is None


def test_another_certificate_is_another_association_and_the_old_keys_count_until_then() -> None:
    """RFC 8842 section 3.1: the same call goes on over a connection that the browser made anew."""
    webrtc, sending, receiving = secured()
    before = rtp.build(0, 1, 160, 7, b"\xff" * 160)
    other = Identity()
    remote = RemoteMedia(ice=IceParameters("others", "o" * 32), fingerprint=other.fingerprint, setup="actpass")
    webrtc.describe(remote, 1)
    assert webrtc.receive(sending.protect(before), BROWSER, 1) == (Kind.RTP, before)
    assert receiving.unprotect(webrtc.protect(before) or b"") == before
    sending_anew, receiving_anew = agreed(webrtc, other)
    after = rtp.build(0, 2, 320, 8, b"\xff" * 160)
    assert webrtc.receive(sending_anew.protect(after), BROWSER, 2) == (Kind.RTP, after)
    assert receiving_anew.unprotect(webrtc.protect(after) or b"") == after
    assert webrtc.receive(sending.protect(after), BROWSER, 3)[0] is Kind.NOTHING
    assert webrtc.lost == ""


def test_another_certificate_than_the_one_announced_anew_is_refused() -> None:
    webrtc, _, _ = secured()
    webrtc.describe(RemoteMedia(fingerprint="sha-256 " + "00:" * 31 + "00", setup="actpass"), 1)
    browser = Dtls(PEER)
    browser.start(True, IDENTITY.fingerprint, 1)
    for _ in range(20):
        for datagram in browser.take():
            webrtc.receive(datagram, BROWSER, 1)
        for datagram, _ in webrtc.outgoing:
            browser.receive(datagram)
        webrtc.outgoing.clear()
    assert "certificate" in webrtc.lost


def test_forged_replayed_foreign_and_oversized_srtp_is_dropped_and_counted() -> None:
    webrtc, sending, _ = secured()
    good = sending.protect(rtp.build(0, 1, 160, 7, b"\xff" * 160))
    assert webrtc.receive(good[:-1] + bytes([good[-1] ^ 1]), BROWSER, 1)[0] is Kind.NOTHING
    assert webrtc.receive(good, ("203.0.113.66", 1), 1)[0] is Kind.NOTHING  # an address without a STUN check
    assert webrtc.receive(good, BROWSER, 1)[0] is Kind.RTP
    assert webrtc.receive(good, BROWSER, 1)[0] is Kind.NOTHING
    assert webrtc.receive(b"\x80" * 2_000, BROWSER, 1)[0] is Kind.NOTHING
    assert webrtc.receive(good[:10], BROWSER, 1)[0] is Kind.NOTHING
    assert webrtc.refused == 5


def test_authentic_media_from_a_validated_address_is_followed() -> None:
    webrtc, sending, _ = secured()
    moved: Address = ("203.0.113.9", 6_000)
    webrtc.receive(check(chosen=False), moved, 1)
    assert webrtc.target == BROWSER
    webrtc.receive(sending.protect(rtp.build(0, 1, 160, 7, b"\xff" * 160)), moved, 2)
    assert webrtc.target == moved


def browser_in(lab: Lab) -> tuple[pylibsrtp.Session, pylibsrtp.Session, list[bytes]]:
    """A browser's leg in the engine, through ICE and DTLS; its sessions and what it receives."""
    created = lab.do(CreateLeg(leg_id="browser", kind="webrtc"))
    assert isinstance(created, LegCreated)
    assert created.ice is not None
    codec = Codec(name="PCMU", pt=0)
    remote = RemoteMedia(
        send_codec=codec, receive_codecs=[codec], ice=IceParameters("theirs", "t" * 32),
        fingerprint=PEER.fingerprint, setup="active",
    )  # fmt: skip
    lab.do(ConnectLeg(leg_id="browser", remote=remote))
    received = lab.raw[created.address[1]] = []
    browser = Dtls(PEER)
    browser.start(True, created.fingerprint or "", 0)
    lab.inject("browser", check(f"{created.ice.ufrag}:theirs", created.ice.pwd), BROWSER)
    for _ in range(20):
        for datagram in browser.take():
            lab.inject("browser", datagram, BROWSER)
        for datagram in received:
            if datagram[0] > 19:
                browser.receive(datagram)
        received.clear()
        if browser.keys is not None:
            break
    keys, policy = browser.keys, pylibsrtp.Policy
    assert keys is not None
    profile = PROFILES[keys.profile]
    sending = pylibsrtp.Session(policy(keys.sending, policy.SSRC_ANY_OUTBOUND, 0, profile))
    return sending, pylibsrtp.Session(policy(keys.receiving, policy.SSRC_ANY_INBOUND, 0, profile)), received


def test_a_browsers_leg_in_the_engine_speaks_srtp_and_is_lost_without_consent(lab: Lab) -> None:
    sending, receiving, received = browser_in(lab)
    phone = lab.phone("phone", sine(1_000, -12, 1))
    lab.bridge("browser", "phone")
    lab.run(500)
    received.clear()
    lab.run(1_000)
    media = [datagram for datagram in received if 128 <= datagram[0] <= 191 and not 192 <= datagram[1] <= 223]
    heard = b"".join(receiving.unprotect(datagram)[12:] for datagram in media)
    assert len(heard) == 8_000
    assert abs(level(decode(heard, Law.MU), 1_000) + 12) < 0.5
    before = len(phone.heard)
    for index in range(10):
        plain = rtp.build(0, index, index * 160, 7, encode(np.full(160, 5_000, np.int16), Law.MU))
        lab.inject("browser", sending.protect(plain), BROWSER)
    assert {packet[4] for packet in phone.heard[before:]} == {encode(np.full(160, 5_000, np.int16), Law.MU)}
    assert len(phone.heard) - before == 10
    lab.run(18_000)
    assert lab.of_kind(LegLost) == []
    lab.run(2_000)
    (lost,) = lab.of_kind(LegLost)
    assert isinstance(lost, LegLost)
    assert "consent" in lost.reason
    received.clear()
    lab.run(1_000)
    assert received == []
    with pytest.raises(YingdaError, match="is lost"):
        lab.do(ConnectLeg(leg_id="browser", remote=RemoteMedia()))


def test_a_browser_without_a_fingerprint_is_refused(lab: Lab) -> None:
    lab.do(CreateLeg(leg_id="browser", kind="webrtc"))
    with pytest.raises(YingdaError) as refused:
        lab.do(ConnectLeg(leg_id="browser", remote=RemoteMedia(ice=IceParameters("theirs", "t" * 32))))
    assert refused.value.code == "fingerprint_missing"
