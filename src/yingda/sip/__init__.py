"""Signalling (SIP): from bytes on a socket to "a call came in" and back.

Reading order: `message` (bytes), `transaction` (one request and its replies, RFC 3261 section 17 and RFC 6026),
`dialog` (who talks to whom), `endpoint` (the sans-IO user agent that calls/ drives), `transports` (the only part that
knows sockets). `digest`, `registrar` and `sdp` stand beside them.
"""
