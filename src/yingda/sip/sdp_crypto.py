"""Keys of SRTP in a description: a=crypto lines (RFC 4568), read, chosen, written. `media/sdes` uses the keys.

A line that asks for what we lack (a master key index, several keys, a session parameter that changes the packets) is
passed over: the offer may have another one, and where no line is left there is nothing in common.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from enum import Enum

from yingda.media.protocol import SrtpParameters
from yingda.media.sdes import SUITES, new_parameters
from yingda.sip.sdp_text import MediaSection

OFFERED = ("AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32")
"""What we offer; whatever `media/sdes` knows is taken."""
MAX_TAG = 999_999_999


class Srtp(Enum):
    """Whether the sound of a line is encrypted by keys in the signalling.

    OPTIONAL: as the far end offers it; our own offers carry keys where the signalling is TLS (elsewhere everybody on
    the way could read them). REQUIRED: nothing else is offered or taken.
    """

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Crypto:
    """One line. tag: its number, by which the answer names it."""

    tag: int
    parameters: SrtpParameters


def read(section: MediaSection) -> list[Crypto]:
    """The lines we can go by, in the far end's order."""
    return [crypto for value in section.all("crypto") if (crypto := _line(value)) is not None]


def _line(value: str) -> Crypto | None:
    words = value.split()
    if len(words) < 3 or not (words[0].isascii() and words[0].isdigit() and int(words[0]) <= MAX_TAG):
        return None
    tag, suite, key = int(words[0]), words[1].upper(), _key(words[2])
    understood = all(word.upper().startswith("WSH=") for word in words[3:])  # a mere hint (section 6.3.7)
    if suite not in SUITES or not understood or len(key) != SUITES[suite][1]:
        return None
    return Crypto(tag, SrtpParameters(suite=suite, key=base64.b64encode(key).decode()))


def _key(value: str) -> bytes:
    """Key and salt of `inline:…|lifetime`; nothing for several keys, and for one with an index (MKI)."""
    method, _, info = value.partition(":")
    text, *others = info.split("|")
    if method.lower() != "inline" or ";" in info or any(":" in other for other in others):
        return b""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def matching(ours: list[Crypto], theirs: list[Crypto]) -> tuple[SrtpParameters, SrtpParameters] | None:
    """(their key, ours) once our offer is answered: an answer repeats the tag and suite it took (section 5.1.3)."""
    answer = theirs[0]
    mine = next((one.parameters for one in ours if one.tag == answer.tag), None)
    return (answer.parameters, mine) if mine is not None and mine.suite == answer.parameters.suite else None


def key_for(suite: str, before: list[Crypto]) -> SrtpParameters:
    """Our key to answer with: the one we have sent with so far, or a fresh one."""
    return next((one.parameters for one in before if one.parameters.suite == suite), None) or new_parameters(suite)


def fresh() -> list[Crypto]:
    """Our lines to offer first."""
    return [Crypto(tag, new_parameters(suite)) for tag, suite in enumerate(OFFERED, 1)]


def attribute(crypto: Crypto) -> tuple[str, str]:
    return "crypto", f"{crypto.tag} {crypto.parameters.suite} inline:{crypto.parameters.key}"
