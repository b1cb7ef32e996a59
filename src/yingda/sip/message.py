"""SIP messages: tolerant reading, exact building (RFC 3261 section 7; design.md, "Chosen parts").

Reading accepts what real equipment sends: compact and odd-cased names, folded lines, bare LF, stray CRLF before the
start line, bytes that are not UTF-8 (kept as surrogates, so that echoed headers go back unchanged), a missing
Content-Length. The only exception that comes out is `MalformedMessage`, which says whether a 400 can be sent.
Values stay text until somebody asks; only what every message needs (Via, tags, CSeq) is read at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sipmessage.message import COMPACT_FORMS

from yingda.sip import bodies, grammar
from yingda.sip.grammar import NameAddress, Via

MAX_MESSAGE = 65_535
SDP = "application/sdp"
MAX_HEADER_LINES = 256

REASONS = {
    100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress",
    200: "OK", 202: "Accepted", 301: "Moved Permanently", 302: "Moved Temporarily", 400: "Bad Request",
    401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    406: "Not Acceptable", 407: "Proxy Authentication Required", 408: "Request Timeout", 410: "Gone",
    413: "Request Entity Too Large", 414: "Request-URI Too Long", 415: "Unsupported Media Type",
    416: "Unsupported URI Scheme", 420: "Bad Extension", 421: "Extension Required",
    422: "Session Interval Too Small", 423: "Interval Too Brief", 430: "Flow Failed",
    439: "First Hop Lacks Outbound Support", 489: "Bad Event",
    480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 482: "Loop Detected",
    483: "Too Many Hops", 484: "Address Incomplete", 485: "Ambiguous", 486: "Busy Here", 487: "Request Terminated",
    488: "Not Acceptable Here", 491: "Request Pending", 493: "Undecipherable", 500: "Server Internal Error",
    501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Server Time-out",
    505: "Version Not Supported", 513: "Message Too Large", 600: "Busy Everywhere", 603: "Decline",
    604: "Does Not Exist Anywhere", 606: "Not Acceptable",
}  # fmt: skip

_KNOWN = (
    "Accept", "Accept-Encoding", "Accept-Language", "Alert-Info", "Allow", "Allow-Events", "Authentication-Info",
    "Authorization", "Call-ID", "Call-Info", "Contact", "Content-Disposition", "Content-Encoding", "Content-Language",
    "Content-Length", "Content-Type", "CSeq", "Date", "Diversion", "Error-Info", "Event", "Expires", "From",
    "History-Info", "In-Reply-To", "Max-Forwards", "MIME-Version", "Min-Expires", "Organization",
    "P-Asserted-Identity", "P-Preferred-Identity", "Path", "Priority", "Privacy", "Proxy-Authenticate",
    "Proxy-Authorization", "Proxy-Require", "RAck", "Reason", "Record-Route", "Refer-To", "Referred-By",
    "Remote-Party-ID", "Replaces", "Reply-To", "Require", "Retry-After", "Route", "RSeq", "Server", "Service-Route",
    "Session-Expires", "Min-SE", "Subject", "Supported", "Timestamp", "To", "Unsupported", "User-Agent", "Via",
    "Warning", "WWW-Authenticate",
)  # fmt: skip
_NAMES: dict[str, str] = {form: name for name in _KNOWN for form in (name, name.lower(), name.upper())}
_NAMES |= {form: name for short, name in COMPACT_FORMS.items() for form in (short, short.upper())}

_FOLD = re.compile(r"[ \t]*\n[ \t]+")
_STATUS = re.compile(r"[1-6]\d\d", re.ASCII)
_NUMBER = re.compile(r"\d{1,10}(?![\w.])", re.ASCII)
_SINGLE = ("From", "To", "Call-ID", "CSeq")

_COPIED = ("Via", "From", "To", "Call-ID", "CSeq", "Timestamp")  # by a reply; a malformed request may lack some

REGISTERED_METHODS = frozenset({
    "ACK", "BYE", "CANCEL", "INFO", "INVITE", "MESSAGE", "NOTIFY", "OPTIONS", "PRACK", "PUBLISH", "REFER", "REGISTER",
    "SUBSCRIBE", "UPDATE",
})  # fmt: skip

Headers = dict[str, list[str]]


class MalformedMessage(Exception):  # noqa: N818  (a verdict on the peer's bytes)
    """The bytes are no proper message. `request` is there when a reply with `code` can be sent; else keep silent."""

    def __init__(self, code: int, reason: str, request: Request | None = None) -> None:
        super().__init__(f"{code} {reason}")
        self.code, self.reason, self.request = code, reason, request


def canonical(name: str) -> str:
    """The one spelling of a header name that `headers` is keyed by."""
    known = _NAMES.get(name) or _NAMES.get(name.lower())
    return known or "-".join(part.capitalize() for part in name.split("-"))


class Message:
    """headers: canonical name to its values in order, as text. Built and read messages look the same."""

    __slots__ = ("_via", "body", "cseq", "from_tag", "headers", "to_tag")

    def __init__(self, headers: Headers, body: bytes = b"") -> None:
        self.headers, self.body = headers, body
        self._via: Via | None = None
        self.cseq = (0, "")
        self.from_tag = self.to_tag = ""

    def index(self) -> None:
        """Read what transactions and dialogs are found by. KeyError or ValueError if it is not there."""
        headers = self.headers
        self.cseq = grammar.parse_cseq(headers["CSeq"][0])
        self.from_tag = grammar.tag_of(headers["From"][0])
        self.to_tag = grammar.tag_of(headers["To"][0])
        if not headers["Call-ID"][0]:
            raise ValueError("Call-ID is empty")
        self._via = grammar.parse_via(grammar.split_list(headers["Via"][0])[0])

    @property
    def via(self) -> Via:
        """The topmost Via."""
        if self._via is None:
            self._via = grammar.parse_via(grammar.split_list(self.headers["Via"][0])[0])
        return self._via

    def replace_via(self, via: Via) -> None:
        """Put another value in place of the topmost Via."""
        self._via = via
        self.headers["Via"] = [str(via), *self.all("Via")[1:]]

    @property
    def call_id(self) -> str:
        return self.headers["Call-ID"][0]

    def get(self, name: str, default: str = "") -> str:
        """The first value of a header (canonical name), or the default."""
        values = self.headers.get(name)
        return values[0] if values else default

    def all(self, name: str) -> list[str]:
        """Every value of a list header, those on one line taken apart."""
        lines = self.headers.get(name)
        return [part for line in lines for part in grammar.split_list(line)] if lines else []

    def tokens(self, name: str) -> list[str]:
        return [token.lower() for token in self.all(name)]

    def address(self, name: str) -> NameAddress | None:
        """The first value as an address; None if it is missing, `*`, or cannot be read."""
        values = self.headers.get(name, []) if name in _SINGLE else self.all(name)
        if not values or values[0] == "*":
            return None
        try:
            return grammar.parse_address(values[0])
        except ValueError:
            return None

    def number(self, name: str) -> int | None:
        """The first value as a non-negative whole number (parameters and comments behind it do not count)."""
        match = _NUMBER.match(self.get(name).strip())
        return int(match[0]) if match else None

    @property
    def content_type(self) -> str:
        return self.get("Content-Type").partition(";")[0].strip().lower()

    @property
    def sdp(self) -> str | None:
        """The session description, alone or among other parts; None if the body is something else or nothing."""
        if not self.body:
            return None
        kind, body = self.content_type, self.body
        if kind.startswith("multipart/"):
            body = bodies.part(self.get("Content-Type"), body, SDP) or b""
        elif kind != SDP:
            return None
        return body.decode("utf-8", "replace") if body else None

    @property
    def may_be_passed_over(self) -> bool:
        """Says its sender that the body need not be understood (RFC 3261 section 20.11)?"""
        return "handling=optional" in self.get("Content-Disposition").lower().replace(" ", "")

    @property
    def text(self) -> str:
        """A plain text body in the character set it names; what that cannot read becomes U+FFFD."""
        if self.content_type not in ("", "text/plain"):
            return ""
        charset = re.search(r"charset\s*=\s*\"?([\w.:-]+)", self.get("Content-Type"), re.IGNORECASE)
        try:
            return self.body.decode(charset[1] if charset else "utf-8", "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")

    def _start_line(self) -> str:
        raise TypeError("only requests and responses have a start line")

    def to_bytes(self) -> bytes:
        lines = [self._start_line()]
        for name, values in self.headers.items():
            if name != "Content-Length":
                for value in values:
                    lines.append(f"{name}: {value}")
        lines.append(f"Content-Length: {len(self.body)}\r\n\r\n")
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + self.body


class Request(Message):
    __slots__ = ("method", "uri")

    def __init__(self, method: str, uri: str, headers: Headers, body: bytes = b"") -> None:
        super().__init__(headers, body)
        self.method, self.uri = method, uri

    def _start_line(self) -> str:
        return f"{self.method} {self.uri} SIP/2.0"


class Response(Message):
    __slots__ = ("code", "reason")

    def __init__(self, code: int, reason: str, headers: Headers, body: bytes = b"") -> None:
        super().__init__(headers, body)
        self.code, self.reason = code, reason

    def _start_line(self) -> str:
        return f"SIP/2.0 {self.code} {self.reason}"


def parse(data: bytes) -> Request | Response:
    """Read one message: a datagram, a WebSocket frame, or what framing has cut out of a stream."""
    if len(data) > MAX_MESSAGE:
        raise MalformedMessage(513, REASONS[513])
    text, body = _split(data.lstrip(b"\r\n"))
    lines = text.split("\n")
    message, version_ok = _start(lines[0], body)
    request = message if isinstance(message, Request) and message.method != "ACK" else None  # nothing answers an ACK
    flaw = _read_headers(message, lines[1:])
    try:
        message.index()
    except (KeyError, ValueError, IndexError) as error:
        _refuse(request, flaw or _sentence(error))
    if not version_ok:
        raise MalformedMessage(505, REASONS[505], request)
    flaw = flaw or _check(message) or _cut_body(message)
    if flaw == REASONS[513]:
        raise MalformedMessage(513, flaw, request)
    if flaw:
        unknown = request is not None and request.method not in REGISTERED_METHODS  # RFC 4475 section 3.1.2.18
        raise MalformedMessage(501 if unknown else 400, flaw, request)
    return message


def _split(data: bytes) -> tuple[str, bytes]:
    """Header text with LF line ends and folds undone, and the body."""
    head, gap, body = data.partition(b"\r\n\r\n")
    bare = data.find(b"\n\n")
    if 0 <= bare < len(head):
        head, gap, body = data.partition(b"\n\n")
    if not gap:
        head = head.rstrip(b"\r\n")  # a message cut off after its headers
    text = head.decode("utf-8", "surrogateescape").replace("\r\n", "\n").replace("\r", " ").replace("\0", " ")
    if "\n " in text or "\n\t" in text:
        text = _FOLD.sub(" ", text)
    return text, body


def _start(line: str, body: bytes) -> tuple[Request | Response, bool]:
    """The message its first line announces, and whether its version is ours. No start line at all: silence."""
    words = line.split()
    if len(words) >= 2 and words[0].upper() == "SIP/2.0":
        if _STATUS.fullmatch(words[1]) is None:
            raise MalformedMessage(400, "the status code is no status code")
        return Response(int(words[1]), " ".join(words[2:]), {}, body), True
    if len(words) >= 3 and words[-1].upper().startswith("SIP/") and grammar.TOKEN.match(words[0]):
        uri = line.strip()[len(words[0]) : -len(words[-1])].strip()
        return Request(words[0], uri, {}, body), words[-1].upper() == "SIP/2.0"
    raise MalformedMessage(400, "no start line")


def _read_headers(message: Message, lines: list[str]) -> str:
    """Fill the headers; the first flaw found comes back as a sentence, the rest is read on."""
    flaw = "" if len(lines) <= MAX_HEADER_LINES else "too many header lines"
    headers = message.headers
    for line in lines[:MAX_HEADER_LINES]:
        raw, colon, value = line.partition(":")
        name = _NAMES.get(raw)
        if name is None:
            name = raw.strip()
            if not colon or not grammar.TOKEN.match(name):
                flaw = flaw or ("a header line has no name" if line.strip() else flaw)
                continue
            name = canonical(name)
        values = headers.get(name)
        if values is None:
            headers[name] = [value.strip()]
        else:
            values.append(value.strip())
    return flaw


def _sentence(error: Exception) -> str:
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)


def _refuse(request: Request | None, flaw: str) -> None:
    """Raise, keeping the request when a reply finds its way (its top Via can be read)."""
    answerable = None
    if request is not None and request.headers.get("CSeq"):
        try:
            grammar.parse_via(grammar.split_list(request.get("Via"))[0])
            answerable = request
        except (ValueError, IndexError):
            answerable = None
    raise MalformedMessage(400, flaw, answerable)


def _check(message: Message) -> str:
    for name in _SINGLE:
        if len(message.headers[name]) > 1:
            return f"{name} stands there twice"
    for value in message.headers["Via"]:
        if not all(map(str.strip, value.replace(",", ";").split(";")[1:])):
            return "Via has empty parts"
    if isinstance(message, Request):
        if message.cseq[1] != message.method:
            return "CSeq names another method"
        if " " in message.uri or "<" in message.uri or not message.uri:
            return "the Request-URI cannot be read"
    return ""


def _cut_body(message: Message) -> str:
    """Section 18.3: octets beyond Content-Length are dropped, fewer are an error."""
    values = message.headers.pop("Content-Length", None)
    if values is None:
        return ""
    if not all(value.isascii() and value.isdigit() and len(value) < 10 for value in values) or len(set(values)) > 1:
        return "Content-Length cannot be read"
    length = int(values[0])
    if length > MAX_MESSAGE:
        return REASONS[513]
    if length > len(message.body):
        return "the body is shorter than Content-Length says"
    message.body = message.body[:length]
    return ""


def response_to(
    request: Request,
    code: int,
    reason: str = "",
    *,
    to_tag: str = "",
    headers: Mapping[str, Iterable[str]] | None = None,
    body: bytes = b"",
) -> Response:
    """A reply with what section 8.2.6.2 wants copied; `to_tag` is added unless To has one."""
    copied: Headers = {name: request.headers[name] for name in _COPIED if name in request.headers}
    if to_tag and "To" in copied and not grammar.tag_of(copied["To"][0]):
        copied["To"] = [f"{copied['To'][0]};tag={to_tag}"]
    for name, values in (headers or {}).items():
        copied[name] = [grammar.one_line(value) for value in values]
    response = Response(code, grammar.one_line(reason) or REASONS.get(code, "Unknown"), copied, body)
    response.cseq, response.from_tag = request.cseq, request.from_tag
    response.to_tag = request.to_tag or to_tag
    return response
