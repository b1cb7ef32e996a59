"""Literal messages, as they stand on the wire, and their malformed twins."""

from __future__ import annotations

from dataclasses import dataclass


def wire(text: str, body: str = "") -> bytes:
    """Lines with CRLF, then the body."""
    return (text.strip("\n").replace("\n", "\r\n") + "\r\n\r\n" + body.replace("\n", "\r\n")).encode()


INVITE = wire(
    """
INVITE sip:4008@192.0.2.10 SIP/2.0
Via: SIP/2.0/UDP 198.51.100.7:5070;branch=z9hG4bK-one;rport
Max-Forwards: 70
From: "Bob \\"B\\" <x>" <sip:13800138000@198.51.100.7>;tag=1928
To: <sip:4008@192.0.2.10>
Call-ID: a84b4c76e66710@198.51.100.7
CSeq: 314159 INVITE
Contact: <sip:13800138000@198.51.100.7:5070>
Content-Type: application/sdp
Content-Length: 5
""",
    "v=0\n",
)
COMPACT_FOLDED = wire(
    """
INVITE sip:4008@192.0.2.10 SIP/2.0
v: SIP / 2.0 / UDP
  198.51.100.7:5070 ;branch=z9hG4bK-two ; rport
mAX-forWARDS : 70
f: Bob
 <sip:13800138000@198.51.100.7>
\t;tag = 1928
t: sip:4008@192.0.2.10
i: two@198.51.100.7
cseq: 1
 INVITE
m: *
l: 0
"""
)
BARE_LF = INVITE.replace(b"\r\n", b"\n").replace(b"Length: 5", b"Length: 4")
NO_LENGTH = INVITE.replace(b"Content-Length: 5\r\n", b"")
NOT_UTF8 = INVITE.replace(b'"Bob \\"B\\" <x>"', b'"\xd5\xc5\xc8\xfd"')
LOWER = INVITE.replace(b"INVITE", b"invite")
LEADING = b"\r\n\r\n" + INVITE
REGISTER = wire(
    """
REGISTER sip:192.0.2.10 SIP/2.0
Via: SIP/2.0/UDP 198.51.100.7:5070;branch=z9hG4bK-reg;rport
Max-Forwards: 70
From: <sip:1001@192.0.2.10>;tag=r1
To: <sip:1001@192.0.2.10>
Call-ID: reg1
CSeq: 1 REGISTER
Contact: <sip:1001@198.51.100.7:5070>;expires=120
Content-Length: 0
"""
)
OPTIONS = wire(
    """
OPTIONS sip:192.0.2.10 SIP/2.0
Via: SIP/2.0/UDP 198.51.100.7:5070;branch=z9hG4bK-opt
From: <sip:1001@192.0.2.10>;tag=o1
To: <sip:1001@192.0.2.10>
Call-ID: opt1
CSeq: 1 OPTIONS
Content-Length: 0
"""
)
RINGING = wire(
    """
SIP/2.0 180 Ringing
Via: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK-three, SIP/2.0/TCP proxy.example.com
From: <sip:a@192.0.2.10>;tag=1
To: <sip:b@192.0.2.11>;tag=2
Call-ID: three
CSeq: 1 INVITE
Content-Length: 0
"""
)
GOOD = {
    "invite": INVITE, "compact_folded": COMPACT_FOLDED, "bare_lf": BARE_LF, "no_length": NO_LENGTH,
    "not_utf8": NOT_UTF8, "lower": LOWER, "leading": LEADING, "register": REGISTER, "options": OPTIONS,
    "ringing": RINGING,
}  # fmt: skip


@dataclass(frozen=True)
class Malformed:
    """answered: whether a reply with `code` can be sent, or silence is right."""

    data: bytes
    code: int
    answered: bool


def _without(header: bytes) -> bytes:
    return b"\r\n".join(line for line in INVITE.split(b"\r\n") if not line.startswith(header))


MALFORMED = {
    "truncated_body": Malformed(INVITE[:-1], 400, True),
    "length_garbled": Malformed(INVITE.replace(b"Length: 5", b"Length: five"), 400, True),
    "length_negative": Malformed(INVITE.replace(b"Length: 5", b"Length: -5"), 400, True),
    "length_twice": Malformed(INVITE.replace(b"Content-Length", b"l: 4\r\nContent-Length"), 400, True),
    "no_via": Malformed(_without(b"Via"), 400, False),
    "via_garbled": Malformed(INVITE.replace(b"SIP/2.0/UDP 198", b"SIP/2.0/UDP ;198"), 400, False),
    "no_from": Malformed(_without(b"From"), 400, True),
    "no_to": Malformed(_without(b"To"), 400, True),
    "no_call_id": Malformed(_without(b"Call-ID"), 400, True),
    "no_cseq": Malformed(_without(b"CSeq"), 400, False),
    "cseq_other_method": Malformed(INVITE.replace(b"314159 INVITE", b"314159 BYE"), 400, True),
    "cseq_garbled": Malformed(INVITE.replace(b"314159 INVITE", b"x INVITE"), 400, True),
    "cseq_too_large": Malformed(INVITE.replace(b"314159 INVITE", b"2147483648 INVITE"), 400, True),
    "from_twice": Malformed(INVITE.replace(b"To: ", b"From: <sip:c@d>;tag=2\r\nTo: "), 400, True),
    "line_without_name": Malformed(INVITE.replace(b"Max-Forwards: 70", b"Max-Forwards 70"), 400, True),
    "uri_with_space": Malformed(INVITE.replace(b"sip:4008@192.0.2.10 SIP", b"sip:4008@192.0.2.10 ;x SIP"), 400, True),
    "uri_in_brackets": Malformed(INVITE.replace(b"sip:4008@192.0.2.10 SIP", b"<sip:4008@192.0.2.10> SIP"), 400, True),
    "version": Malformed(INVITE.replace(b"192.0.2.10 SIP/2.0\r", b"192.0.2.10 SIP/7.0\r"), 505, True),
    "ack": Malformed(INVITE[:-1].replace(b"INVITE", b"ACK"), 400, False),
    "reply": Malformed(RINGING.replace(b"CSeq: 1 INVITE", b"CSeq: INVITE"), 400, False),
    "status": Malformed(RINGING.replace(b"180", b"1800"), 400, False),
    "nothing": Malformed(b"hello\r\n\r\n", 400, False),
    "overlong": Malformed(INVITE.replace(b"Max-Forwards: 70", b"X: " + b"x" * 70_000), 513, False),
    "many_headers": Malformed(INVITE.replace(b"Contact: ", b"Subject: x\r\n" * 300 + b"Contact: "), 400, True),
}
