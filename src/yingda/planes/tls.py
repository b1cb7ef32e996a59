"""TLS for what listens on a network: the server's own certificate, made and renewed by itself."""

from __future__ import annotations

import ssl

from yingda.planes.options import Options
from yingda.server.certificates import ensure_certificate


def server_context(options: Options, now: int) -> ssl.SSLContext:
    """A context with a certificate for the addresses that browsers and phones are told."""
    certificate = ensure_certificate(options.certificates, sorted({options.host, options.public_host}), now)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate.certificate, certificate.key)
    return context
