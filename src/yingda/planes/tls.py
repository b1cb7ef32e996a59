"""TLS for what listens on a network: the server's own certificate, made and renewed by itself."""

from __future__ import annotations

import ssl

from yingda.kernel.errors import StartError
from yingda.planes.options import Options
from yingda.server.certificates import ensure_certificate


def server_context(options: Options, now: int) -> ssl.SSLContext:
    """A context with a certificate for the addresses that browsers and phones are told."""
    certificate = ensure_certificate(options.certificates, sorted({options.host, options.public_host}), now)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate.certificate, certificate.key)
    return context


def sip_context(options: Options, now: int) -> ssl.SSLContext:
    """The same for SIP; peers are asked to prove themselves where it is said by whose certificates (RFC 5923)."""
    context = server_context(options, now)
    if options.sip_client_ca is not None:
        try:
            context.load_verify_locations(options.sip_client_ca)
        except OSError as error:  # also what cannot be read as certificates
            sentence = f"{options.sip_client_ca} holds no certificates that can be read: {error.strerror or error}."
            raise StartError("bad_certificates", sentence, where="--sip-client-ca") from error
        context.verify_mode = ssl.CERT_OPTIONAL
    return context
