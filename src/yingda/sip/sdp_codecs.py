"""What the payload numbers of a voice section stand for (RFC 3551, RFC 4566 rtpmap and fmtp), and what both ends have.

G.711 both laws, G.722, Opus (RFC 7587) and telephone-event (RFC 4733) are spoken; `HANDED_ON` pass as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from yingda.media.protocol import PASSED, SPOKEN, Codec
from yingda.sip.sdp_text import MediaSection

Texts = tuple[str, ...]
VOICE = ("PCMA", "PCMU")
STATIC = {"0": ("PCMU", 8000), "8": ("PCMA", 8000), "9": ("G722", 8000)}  # RFC 3551
OTHER_STATIC = {"3": ("GSM", 8000), "4": ("G723", 8000), "18": ("G729", 8000)}
OUR_PT = {"PCMU": 0, "PCMA": 8, "G722": 9, "opus": 111}
CLOCK = {"PCMU": 8000, "PCMA": 8000, "G722": 8000, "opus": 48000}  # G.722's is 16 kHz, called 8 (RFC 3551, 4.5.2)
EVENT = "telephone-event"
EVENT_PT = {8000: 101, 48000: 110}  # an event is counted by the clock of the sound it interrupts (RFC 4733)
HANDED_ON = {name.lower(): name for name in PASSED}
KNOWN = {
    (name.lower(), clock): name for name, clock in (*CLOCK.items(), (EVENT, 8000), (EVENT, 48000)) if name not in PASSED
}
LAST_RESORT = tuple(name for name in ("G722",) if name in SPOKEN)
"""What is agreed to where nothing else is offered: it must be turned into G.711, which costs more than that."""


def spoken(wishes: Iterable[str]) -> tuple[str, ...]:
    """Of the codecs that a configuration names those for which there is a library here; G.711 if that leaves none."""
    named = {name.lower(): name for name in (*VOICE, *SPOKEN)}
    return tuple(named[wish.lower()] for wish in wishes if wish.lower() in named) or VOICE


def all_codecs(voice: MediaSection) -> Sequence[Codec]:
    """Those we speak in the order of preference, then those we could hand on."""
    return _all_codecs(tuple(voice.formats), tuple(voice.all("rtpmap")), tuple(voice.all("fmtp")))


@lru_cache(maxsize=512)
def _all_codecs(formats: Texts, rtpmap: Texts, fmtp: Texts) -> tuple[Codec, ...]:
    """Phones of one make number alike: one of them is read, and the others with it."""
    return (*_known(formats, rtpmap), *_handed_on(formats, rtpmap, fmtp))


def known(voice: MediaSection) -> list[Codec]:
    """Payloads we speak, in the order of preference."""
    return _known(voice.formats, voice.all("rtpmap"))


def _known(formats: Sequence[str], rtpmap: Sequence[str]) -> list[Codec]:
    mapped = _mapped(rtpmap)
    codecs = []
    for pt in dict.fromkeys(formats):
        name, clock_rate = mapped.get(pt, ("", 0))
        ours = KNOWN.get((name.lower(), clock_rate))
        if ours is not None and pt.isascii() and pt.isdigit() and int(pt) < 128:
            codecs.append(Codec(name=ours, pt=int(pt), clock_rate=clock_rate))
    return codecs


def _handed_on(formats: Sequence[str], rtpmap: Sequence[str], fmtp: Sequence[str]) -> list[Codec]:
    """Payloads that we could hand on, in the order of preference."""
    mapped = {**OTHER_STATIC, **_mapped(rtpmap)}
    parameters = dict(value.partition(" ")[::2] for value in fmtp)
    codecs = []
    for pt in dict.fromkeys(formats):
        name, clock_rate = mapped.get(pt, ("", 0))
        handed = HANDED_ON.get(name.lower())
        if handed is not None and clock_rate == 8000 and pt.isascii() and pt.isdigit() and int(pt) < 128:
            codecs.append(Codec(name=handed, pt=int(pt), clock_rate=clock_rate, fmtp=parameters.get(pt, "")))
    return codecs


def _mapped(rtpmap: Sequence[str]) -> dict[str, tuple[str, int]]:
    """What each payload number stands for: (name, clock rate)."""
    mapped = dict(STATIC)
    for value in rtpmap:
        pt, _, encoding = value.partition(" ")
        name, _, rate = encoding.strip().partition("/")
        rate = rate.partition("/")[0]
        mapped[pt.strip()] = (name.strip(), int(rate) if rate.isascii() and rate.isdigit() else 0)
    return mapped


def common(theirs: Sequence[Codec], codecs: Sequence[str], only: Codec | None, *, passes: bool) -> list[Codec]:
    """What both may use, ours first; then the last resort, and what is only handed on if `passes` allows it."""
    for names in ([only.name],) if only is not None else (codecs, LAST_RESORT, PASSED if passes else ()):
        if both := [codec for codec in theirs if codec.name in names]:
            return both
    return []


def names_offered(voice: MediaSection) -> list[str]:
    """Every codec by its name, or number, for people who read the refusal."""
    mapped = {**OTHER_STATIC, **_mapped(voice.all("rtpmap"))}
    names = (mapped[pt][0] if pt in mapped else f"payload {pt}" for pt in dict.fromkeys(voice.formats))
    return [name for name in names if name != EVENT]


def numbered(name: str, clock: int, then: MediaSection | None) -> Codec:
    """What a number means stays the same for the whole call (RFC 3264 section 8.3.2). then: our section so far."""
    before = known(then) if then is not None else []
    fresh = Codec(name=name, pt=EVENT_PT[clock] if name == EVENT else OUR_PT[name], clock_rate=clock)
    return next((codec for codec in before if (codec.name, codec.clock_rate) == (name, clock)), fresh)
