"""Public GRUUs (RFC 5627): an address that means one device of an address-of-record, wherever it is reached just now.

    sip:8101@pbx.example;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6

We give them out at REGISTER (section 5.1), take calls to them, and turn those that a device names as its Contact into
the contact it registered (section 5.4). Temporary ones are not given: a device hides by what its calls say of it.
"""

from __future__ import annotations

from urllib.parse import quote

from yingda.sip import grammar

_PLAIN = "[]/:&+$-_.!~*'()"  # what a URI parameter may hold unescaped (RFC 3261 section 25.1)


def public(address: str, instance: str) -> str:
    """Of the device with this instance (`<urn:…>`); address: the To of its REGISTER."""
    uri = grammar.parse_uri(address)
    port = f":{uri.port}" if uri.port is not None else ""
    return f"{uri.scheme}:{uri.user}@{uri.host}{port};gr={quote(instance.strip('<>'), safe=_PLAIN)}"


def instance_of(uri: str) -> str:
    """The instance that a GRUU means; empty for any other URI."""
    if ";gr=" not in uri.lower():
        return ""
    try:
        parameters = grammar.parse_uri(uri).parameters
    except ValueError:
        return ""
    value = next((value for name, value in parameters.items() if name.lower() == "gr"), None)
    return f"<{grammar.unescape(value)}>" if value else ""
