"""Reading header values as they really arrive (RFC 3261 section 25, read leniently).

What every message needs (top Via, tags, CSeq) is scanned here by hand, because a strict parse of each costs 12-18 µs;
URIs are read by `sipmessage` first and by a tolerant pattern where it refuses (host `pbx1`, underscores, odd
parameters). Nothing here raises anything but ValueError.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

import msgspec
import sipmessage

MAX_URI = 2048
MAX_CSEQ = 2**31 - 1

_VIA = re.compile(
    r"SIP\s*/\s*\d\.\d\s*/\s*(?P<transport>[^\s/]+)\s+(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:;,\[\]]+)"
    r"\s*(?::\s*(?P<port>\d{1,5}))?\s*(?P<parameters>;.*)?$",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(r";\s*tag\s*=\s*([^;,\s]+)", re.IGNORECASE)
_CSEQ = re.compile(r"(\d{1,10})\s+(\S+)$", re.ASCII)
_URI = re.compile(
    r"(?P<scheme>sips?):(?:(?P<user>[^@:\s<>]*)(?::(?P<password>[^@\s<>]*))?@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[\w.-]+)"
    r"(?::(?P<port>\d{1,5}))?(?P<parameters>;[^?\s<>]*)?(?:\?[^\s<>]*)?\Z",
    re.IGNORECASE | re.ASCII,
)
_PLAIN = re.compile(r"(sips?):([\w.+-]+)@(\d{1,3}(?:\.\d{1,3}){3})(?::(\d{1,5}))?\Z", re.ASCII)
"""A number or name at an address and nothing else, as nearly all are: read in a third of the time."""
_FOR_THE_EYE = str.maketrans("", "", "-.()")
_UNSAFE = re.compile(r"[\x00-\x20\x7f<>\"]")
TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+$")


class Via(msgspec.Struct, frozen=True):
    """One Via value. parameters: names in lower case; a parameter without a value has None."""

    transport: str
    host: str
    port: int | None
    parameters: dict[str, str | None]

    @property
    def branch(self) -> str:
        return self.parameters.get("branch") or ""

    @property
    def sent_by(self) -> str:
        return f"{self.host.lower()}:{self.port or ''}"

    def __str__(self) -> str:
        port = f":{self.port}" if self.port is not None else ""
        return f"SIP/2.0/{self.transport} {self.host}{port}{format_parameters(self.parameters)}"


class NameAddress(msgspec.Struct, frozen=True):
    """A From, To, Contact, Route … value: display name, URI as text, header parameters."""

    uri: str
    name: str = ""
    parameters: dict[str, str | None] = msgspec.field(default_factory=dict)

    def __str__(self) -> str:
        name = f"{quote(self.name)} " if self.name else ""
        return f"{name}<{self.uri}>{format_parameters(self.parameters)}"


def quote(text: str) -> str:
    """A quoted-string; line ends and other controls become spaces, so that no value can forge a header."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{one_line(escaped)}"'


def one_line(text: str) -> str:
    """Text that can stand in a header: control characters become spaces."""
    return text if text.isprintable() else "".join(c if c >= " " and c != "\x7f" else " " for c in text)


def readable(text: str) -> str:
    """Text for people and JSON: bytes that are not UTF-8 become U+FFFD."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def format_parameters(parameters: dict[str, str | None]) -> str:
    return "".join(f";{name}" if value is None else f";{name}={value}" for name, value in parameters.items())


def split_list(value: str, separator: str = ",") -> list[str]:
    """The parts of a list value; separators inside quotes and angle brackets do not count. Empty parts are dropped."""
    if separator not in value:
        return [stripped] if (stripped := value.strip()) else []
    if '"' not in value and "<" not in value:
        return [part for raw in value.split(separator) if (part := raw.strip())]
    parts, start, quoted, angle, escaped = [], 0, False, False, False
    for index, char in enumerate(value):
        if escaped:
            escaped = False
        elif quoted:
            escaped = char == "\\"
            quoted = char != '"'
        elif char == '"':
            quoted = not angle
        elif char in "<>":
            angle = char == "<"
        elif char == separator and not angle:
            parts.append(value[start:index])
            start = index + 1
    parts.append(value[start:])
    return [part for raw in parts if (part := raw.strip())]


def parse_parameters(text: str) -> dict[str, str | None]:
    """`;a=1;b` as a mapping, names in lower case, values as written. The first of two equal names counts."""
    parameters: dict[str, str | None] = {}
    if not text:
        return parameters
    for part in text.split(";") if '"' not in text and "<" not in text else split_list(text, ";"):
        if part and not part.isspace():
            name, equals, value = part.partition("=")
            parameters.setdefault(name.strip().lower(), value.strip() if equals else None)
    return parameters


def parse_via(value: str) -> Via:
    match = _VIA.match(value.strip())
    if match is None:
        raise ValueError("Via cannot be read")
    transport, host, named_port, parameters = match.groups()
    port = int(named_port) if named_port else None
    if port is not None and not 0 < port < 65536:
        raise ValueError("Via has an impossible port")
    return Via(transport.upper(), host, port, parse_parameters(parameters or ""))


def tag_of(value: str) -> str:
    """The tag of a From or To value, or an empty string."""
    match = _TAG.search(value, value.rfind(">") + 1)
    return match[1] if match else ""


def parse_cseq(value: str) -> tuple[int, str]:
    match = _CSEQ.match(value.strip())
    if match is None or int(match[1]) > MAX_CSEQ:
        raise ValueError("CSeq cannot be read")
    return int(match[1]), match[2]


def parse_address(value: str) -> NameAddress:
    """`"Name" <uri>;params`, `Name <uri>`, or a bare `uri;params` (the parameters are then the header's)."""
    value = value.strip()
    name, rest = "", value
    if value.startswith('"'):
        match = re.match(r'"((?:[^"\\]|\\.)*)"\s*', value, re.DOTALL)
        if match is None:
            raise ValueError("a quoted name does not end")
        name, rest = re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL), value[match.end() :]
    opening = rest.find("<")
    if opening < 0:
        uri, _, parameters = rest.partition(";")
        if "?" in uri:
            raise ValueError("a URI with headers needs angle brackets")  # RFC 3261 section 20
    else:
        closing = rest.find(">", opening)
        if closing < 0:
            raise ValueError("an angle bracket does not close")
        name = name or " ".join(rest[:opening].split())
        uri, parameters = rest[opening + 1 : closing], rest[closing + 1 :]
    if not (uri := uri.strip()):
        raise ValueError("the address has no URI")
    return NameAddress(uri, name, parse_parameters(parameters))


@lru_cache(maxsize=4096)
def parse_uri(text: str) -> sipmessage.URI:
    """A SIP, SIPS or TEL URI, names of parameters in lower case. ValueError for other schemes and for nonsense."""
    if len(text) > MAX_URI or _UNSAFE.search(text):
        raise ValueError("the URI is too long, or holds what no URI may hold")
    if (plain := _PLAIN.match(text)) is not None:
        scheme, user, host, named = plain.groups()
        return sipmessage.URI(scheme=scheme, host=host, user=user, port=int(named) if named else None)
    try:
        return sipmessage.URI.parse(text)
    except (ValueError, TypeError):
        match = _URI.match(text)
    if match is None:
        raise ValueError("the URI cannot be read")
    port = int(match["port"]) if match["port"] else None
    parameters = parse_parameters(match["parameters"] or "")
    parameters.pop("self", None)  # the library's mapping is built from keyword arguments
    return sipmessage.URI(
        scheme=match["scheme"].lower(),
        host=match["host"],
        user=match["user"] or None,
        password=match["password"],
        port=port,
        parameters=sipmessage.Parameters(**parameters),
    )


def unescape(text: str) -> str:
    """%XX undone (RFC 3261 section 19.1.2)."""
    return readable(unquote(text, errors="surrogateescape"))


def user_of(uri: str) -> str:
    """The user part (of a tel URI the number), without user parameters (`;phone-context`); empty if there is none.

    In a telephone number (a tel URI, or `user=phone`) what only parts digits for the eye is left out (RFC 3966).
    """
    try:
        found = parse_uri(uri)
    except ValueError:
        return ""
    user = readable((found.user or "").partition(";")[0])
    return user.translate(_FOR_THE_EYE) if found.scheme == "tel" or found.parameters.get("user") == "phone" else user
