"""Offer and answer for voice (RFC 3264; RFC 4733 events; RFC 8839 ICE, 8842 DTLS, 9143 BUNDLE for browsers).

A voice section is the first `m=audio` with a port that speaks RTP; every other section is refused with port 0 in the
same place. G.711 both laws and telephone-event are spoken; payload numbers may differ each way: we send with the
numbers the far end named and receive with those we named (in an answer we take over the offer's).
"""

from __future__ import annotations

import zlib

from yingda.kernel.errors import YingdaError
from yingda.media.protocol import Codec, IceParameters, LegCreated, RemoteMedia
from yingda.sip import sdp_text
from yingda.sip.sdp_text import MediaSection, Session

STATIC = {"0": ("PCMU", 8000), "8": ("PCMA", 8000)}
OTHER_STATIC = {"3": ("GSM", 8000), "4": ("G723", 8000), "9": ("G722", 8000), "18": ("G729", 8000)}  # RFC 3551
OUR_PT = {"PCMU": 0, "PCMA": 8}
EVENT_PT = 101
VOICE = ("PCMA", "PCMU")
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


def is_webrtc(text: str) -> bool:
    """Does this description ask for a webrtc leg (DTLS and ICE)?"""
    session = parse(text)
    voice = _voice(session)
    return "TLS" in voice.protocol or _either(session, voice, "fingerprint") is not None


def remote_media(
    text: str, codecs: tuple[str, ...] = VOICE, *, signalling_host: str | None = None, ours: str | None = None
) -> RemoteMedia:
    """The far end as its offer or answer describes it.

    codecs: those we may use; the far end's order decides. ours: our own description when `text` is the answer to it;
    payloads are then received by the numbers we named there.
    """
    session = parse(text)
    voice = _voice(session)
    theirs = _codecs(voice)
    common = [codec for codec in theirs if codec.name in codecs]
    if not common:
        raise NotAcceptable(f"no codec in common: offered {', '.join(_offered(voice)) or 'none'}")
    listed = _codecs(_voice(parse(ours))) if ours is not None else theirs
    spoken = {codec.name for codec in common} | {"telephone-event"}
    host = voice.host or session.host
    return RemoteMedia(
        address=(host, voice.port) if host and not _nowhere(host) else None,
        rtcp_address=_rtcp_address(voice, host),
        send_codec=common[0],
        send_event_pt=next((codec.pt for codec in theirs if codec.name == "telephone-event"), None),
        receive_codecs=[codec for codec in listed if codec.name in spoken],
        ptime_ms=_ptime(voice),
        direction=_direction(session, voice, host),
        signalling_host=signalling_host,
        ice=_ice(session, voice),
        fingerprint=_fingerprint(session, voice),
        setup=_either(session, voice, "setup"),
    )


def offer(local: LegCreated, codecs: tuple[str, ...] = VOICE, *, direction: str = "sendrecv", version: int = 1) -> str:
    """Our offer for a leg. version: counts up with every description of the same leg."""
    listed = [Codec(name=name, pt=OUR_PT[name]) for name in codecs]
    listed.append(Codec(name="telephone-event", pt=EVENT_PT))
    protocol = "UDP/TLS/RTP/SAVPF" if local.fingerprint else "RTP/AVP"
    voice = _voice_section(local, protocol, listed, direction)
    session = Session(host=local.address[0], media=[voice])
    if local.fingerprint:
        voice.attributes += [*_secure_attributes(local, "actpass"), ("mid", "0"), ("rtcp-mux", "")]
        session.attributes += [("group", "BUNDLE 0"), ("ice-lite", ""), ("msid-semantic", "WMS *")]
    return sdp_text.build(session, _origin(local, version))


def answer(
    offer_sdp: str,
    local: LegCreated,
    codecs: tuple[str, ...] = VOICE,
    *,
    direction: str = "sendrecv",
    version: int = 1,
) -> str:
    """Our answer: one law and its events by the offer's numbers, other sections refused, direction met halfway.

    direction: what we would like (inactive and recvonly for hold); the offer may allow less.
    """
    session = parse(offer_sdp)
    voice = _voice(session)
    remote = remote_media(offer_sdp, codecs)
    if remote.fingerprint is None and ("TLS" in voice.protocol or "SAVP" in voice.protocol):
        raise NotAcceptable("secure media was asked for without a DTLS fingerprint")
    if (remote.fingerprint is None) != (local.fingerprint is None):
        raise NotAcceptable("the leg and the offer disagree on secure media")
    events = Codec(name="telephone-event", pt=remote.send_event_pt) if remote.send_event_pt is not None else None
    assert remote.send_codec is not None
    listed = [remote.send_codec, *([events] if events else [])]
    ours = _voice_section(local, voice.protocol, listed, _met(remote.direction, direction))
    reply = Session(host=local.address[0])
    if local.fingerprint:
        ours.attributes += _secure_attributes(local, "active" if remote.setup == "passive" else "passive")
        ours.attributes += [("rtcp-mux", "")] if voice.has("rtcp-mux") else []
        reply.attributes += [("ice-lite", "")]
    if (mid := voice.get("mid")) is not None:
        ours.attributes.append(("mid", mid))
        if (session.get("group") or "").upper().startswith("BUNDLE"):
            reply.attributes.insert(0, ("group", f"BUNDLE {mid}"))
    reply.media = [ours if section is voice else _refused(section) for section in session.media]
    return sdp_text.build(reply, _origin(local, version))


# ---- reading ---------------------------------------------------------------------------------------------------------


def _voice(session: Session) -> MediaSection:
    for section in session.media:
        if section.kind == "audio" and section.protocol in PROFILES and section.port:
            return section
    raise NotAcceptable("no audio over RTP is offered")


def _either(session: Session, voice: MediaSection, name: str) -> str | None:
    """An attribute of the section, or the session's default for it."""
    value = voice.get(name)
    return value if value is not None else session.get(name)


def _mapped(voice: MediaSection) -> dict[str, tuple[str, int]]:
    """What each payload number stands for: (name, clock rate)."""
    mapped = dict(STATIC)
    for value in voice.all("rtpmap"):
        pt, _, encoding = value.partition(" ")
        name, _, rate = encoding.strip().partition("/")
        rate = rate.partition("/")[0]
        mapped[pt.strip()] = (name.strip(), int(rate) if rate.isascii() and rate.isdigit() else 0)
    return mapped


def _codecs(voice: MediaSection) -> list[Codec]:
    """Known payloads in the order of preference."""
    mapped = _mapped(voice)
    known = {"pcmu": "PCMU", "pcma": "PCMA", "telephone-event": "telephone-event"}
    codecs = []
    for pt in dict.fromkeys(voice.formats):
        name, clock_rate = mapped.get(pt, ("", 0))
        if name.lower() in known and clock_rate == 8000 and pt.isascii() and pt.isdigit() and int(pt) < 128:
            codecs.append(Codec(name=known[name.lower()], pt=int(pt)))
    return codecs


def _offered(voice: MediaSection) -> list[str]:
    """Every codec by its name, or number, for people who read the refusal."""
    mapped = {**OTHER_STATIC, **_mapped(voice)}
    names = (mapped[pt][0] if pt in mapped else f"payload {pt}" for pt in dict.fromkeys(voice.formats))
    return [name for name in names if name != "telephone-event"]


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


def _voice_section(local: LegCreated, protocol: str, codecs: list[Codec], direction: str) -> MediaSection:
    section = MediaSection("audio", local.address[1], protocol, [str(codec.pt) for codec in codecs])
    for codec in codecs:
        section.attributes.append(("rtpmap", f"{codec.pt} {codec.name}/{codec.clock_rate}"))
        if codec.name == "telephone-event":
            section.attributes.append(("fmtp", f"{codec.pt} 0-15"))
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
