"""Offer and answer for voice (RFC 3264; 4733 events; 4568 SRTP keys; 8839 ICE, 8842 DTLS, 9143 BUNDLE for browsers).

The voice section is the first `m=audio` over RTP that our terms allow; every other section is refused with port 0 in
the same place. G.711 both laws, G.722, Opus (RFC 7587) and telephone-event are spoken; payload numbers may differ each
way: we send with the numbers the far end named and receive with those we named (in an answer we take over the offer's).

rule                                                                      section of RFC 3264
an answer has the offer's sections, in its order; refused ones have port 0 6
the answer's formats and direction are among what the offer allows        6.1
a later offer keeps our sections where they were, and what numbers mean   8
c=0.0.0.0 is the hold of old                                              8.4
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from yingda.kernel.errors import YingdaError
from yingda.media.protocol import Codec, IceParameters, LegCreated, RemoteMedia, SrtpParameters
from yingda.sip import sdp_codecs, sdp_crypto, sdp_text
from yingda.sip.sdp_codecs import CLOCK, EVENT, VOICE, all_codecs, names_offered, numbered
from yingda.sip.sdp_crypto import Crypto, Srtp
from yingda.sip.sdp_text import MediaSection, Session

WISHES = {
    EVENT: "0-15",
    "opus": "minptime=10;useinbandfec=1;maxplaybackrate=8000;sprop-maxcapturerate=8000;maxaveragebitrate=24000",
}
DIRECTIONS = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
PROFILES = frozenset({"RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF", "UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF"})


class NotAcceptable(YingdaError):  # noqa: N818  (the name of the SIP answer it becomes)
    """The far end's description leaves nothing in common with us: 488 with this sentence as warning."""

    def __init__(self, sentence: str) -> None:
        super().__init__("media_not_acceptable", sentence)


def parse(text: str) -> Session:
    """NotAcceptable instead of ValueError for a description that cannot be read."""
    try:
        return sdp_text.parse(text)
    except ValueError as error:
        raise NotAcceptable(str(error)) from error


@dataclass(frozen=True, slots=True)
class Terms:
    """What we agree to on a line. codecs: in the order of our offers. private: nobody reads the signalling (TLS).

    passes: a codec that we only hand on is taken where none of ours is offered. only: such a one, all that we offer.
    """

    codecs: tuple[str, ...] = VOICE
    srtp: Srtp = Srtp.OPTIONAL
    private: bool = False
    passes: bool = False
    only: Codec | None = None


ANY = Terms()


def remote_media(
    text: str,
    terms: Terms = ANY,
    *,
    signalling_host: str | None = None,
    ours: str | None = None,
    before: str | None = None,
) -> RemoteMedia:
    """The far end as its offer or answer describes it; the far end's order of codecs decides.

    ours: our own description when `text` is the answer to it; payloads are then received by the numbers we named there.
    before: our description so far when `text` is a later offer; the key we send with is kept.
    """
    session = parse(text)
    voice = _voice(session, terms)
    theirs = all_codecs(voice)
    common = _common(theirs, terms)
    listed = all_codecs(_spoken(parse(ours))) if ours is not None else theirs
    clock = common[0].clock_rate
    spoken = {*((codec.name, codec.clock_rate) for codec in common), (EVENT, clock)}
    host = voice.host or session.host
    receive, send = _keys(session, voice, terms, ours, before)
    return RemoteMedia(
        address=(host, voice.port) if host and not _nowhere(host) else None,
        rtcp_address=_rtcp_address(voice, host),
        send_codec=common[0],
        send_event_pt=next((codec.pt for codec in theirs if (codec.name, codec.clock_rate) == (EVENT, clock)), None),
        receive_codecs=[codec for codec in listed if (codec.name, codec.clock_rate) in spoken],
        ptime_ms=_ptime(voice),
        direction=_direction(session, voice, host),
        signalling_host=signalling_host,
        ice=_ice(session, voice),
        fingerprint=_fingerprint(session, voice),
        setup=_either(session, voice, "setup"),
        srtp_receive=receive,
        srtp_send=send,
    )


def offer(
    local: LegCreated,
    terms: Terms = ANY,
    *,
    direction: str = "sendrecv",
    version: int = 1,
    before: str | None = None,
) -> str:
    """Our offer for a leg. version: counts up with every description of the same leg; before: the last of them."""
    earlier = parse(before) if before is not None else Session()
    then = _spoken(earlier) if before is not None else None
    wanted = [(name, CLOCK[name]) for name in terms.codecs] if terms.only is None else []
    wanted += [(EVENT, clock) for clock in dict.fromkeys(clock for _, clock in wanted or [("", 8000)])]
    listed = [numbered(name, clock, then) for name, clock in wanted]
    if terms.only is not None:
        listed.insert(0, terms.only)
    cryptos = [] if local.fingerprint else _our_cryptos(terms, then)
    voice = _voice_section(local, _profile(local, terms, then), listed, direction)
    voice.attributes += map(sdp_crypto.attribute, cryptos)
    session = Session(host=local.address[0])
    if local.fingerprint:
        mid = (then.get("mid") if then is not None else None) or "0"
        voice.attributes += [*_secure_attributes(local, "actpass"), ("mid", mid), ("rtcp-mux", "")]
        session.attributes += [("group", f"BUNDLE {mid}"), ("ice-lite", ""), ("msid-semantic", "WMS *")]
    session.media = [voice if one is then else _refused(one) for one in earlier.media] or [voice]
    return sdp_text.build(session, _origin(local, version))


def answer(
    offer_sdp: str,
    remote: RemoteMedia,
    local: LegCreated,
    terms: Terms = ANY,
    *,
    direction: str = "sendrecv",
    version: int = 1,
) -> str:
    """Our answer: one law and its events by the offer's numbers, other sections refused, direction met halfway.

    remote: what `remote_media` made of this offer. direction: what we would like (inactive and recvonly for hold); the
    offer may allow less.
    """
    session = parse(offer_sdp)
    voice = _voice(session, terms)
    if (remote.fingerprint is None) != (local.fingerprint is None):
        raise NotAcceptable("the leg and the offer disagree on DTLS")
    assert remote.send_codec is not None
    listed = [remote.send_codec]
    if remote.send_event_pt is not None:
        listed.append(Codec(name=EVENT, pt=remote.send_event_pt, clock_rate=remote.send_codec.clock_rate))
    ours = _voice_section(local, voice.protocol, listed, _met(remote.direction, direction))
    reply = Session(host=local.address[0])
    if local.fingerprint:
        ours.attributes += _secure_attributes(local, "active" if remote.setup == "passive" else "passive")
        ours.attributes += [("rtcp-mux", "")] if voice.has("rtcp-mux") else []
        reply.attributes += [("ice-lite", "")]
    elif remote.srtp_send is not None:
        ours.attributes.append(sdp_crypto.attribute(Crypto(sdp_crypto.read(voice)[0].tag, remote.srtp_send)))
    if (mid := voice.get("mid")) is not None:
        ours.attributes.append(("mid", mid))
        if (session.get("group") or "").upper().startswith("BUNDLE"):
            reply.attributes.insert(0, ("group", f"BUNDLE {mid}"))
    reply.media = [ours if section is voice else _refused(section) for section in session.media]
    return sdp_text.build(reply, _origin(local, version))


# ---- reading ---------------------------------------------------------------------------------------------------------


def _voices(session: Session) -> list[MediaSection]:
    return [one for one in session.media if one.kind == "audio" and one.protocol in PROFILES and one.port]


def _spoken(ours: Session) -> MediaSection:
    """The one section of ours that is not refused."""
    voices = _voices(ours)
    if not voices:
        raise NotAcceptable("no audio over RTP is offered")
    return voices[0]


def _voice(session: Session, terms: Terms) -> MediaSection:
    """The first section that our terms allow; else the refusal names what was wrong with the first."""
    objections: list[str] = []
    for section in _voices(session):
        objection = _objection(session, section, terms)
        if objection is None:
            return section
        objections.append(objection)
    raise NotAcceptable(objections[0] if objections else "no audio over RTP is offered")


def _objection(session: Session, voice: MediaSection, terms: Terms) -> str | None:
    if not _common(all_codecs(voice), terms):
        return f"no codec in common: offered {', '.join(names_offered(voice)) or 'none'}"
    if _either(session, voice, "fingerprint") is not None:
        return None
    if "TLS" in voice.protocol:
        return "secure media was asked for without a DTLS fingerprint"
    keyed = bool(sdp_crypto.read(voice))
    if "SAVP" in voice.protocol and terms.srtp is Srtp.NONE:
        return "secure media is not allowed on this line"
    if "SAVP" in voice.protocol and not keyed:
        return "secure media was asked for without a key we can use"
    if terms.srtp is Srtp.REQUIRED and not keyed:
        return "this line takes secure media only"
    return None


def _keys(
    session: Session, voice: MediaSection, terms: Terms, ours: str | None, before: str | None
) -> tuple[SrtpParameters | None, SrtpParameters | None]:
    """(the far end's key, ours), or nothing where the sound is plain or secured by DTLS."""
    theirs = sdp_crypto.read(voice)
    if not theirs or terms.srtp is Srtp.NONE or _either(session, voice, "fingerprint") is not None:
        return None, None
    if ours is not None:
        offered = sdp_crypto.read(_spoken(parse(ours)))
        agreed = sdp_crypto.matching(offered, theirs)
        if agreed is None and (offered or "SAVP" in voice.protocol):
            raise NotAcceptable("the answer takes none of the keys we offered")
        return agreed or (None, None)
    kept = sdp_crypto.read(_spoken(parse(before))) if before is not None else []
    return theirs[0].parameters, sdp_crypto.key_for(theirs[0].parameters.suite, kept)


def _either(session: Session, voice: MediaSection, name: str) -> str | None:
    """An attribute of the section, or the session's default for it."""
    value = voice.get(name)
    return value if value is not None else session.get(name)


def _common(theirs: Sequence[Codec], terms: Terms) -> list[Codec]:
    return sdp_codecs.common(theirs, terms.codecs, terms.only, passes=terms.passes)


def _nowhere(host: str) -> bool:
    return host in ("0.0.0.0", "::") or host.endswith(".invalid")


def _direction(session: Session, voice: MediaSection, host: str | None) -> str:
    """Seen from us. The old hold (c=0.0.0.0, RFC 2543) means that the far end hears nothing."""
    named = [name for name in DIRECTIONS if voice.has(name)]
    if not named:
        named = [name for name in DIRECTIONS if session.get(name) is not None]
    ours = DIRECTIONS[named[0]] if named else "sendrecv"
    if host in ("0.0.0.0", "::") and _ice(session, voice) is None:
        return "recvonly" if ours in ("sendrecv", "recvonly") else "inactive"
    return ours


def _met(theirs: str, wish: str) -> str:
    """The direction of our answer: what the offer allows (seen from us) and we wish."""
    send = theirs in ("sendrecv", "sendonly") and wish in ("sendrecv", "sendonly")
    receive = theirs in ("sendrecv", "recvonly") and wish in ("sendrecv", "recvonly")
    return {(True, True): "sendrecv", (True, False): "sendonly", (False, True): "recvonly"}.get(
        (send, receive), "inactive"
    )


def _ptime(voice: MediaSection) -> int:
    value = (voice.get("ptime") or "").partition(".")[0]
    return int(value) if value.isascii() and value.isdigit() and 10 <= int(value[:4]) <= 120 else 20


def _rtcp_address(voice: MediaSection, host: str | None) -> tuple[str, int] | None:
    """RFC 3605; where nothing is said media takes the next port."""
    if voice.has("rtcp-mux"):
        return None
    words = (voice.get("rtcp") or "").split()
    if not words or not (words[0].isascii() and words[0].isdigit() and 0 < int(words[0]) < 65536):
        return None
    named = words[3] if len(words) >= 4 else host
    return (named, int(words[0])) if named and not _nowhere(named) else None


def _ice(session: Session, voice: MediaSection) -> IceParameters | None:
    ufrag, pwd = _either(session, voice, "ice-ufrag"), _either(session, voice, "ice-pwd")
    return IceParameters(ufrag=ufrag, pwd=pwd) if ufrag and pwd else None


def _fingerprint(session: Session, voice: MediaSection) -> str | None:
    """The first SHA-256 one, else the first."""
    listed = voice.all("fingerprint") or [value for name, value in session.attributes if name == "fingerprint"]
    return next((value for value in listed if value.lower().startswith("sha-256 ")), listed[0] if listed else None)


# ---- writing ---------------------------------------------------------------------------------------------------------


def _our_cryptos(terms: Terms, then: MediaSection | None) -> list[Crypto]:
    """Once a line is secured it stays so, with the same key; once it is plain it stays plain."""
    if then is not None:
        return sdp_crypto.read(then)
    wanted = terms.srtp is Srtp.REQUIRED or (terms.srtp is Srtp.OPTIONAL and terms.private)
    return sdp_crypto.fresh() if wanted else []


def _profile(local: LegCreated, terms: Terms, then: MediaSection | None) -> str:
    """RTP/AVP with keys beside it is how phones offer SRTP that may be declined."""
    if then is not None:
        return then.protocol
    if local.fingerprint:
        return "UDP/TLS/RTP/SAVPF"
    return "RTP/SAVP" if terms.srtp is Srtp.REQUIRED else "RTP/AVP"


def _voice_section(local: LegCreated, protocol: str, codecs: list[Codec], direction: str) -> MediaSection:
    section = MediaSection("audio", local.address[1], protocol, [str(codec.pt) for codec in codecs])
    for codec in codecs:
        channels = "/2" if codec.name == "opus" else ""  # whatever is spoken (RFC 7587 section 7)
        section.attributes.append(("rtpmap", f"{codec.pt} {codec.name}/{codec.clock_rate}{channels}"))
        if wishes := codec.fmtp or WISHES.get(codec.name):
            section.attributes.append(("fmtp", f"{codec.pt} {wishes}"))
    section.attributes += [("ptime", "20"), (direction, ""), ("ssrc", f"{local.ssrc} cname:{local.cname}")]
    return section


def _secure_attributes(local: LegCreated, setup: str) -> list[tuple[str, str]]:
    """ICE-lite with one host candidate, and the DTLS certificate's fingerprint."""
    if local.ice is None or local.fingerprint is None:
        raise NotAcceptable("the leg has no ICE credentials")
    host, port = local.address
    return [
        ("ice-ufrag", local.ice.ufrag),
        ("ice-pwd", local.ice.pwd),
        ("fingerprint", local.fingerprint),
        ("setup", setup),
        ("candidate", f"1 1 udp 2130706431 {host} {port} typ host"),
        ("end-of-candidates", ""),
    ]


def _refused(section: MediaSection) -> MediaSection:
    """Port 0, same place, same formats (RFC 3264 section 6); its mid is kept so that the browser can match it."""
    mids = [("mid", value) for value in section.all("mid")[:1]]
    return MediaSection(section.kind, 0, section.protocol, section.formats[:1], attributes=[*mids, ("inactive", "")])


def _origin(local: LegCreated, version: int) -> tuple[int, int, str]:
    return (zlib.crc32(local.leg_id.encode()), version, local.address[0])
