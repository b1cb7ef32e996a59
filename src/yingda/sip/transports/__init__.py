"""The part of signalling that knows sockets: UDP, TCP (TLS) and WebSocket under one `SipStack`."""

from yingda.sip.transports.stack import SipStack

__all__ = ["SipStack"]
