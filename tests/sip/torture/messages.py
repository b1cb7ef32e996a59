"""Reads the torture messages: text files with the RFCs' own conventions for long lines and unprintable bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

SDP = r"""v=0
o=mhandley 29739 7272939 IN IP4 \1
s=-
c=IN IP4 \1
t=0 0
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
"""

_BEGIN = re.compile(r"^### (\S+) (\S+): (.+)\n", re.MULTILINE)
_SDP = re.compile(r"<sdp (\S+)>\n")
_REPEAT = re.compile(r"<rep (\d+) ([^>]+)>")
_HEX = re.compile(rb"<hex ([0-9A-F]+)>")


@dataclass(frozen=True)
class Torture:
    """One message. section, title: of its RFC; name: the RFC's file name for it."""

    section: str
    name: str
    title: str
    data: bytes


def read(file: str) -> list[Torture]:
    text = Path(__file__).with_name(file).read_text(encoding="utf-8")
    begins = list(_BEGIN.finditer(text))
    ends = [one.start() for one in begins[1:]] + [len(text)]
    return [
        Torture(one[1], one[2], one[3], _message(text[one.end() : end])) for one, end in zip(begins, ends, strict=True)
    ]


def _message(text: str) -> bytes:
    text = _REPEAT.sub(lambda match: match[2] * int(match[1]), _SDP.sub(SDP, text))
    data = text.replace("\n", "\r\n").encode()
    return _HEX.sub(lambda match: bytes.fromhex(match[1].decode()), data)
