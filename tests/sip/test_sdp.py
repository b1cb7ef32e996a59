"""Offer and answer (RFC 3264) with phones and with a browser's description."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.media.protocol import Codec, IceParameters, LegCreated
from yingda.sip import sdp, sdp_text
from yingda.sip.sdp import NotAcceptable
from yingda.sip.sdp_codecs import VOICE, spoken

LEG = LegCreated(leg_id="a", address=("192.0.2.10", 30000), ssrc=7, cname="c")
WEB = LegCreated(
    leg_id="b",
    address=("192.0.2.10", 30002),
    ssrc=8,
    cname="w",
    ice=IceParameters(ufrag="ours", pwd="p" * 24),
    fingerprint="sha-256 AA:BB",
)

PHONE = """v=0
o=- 1 1 IN IP4 198.51.100.7
s=-
c=IN IP4 198.51.100.7
t=0 0
m=audio 4000 RTP/AVP 18 0 8 96
a=rtpmap:18 G729/8000
a=rtpmap:96 telephone-event/8000
a=fmtp:96 0-16
a=ptime:30
a=rtcp:4011 IN IP4 198.51.100.8
m=video 4002 RTP/AVP 97
a=rtpmap:97 H264/90000
"""
BROWSER = """v=0
o=- 46 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=msid-semantic: WMS x
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:1 1 udp 2113937151 a.local 55000 typ host
a=ice-ufrag:theirs
a=ice-pwd:qqqqqqqqqqqqqqqqqqqqqqqq
a=ice-options:trickle
a=fingerprint:sha-256 11:22
a=setup:actpass
a=mid:0
a=sendrecv
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
m=video 9 UDP/TLS/RTP/SAVPF 96
c=IN IP4 0.0.0.0
a=mid:1
a=rtpmap:96 VP8/90000
"""


def voice(text: str) -> sdp_text.MediaSection:
    return next(section for section in sdp.parse(text).media if section.kind == "audio")


def answered(text: str, leg: LegCreated, terms: sdp.Terms = sdp.ANY, **more: Any) -> str:
    """Our whole answer to an offer."""
    return sdp.answer(text, sdp.remote_media(text, terms), leg, terms, **more)


def test_a_phones_offer_is_read() -> None:
    remote = sdp.remote_media(PHONE, signalling_host="198.51.100.7")
    assert remote.address == ("198.51.100.7", 4000) and remote.rtcp_address == ("198.51.100.8", 4011)
    assert remote.send_codec == Codec(name="PCMU", pt=0) and remote.send_event_pt == 96
    assert [codec.pt for codec in remote.receive_codecs] == [0, 8, 96]
    assert (remote.ptime_ms, remote.direction, remote.signalling_host) == (30, "sendrecv", "198.51.100.7")
    assert remote.ice is None and remote.fingerprint is None


def test_our_answer_takes_the_offers_numbers_and_refuses_video_in_place() -> None:
    reply = answered(PHONE, LEG)
    session = sdp.parse(reply)
    audio, video = session.media
    assert (audio.port, audio.formats) == (30000, ["0", "96"])
    assert (video.kind, video.port, video.formats) == ("video", 0, ["97"])
    assert session.host == "192.0.2.10" and audio.has("sendrecv")
    assert "a=rtpmap:96 telephone-event/8000" in reply and reply.endswith("\r\n")


def test_what_is_no_sound_is_refused_under_the_name_it_came_by() -> None:
    others = "m=image 6000 udptl t38\r\nm=application 9 UDP/BFCP *\r\nm=message 7000 TCP/MSRP *\r\n"
    reply = answered(PHONE + others, LEG)
    refused = [line for line in reply.splitlines() if line.startswith("m=")][-3:]
    assert refused == ["m=image 0 udptl t38", "m=application 0 UDP/BFCP *", "m=message 0 TCP/MSRP *"]


def test_different_numbers_each_way_after_our_offer() -> None:
    ours = sdp.offer(LEG)
    theirs = PHONE.replace(" 18 0 8 96", " 8 96")
    remote = sdp.remote_media(theirs, ours=ours)
    assert remote.send_codec == Codec(name="PCMA", pt=8) and remote.send_event_pt == 96
    assert [(codec.name, codec.pt) for codec in remote.receive_codecs] == [("PCMA", 8), ("telephone-event", 101)]


def test_dynamic_numbers_for_g711() -> None:
    text = PHONE.replace(" 18 0 8 96", " 100 96").replace("a=rtpmap:18 G729/8000", "a=rtpmap:100 pcma/8000/1")
    remote = sdp.remote_media(text)
    assert remote.send_codec == Codec(name="PCMA", pt=100)
    assert voice(answered(text, LEG)).formats == ["100", "96"]


@pytest.mark.parametrize(
    ("old", "new", "direction", "reply"),
    [
        ("a=ptime:30", "a=sendonly", "recvonly", "recvonly"),
        ("a=ptime:30", "a=recvonly", "sendonly", "sendonly"),
        ("a=ptime:30", "a=inactive", "inactive", "inactive"),
        ("a=ptime:30", "a=sendrecv", "sendrecv", "sendrecv"),
        ("t=0 0", "t=0 0\na=sendonly", "recvonly", "recvonly"),
        ("c=IN IP4 198.51.100.7", "c=IN IP4 0.0.0.0", "recvonly", "recvonly"),
    ],
)
def test_hold_in_all_its_forms(old: str, new: str, direction: str, reply: str) -> None:
    text = PHONE.replace(old, new)
    assert sdp.remote_media(text).direction == direction
    assert voice(answered(text, LEG)).has(reply)


def test_our_own_hold_meets_the_offer_halfway() -> None:
    assert voice(answered(PHONE, LEG, direction="sendonly")).has("sendonly")
    held = PHONE.replace("a=ptime:30", "a=sendonly")
    assert voice(answered(held, LEG, direction="sendonly")).has("inactive")
    assert voice(sdp.offer(LEG, direction="inactive")).has("inactive")


def test_a_browsers_offer_and_our_answer() -> None:
    remote = sdp.remote_media(BROWSER)
    assert remote.address is None and remote.rtcp_address is None and remote.direction == "sendrecv"
    assert remote.ice == IceParameters(ufrag="theirs", pwd="q" * 24)
    assert (remote.fingerprint, remote.setup, remote.send_event_pt) == ("sha-256 11:22", "actpass", 126)
    reply = answered(BROWSER, WEB)
    session = sdp.parse(reply)
    audio, video = session.media
    assert session.get("group") == "BUNDLE 0" and session.get("ice-lite") == ""
    assert (audio.get("mid"), audio.get("setup"), audio.has("rtcp-mux")) == ("0", "passive", True)
    assert audio.get("candidate") == "1 1 udp 2130706431 192.0.2.10 30002 typ host"
    assert (audio.get("ice-ufrag"), audio.get("fingerprint")) == ("ours", "sha-256 AA:BB")
    assert (video.port, video.get("mid")) == (0, "1")


def test_our_offer_to_a_browser_and_its_answer() -> None:
    ours = sdp.offer(WEB)
    audio = voice(ours)
    assert (audio.protocol, audio.get("setup"), audio.get("mid")) == ("UDP/TLS/RTP/SAVPF", "actpass", "0")
    theirs = BROWSER.replace("setup:actpass", "setup:active").replace(" 111 63 9 0 8 13 110 126", " 8 101")
    remote = sdp.remote_media(theirs.replace("rtpmap:126", "rtpmap:101"), ours=ours)
    assert remote.setup == "active" and remote.send_event_pt == 101


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=0\r\n",
        PHONE.replace(" 18 0 8 96", " 18 96"),
        PHONE.replace("m=audio 4000", "m=audio 0"),
        PHONE.replace("m=audio 4000", "m=audio x"),
        PHONE.replace("m=audio 4000", "m=audio 70000"),
        PHONE.replace("RTP/AVP 18", "udptl 18"),
        PHONE.replace("RTP/AVP 18", "RTP/SAVP 18"),
        BROWSER,
    ],
)
def test_what_cannot_be_answered_is_488(text: str) -> None:
    with pytest.raises(NotAcceptable) as caught:
        answered(text, LEG)
    assert caught.value.code == "media_not_acceptable" and caught.value.sentence


def test_the_refusal_names_what_was_offered() -> None:
    text = PHONE.replace("RTP/AVP 18 0 8 96", "RTP/AVP 18 97 3 98 96")
    text = text.replace("a=rtpmap:18 G729/8000", "a=rtpmap:97 opus/48000/2")
    with pytest.raises(NotAcceptable) as caught:
        answered(text, LEG)
    assert caught.value.sentence == "no codec in common: offered G729, opus, GSM, payload 98"


def test_g722_is_the_last_resort_and_the_first_where_the_line_says_so() -> None:
    """Payload 9, whose clock is 8,000 in SDP though it is not (RFC 3551 section 4.5.2); it need not be named."""
    alone = PHONE.replace("RTP/AVP 18 0 8 96", "RTP/AVP 9 96")
    assert sdp.remote_media(alone).send_codec == Codec(name="G722", pt=9)
    beside = PHONE.replace("RTP/AVP 18 0 8 96", "RTP/AVP 9 8 96")
    assert sdp.remote_media(beside).send_codec == Codec(name="PCMA", pt=8)
    wide = sdp.Terms(spoken(["g722", *VOICE]))
    remote = sdp.remote_media(beside, wide)
    assert remote.send_codec == Codec(name="G722", pt=9)
    assert [codec.name for codec in remote.receive_codecs] == ["G722", "PCMA", "telephone-event"]
    ours = sdp.offer(LEG, wide)
    assert "RTP/AVP 9 8 0 101" in ours and "a=rtpmap:9 G722/8000" in ours
    assert "a=rtpmap:9 G722/8000" in sdp.answer(alone, sdp.remote_media(alone), LEG)


def test_a_codec_without_its_library_is_left_out_of_what_is_wished() -> None:
    assert spoken(["opus", "PCMU"]) == ("opus", "PCMU")
    assert spoken(["g711", "PCMA"]) == ("PCMA",)
    assert spoken(["nothing"]) == VOICE


def test_versions_and_names_of_the_session() -> None:
    first, second = sdp.offer(LEG), sdp.offer(LEG, version=2)
    number = [line.split()[1:3] for line in (first + second).splitlines() if line.startswith("o=")]
    assert number[0][0] == number[1][0] and [one[1] for one in number] == ["1", "2"]


@given(st.text(alphabet="vosctma=:/ \r\n0123456789.INP4RTPAVudio", max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        sdp.remote_media("m=audio 4000 RTP/AVP 8\n" + text)
    except NotAcceptable as error:
        assert error.sentence


OPUS = sdp.Terms(codecs=("opus", *VOICE))


def test_opus_is_answered_where_the_terms_allow_it_with_events_of_its_clock() -> None:
    remote = sdp.remote_media(BROWSER, OPUS)
    assert remote.send_codec == Codec(name="opus", pt=111, clock_rate=48_000)
    assert remote.send_event_pt == 110
    ours = voice(answered(BROWSER, WEB, OPUS))
    assert ours.formats == ["111", "110"]
    assert ours.all("rtpmap") == ["111 opus/48000/2", "110 telephone-event/48000"]
    assert any(value.startswith("111 ") and "useinbandfec=1" in value for value in ours.all("fmtp"))


def test_without_such_terms_the_browser_speaks_g711_with_events_of_its_clock() -> None:
    remote = sdp.remote_media(BROWSER)
    assert remote.send_codec == Codec(name="PCMU", pt=0)
    assert remote.send_event_pt == 126


def test_our_offer_names_opus_first_and_the_answer_decides() -> None:
    ours = sdp.offer(WEB, OPUS)
    assert voice(ours).formats == ["111", "8", "0", "110", "101"]
    taken = sdp.remote_media(BROWSER, OPUS, ours=ours)
    assert taken.send_codec is not None and taken.send_codec.name == "opus"
    assert [(codec.name, codec.pt) for codec in taken.receive_codecs] == [
        ("opus", 111), ("PCMA", 8), ("PCMU", 0), ("telephone-event", 110),
    ]  # fmt: skip
    refused = sdp.remote_media(BROWSER.replace("111 63 9 0 8 13", "0"), OPUS, ours=ours)
    assert refused.send_codec == Codec(name="PCMU", pt=0)
    assert [(codec.name, codec.pt) for codec in refused.receive_codecs] == [
        ("PCMU", 0), ("telephone-event", 101),
    ]  # fmt: skip
