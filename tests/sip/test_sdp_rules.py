"""RFC 3264 as properties: whatever is offered, our answer keeps its rules, or is a refusal with a sentence."""

from __future__ import annotations

import base64
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from yingda.media.protocol import LegCreated, RemoteMedia
from yingda.sip import sdp, sdp_crypto
from yingda.sip.sdp import NotAcceptable, Terms
from yingda.sip.sdp_crypto import Srtp
from yingda.sip.sdp_text import MediaSection

LEG = LegCreated(leg_id="a", address=("192.0.2.10", 30000), ssrc=7, cname="c")
OPPOSITE = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
ALLOWED = {
    "sendrecv": {"sendrecv", "sendonly", "recvonly", "inactive"},
    "sendonly": {"recvonly", "inactive"},
    "recvonly": {"sendonly", "inactive"},
    "inactive": {"inactive"},
}  # RFC 3264 section 6.1: what may answer which direction
SUITE = "AES_CM_128_HMAC_SHA1_80"

directions = st.sampled_from(sorted(OPPOSITE))
payloads = st.sampled_from(["0 PCMU", "8 PCMA", "18 G729", "9 G722", "96 PCMA", "97 opus", "101 telephone-event"])


@st.composite
def sections(draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(["audio", "audio", "audio", "video", "application", "image"]))
    protocol = draw(st.sampled_from(["RTP/AVP", "RTP/AVP", "RTP/SAVP", "RTP/AVPF", "udptl"]))
    port = draw(st.sampled_from([0, 4000, 4002, 65535]))
    coded = draw(st.lists(payloads, min_size=1, max_size=6, unique_by=lambda one: one.split()[0]))
    lines = [f"m={kind} {port} {protocol} {' '.join(one.split()[0] for one in coded)}"]
    lines += [f"a=rtpmap:{one}/8000" for one in coded]
    if draw(st.booleans()):
        lines.append(f"a={draw(directions)}")
    if draw(st.booleans()):
        lines.append(f"c=IN IP4 {draw(st.sampled_from(['198.51.100.9', '0.0.0.0']))}")
    if draw(st.booleans()):
        key = base64.b64encode(draw(st.binary(min_size=30, max_size=30))).decode()
        lines.append(f"a=crypto:{draw(st.integers(1, 99))} {SUITE} inline:{key}")
    if draw(st.booleans()):
        lines.append(f"a=mid:{draw(st.integers(0, 9))}")
    if draw(st.booleans()):
        lines.append(f"a=ptime:{draw(st.sampled_from(['10', '20', '30', '60', 'x', '0']))}")
    return "\n".join(lines)


offers = st.builds(
    lambda parts: "v=0\no=- 1 1 IN IP4 198.51.100.7\ns=-\nc=IN IP4 198.51.100.7\nt=0 0\n" + "\n".join(parts) + "\n",
    st.lists(sections(), min_size=1, max_size=4),
)
terms = st.builds(
    Terms,
    codecs=st.sampled_from([("PCMA", "PCMU"), ("PCMU", "PCMA"), ("PCMA",)]),
    srtp=st.sampled_from(list(Srtp)),
    private=st.booleans(),
)


def settled(offer: str, agreed: Terms, wish: str) -> tuple[RemoteMedia, str] | None:
    try:
        remote = sdp.remote_media(offer, agreed)
        return remote, sdp.answer(offer, remote, LEG, agreed, direction=wish)
    except NotAcceptable as refusal:
        assert refusal.sentence
        return None


def accepted(text: str) -> MediaSection:
    (one,) = [section for section in sdp.parse(text).media if section.port]
    return one


def direction_of(section: MediaSection) -> str:
    return next((name for name in OPPOSITE if section.has(name)), "sendrecv")


@given(offers, terms, directions)
def test_an_answer_keeps_the_offers_sections(offer: str, agreed: Terms, wish: str) -> None:
    outcome = settled(offer, agreed, wish)
    if outcome is None:
        return
    asked, given = sdp.parse(offer).media, sdp.parse(outcome[1]).media
    assert [(one.kind, one.protocol) for one in given] == [(one.kind, one.protocol) for one in asked]
    for theirs, ours in zip(asked, given, strict=True):
        assert not (theirs.port == 0 and ours.port)
        assert set(ours.formats) <= set(theirs.formats) and ours.get("mid") == theirs.get("mid")
    voice = accepted(outcome[1])
    assert voice.kind == "audio" and voice.port == LEG.address[1]


@given(offers, terms, directions)
def test_an_answers_direction_is_one_the_offer_allows(offer: str, agreed: Terms, wish: str) -> None:
    outcome = settled(offer, agreed, wish)
    if outcome is None:
        return
    index = [bool(one.port) for one in sdp.parse(outcome[1]).media].index(True)
    asked, given = sdp.parse(offer).media[index], accepted(outcome[1])
    assert direction_of(given) in ALLOWED[direction_of(asked)]
    if (asked.host or sdp.parse(offer).host) == "0.0.0.0":
        assert direction_of(given) in ("recvonly", "inactive") and outcome[0].address is None
    if wish in ("inactive", "recvonly"):
        assert direction_of(given) in ("inactive", "recvonly")


@given(offers, terms, directions)
def test_a_line_is_as_secret_as_its_terms_say(offer: str, agreed: Terms, wish: str) -> None:
    outcome = settled(offer, agreed, wish)
    if outcome is None:
        return
    remote, reply = outcome
    keys = sdp_crypto.read(accepted(reply))
    assert [one.parameters for one in keys] == ([remote.srtp_send] if remote.srtp_send is not None else [])
    assert (remote.srtp_receive is None) == (remote.srtp_send is None)
    if agreed.srtp is Srtp.REQUIRED or "SAVP" in accepted(reply).protocol:
        assert keys
    if agreed.srtp is Srtp.NONE:
        assert not keys


@given(terms, terms, directions, directions)
def test_two_of_us_always_agree_on_what_both_said(ours: Terms, theirs: Terms, wish: str, back: str) -> None:
    """Our offer, read and answered by another of us, read back: both ends send what the other receives."""
    offer = sdp.offer(LEG, ours, direction=wish)
    outcome = settled(offer, theirs, back)
    if outcome is None:
        assert (ours.srtp, theirs.srtp) in REFUSED or (ours.srtp is Srtp.OPTIONAL and theirs.srtp is Srtp.REQUIRED)
        return
    there, reply = outcome
    try:
        here = sdp.remote_media(reply, ours, ours=offer)
    except NotAcceptable:
        raise AssertionError("an answer to our own offer was not understood") from None
    assert here.send_codec is not None and there.send_codec is not None
    assert here.send_codec in there.receive_codecs and there.send_codec in here.receive_codecs
    assert (here.srtp_send, here.srtp_receive) == (there.srtp_receive, there.srtp_send)
    assert here.direction == OPPOSITE[direction_of(accepted(reply))]


REFUSED = {(Srtp.REQUIRED, Srtp.NONE), (Srtp.NONE, Srtp.REQUIRED)}


@given(offers, terms, st.integers(2, 9))
def test_a_later_offer_of_ours_keeps_every_place(offer: str, agreed: Terms, version: int) -> None:
    outcome = settled(offer, agreed, "sendrecv")
    if outcome is None:
        return
    before = sdp.parse(outcome[1]).media
    later = sdp.offer(LEG, agreed, version=version, before=outcome[1])
    after = sdp.parse(later).media
    assert [(one.kind, one.protocol, bool(one.port)) for one in after] == [
        (one.kind, one.protocol, bool(one.port)) for one in before
    ]
    assert _events(accepted(later)) <= _events(accepted(outcome[1])) | {"101"}
    origins = [_origin(text) for text in (outcome[1], later)]
    assert origins[0][0] == origins[1][0] and origins[1][1] == version


def _events(section: MediaSection) -> set[str]:
    return {value.split()[0] for value in section.all("rtpmap") if "telephone-event" in value}


def _origin(text: str) -> tuple[Any, int]:
    words = next(line for line in text.splitlines() if line.startswith("o=")).split()
    return words[1], int(words[2])
