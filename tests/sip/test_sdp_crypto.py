"""SRTP keys in descriptions (RFC 4568): offered, answered, kept, and refused with a sentence."""

from __future__ import annotations

import base64

import pytest

from yingda.media.protocol import LegCreated, RemoteMedia
from yingda.media.sdes import SUITES, Sdes
from yingda.sip import sdp, sdp_crypto
from yingda.sip.sdp import NotAcceptable, Terms
from yingda.sip.sdp_crypto import Srtp

LEG = LegCreated(leg_id="a", address=("192.0.2.10", 30000), ssrc=7, cname="c")
OTHER = LegCreated(leg_id="b", address=("192.0.2.20", 40000), ssrc=8, cname="d")
KEY = base64.b64encode(bytes(range(30))).decode()
SUITE = "AES_CM_128_HMAC_SHA1_80"

NONE, OPTIONAL, REQUIRED = (Terms(srtp=use) for use in Srtp)
PRIVATE = Terms(srtp=Srtp.OPTIONAL, private=True)


def phone(*lines: str, protocol: str = "RTP/SAVP") -> str:
    """A phone's offer with these a=crypto values."""
    head = f"v=0\no=- 1 1 IN IP4 198.51.100.7\ns=-\nc=IN IP4 198.51.100.7\nt=0 0\nm=audio 4000 {protocol} 8 101\n"
    return head + "a=rtpmap:101 telephone-event/8000\n" + "".join(f"a=crypto:{line}\n" for line in lines)


def settled(theirs: str, terms: Terms = OPTIONAL, before: str | None = None) -> tuple[RemoteMedia, str]:
    """What we make of an offer, and our answer."""
    remote = sdp.remote_media(theirs, terms, before=before)
    return remote, sdp.answer(theirs, remote, LEG, terms)


def crypto_of(text: str) -> list[sdp_crypto.Crypto]:
    return sdp_crypto.read(sdp.parse(text).media[0])


@pytest.mark.parametrize("terms", [OPTIONAL, REQUIRED])
@pytest.mark.parametrize("protocol", ["RTP/SAVP", "RTP/SAVPF", "RTP/AVP"])
def test_an_offer_with_a_key_is_answered_with_ours(terms: Terms, protocol: str) -> None:
    remote, reply = settled(phone(f"7 {SUITE} inline:{KEY}|2^31", protocol=protocol), terms)
    assert remote.srtp_receive is not None and remote.srtp_receive.key == KEY
    (ours,) = crypto_of(reply)
    assert (ours.tag, ours.parameters) == (7, remote.srtp_send)
    assert ours.parameters.key != KEY and sdp.parse(reply).media[0].protocol == protocol
    Sdes(remote.srtp_receive, ours.parameters)  # media takes both


def test_the_first_line_that_we_understand_is_taken() -> None:
    lines = [
        f"1 F8_128_HMAC_SHA1_80 inline:{KEY}",
        f"2 {SUITE} inline:{KEY}|2^20|1:4",  # a master key index
        f"3 {SUITE} inline:{KEY};inline:{KEY}",  # two keys
        f"4 {SUITE} inline:{KEY} UNENCRYPTED_SRTP",
        f"5 {SUITE} inline:{KEY[:-4]}",  # too short
        f"x {SUITE} inline:{KEY}",
        f"6 aes_cm_128_hmac_sha1_32 inline:{KEY}|2^20 WSH=64",
        f"8 {SUITE} inline:{KEY}",
    ]
    _, reply = settled(phone(*lines))
    assert [(one.tag, one.parameters.suite) for one in crypto_of(reply)] == [(6, "AES_CM_128_HMAC_SHA1_32")]


@pytest.mark.parametrize("suite", SUITES)
def test_every_suite_of_media_is_taken(suite: str) -> None:
    key = base64.b64encode(bytes(SUITES[suite][1])).decode()
    remote, reply = settled(phone(f"1 {suite} inline:{key}"))
    assert remote.srtp_receive is not None and remote.srtp_send is not None
    assert remote.srtp_send.suite == remote.srtp_receive.suite == suite == crypto_of(reply)[0].parameters.suite


@pytest.mark.parametrize(
    ("text", "terms", "sentence"),
    [
        (phone(f"1 {SUITE} inline:{KEY}"), NONE, "secure media is not allowed on this line"),
        (phone(), OPTIONAL, "secure media was asked for without a key we can use"),
        (phone(f"1 {SUITE} inline:x"), OPTIONAL, "secure media was asked for without a key we can use"),
        (phone(protocol="RTP/AVP"), REQUIRED, "this line takes secure media only"),
        (phone(protocol="UDP/TLS/RTP/SAVP"), OPTIONAL, "secure media was asked for without a DTLS fingerprint"),
    ],
)
def test_what_our_terms_forbid_is_refused_with_the_reason(text: str, terms: Terms, sentence: str) -> None:
    with pytest.raises(NotAcceptable) as refused:
        sdp.remote_media(text, terms)
    assert refused.value.sentence == sentence


def test_no_keys_beside_plain_media_where_none_are_allowed() -> None:
    remote, reply = settled(phone(f"1 {SUITE} inline:{KEY}", protocol="RTP/AVP"), NONE)
    assert remote.srtp_receive is None and not crypto_of(reply)


def test_of_two_audio_sections_the_one_our_terms_allow_is_answered() -> None:
    both = phone(protocol="RTP/AVP") + f"m=audio 4002 RTP/SAVP 8\na=crypto:1 {SUITE} inline:{KEY}\n"
    for terms, ports in ((REQUIRED, [0, 30000]), (OPTIONAL, [30000, 0])):
        _, reply = settled(both, terms)
        assert [section.port for section in sdp.parse(reply).media] == ports


@pytest.mark.parametrize(
    ("terms", "protocol", "keys"),
    [(NONE, "RTP/AVP", 0), (OPTIONAL, "RTP/AVP", 0), (PRIVATE, "RTP/AVP", 2), (REQUIRED, "RTP/SAVP", 2)],
)
def test_what_we_offer(terms: Terms, protocol: str, keys: int) -> None:
    text = sdp.offer(LEG, terms)
    assert sdp.parse(text).media[0].protocol == protocol and len(crypto_of(text)) == keys


@pytest.mark.parametrize("terms", [PRIVATE, REQUIRED])
def test_our_offer_is_answered_and_both_ends_hold_the_same_keys(terms: Terms) -> None:
    ours = sdp.offer(LEG, terms)
    seen_there = sdp.remote_media(ours)
    theirs = sdp.answer(ours, seen_there, OTHER)
    seen_here = sdp.remote_media(theirs, terms, ours=ours)
    assert (seen_here.srtp_send, seen_here.srtp_receive) == (seen_there.srtp_receive, seen_there.srtp_send)
    assert seen_here.srtp_send is not None


def test_keys_beside_plain_media_may_be_declined_but_not_where_secrecy_is_required() -> None:
    plain = phone(protocol="RTP/AVP")
    assert sdp.remote_media(plain, PRIVATE, ours=sdp.offer(LEG, PRIVATE)).srtp_send is None
    with pytest.raises(NotAcceptable, match="secure media only"):
        sdp.remote_media(plain, REQUIRED, ours=sdp.offer(LEG, REQUIRED))
    for line in (f"9 {SUITE} inline:{KEY}", f"1 AES_CM_128_HMAC_SHA1_32 inline:{KEY}"):  # a tag, a suite of nobody's
        with pytest.raises(NotAcceptable, match="none of the keys"):
            sdp.remote_media(phone(line), REQUIRED, ours=sdp.offer(LEG, REQUIRED))


def test_a_later_description_keeps_our_key_unless_the_suite_changes() -> None:
    first, reply = settled(phone(f"1 {SUITE} inline:{KEY}"))
    fresh = base64.b64encode(bytes(30)).decode()
    again, _ = settled(phone(f"1 {SUITE} inline:{fresh}"), before=reply)
    assert again.srtp_send == first.srtp_send and again.srtp_receive != first.srtp_receive
    other, _ = settled(phone(f"1 AES_CM_128_HMAC_SHA1_32 inline:{fresh}"), before=reply)
    assert other.srtp_send != first.srtp_send
    offered = sdp.offer(LEG, OPTIONAL, version=2, before=reply)
    assert [one.parameters for one in crypto_of(offered)] == [first.srtp_send]
    assert sdp.parse(offered).media[0].protocol == "RTP/SAVP"
