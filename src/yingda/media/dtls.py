"""DTLS 1.2 for SRTP keys (RFC 5764), by memory: datagrams in, datagrams and keys out.

    state        by                                       next
    WAITING      start(role)                              HANDSHAKE
    HANDSHAKE    the peer's fingerprint matches           SECURED (keys are there)
    HANDSHAKE    alert, other fingerprint, no profile     FAILED
    SECURED      close_notify                             CLOSED

One self-signed ECDSA certificate a process. When to repeat is OpenSSL's own business, on its own clock. No cookie
exchange (DTLSv1_listen does not take a ClientHello in two fragments); the address is validated by ICE before.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
from dataclasses import dataclass
from enum import Enum

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL

from yingda.kernel.clock import SECOND

MTU = 1_200
HANDSHAKE_LIMIT = 15 * SECOND
PROFILES = b"SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80"
LABEL = b"EXTRACTOR-dtls_srtp"
RECORD_HEADER = 13
HASHES = {"sha-256": hashlib.sha256, "sha-384": hashlib.sha384, "sha-512": hashlib.sha512, "sha-1": hashlib.sha1}


class DtlsState(Enum):
    WAITING = "waiting"
    HANDSHAKE = "handshake"
    SECURED = "secured"
    FAILED = "failed"
    CLOSED = "closed"


@dataclass(frozen=True)
class SrtpKeys:
    """Master key and salt of each direction. profile: as OpenSSL names it."""

    profile: str
    sending: bytes
    receiving: bytes


KEY_SIZES = {"SRTP_AEAD_AES_128_GCM": (16, 12), "SRTP_AES128_CM_SHA1_80": (16, 14)}


class Identity:
    """The certificate of this process and the context all its handshakes use."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "yingda")])
        today = datetime.datetime.now(datetime.UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - datetime.timedelta(days=1))
            .not_valid_after(today + datetime.timedelta(days=365))
            .sign(key, hashes.SHA256())
        )
        self.fingerprint = "sha-256 " + self.certificate.fingerprint(hashes.SHA256()).hex(":").upper()
        self.context = SSL.Context(SSL.DTLS_METHOD)
        self.context.set_options(SSL.OP_NO_QUERY_MTU)
        self.context.set_cipher_list(b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:HIGH:!aNULL:!eNULL")
        self.context.use_certificate(self.certificate)
        self.context.use_privatekey(key)
        self.context.set_tlsext_use_srtp(PROFILES)
        # Peers are self-signed by design: any certificate passes here, the SDP's fingerprint judges it below.
        self.context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)


class Dtls:
    """One leg's handshake. `outgoing` collects datagrams; take them with `take`."""

    def __init__(self, identity: Identity) -> None:
        self._connection = SSL.Connection(identity.context, None)
        self._connection.set_ciphertext_mtu(MTU)
        self._expected = ""
        self._outgoing: list[bytes] = []
        self._started_at = 0
        self.state = DtlsState.WAITING
        self.reason = ""
        self.keys: SrtpKeys | None = None
        self._client = False

    def start(self, client: bool, fingerprint: str, now: int) -> None:
        """Take our role. fingerprint: the peer's, as its SDP has it ("sha-256 AA:BB:…")."""
        if self.state is not DtlsState.WAITING:
            return
        self._expected, self._client, self._started_at = fingerprint, client, now
        if client:
            self._connection.set_connect_state()
        else:
            self._connection.set_accept_state()
        self._enter(DtlsState.HANDSHAKE)
        if client:
            self._advance()

    def receive(self, data: bytes) -> None:
        """One datagram of DTLS records."""
        if self.state is DtlsState.HANDSHAKE:
            self._connection.bio_write(data)
            self._advance()
        elif self.state is DtlsState.SECURED:
            self._connection.bio_write(data)
            self._read()

    def handle_timer(self, now: int) -> None:
        """Send again what was not answered, give up after 15 s. To be called every 100 ms; harmless at any time."""
        if self.state is not DtlsState.HANDSHAKE:
            return
        if now - self._started_at > HANDSHAKE_LIMIT:
            self._fail("the DTLS handshake took longer than 15 s")
            return
        try:
            self._connection.DTLSv1_handle_timeout()
        except SSL.Error as error:
            self._fail(f"DTLS: {_words(error)}")
        self._drain()

    def take(self) -> list[bytes]:
        """Datagrams to send, in order."""
        taken, self._outgoing = self._outgoing, []
        return taken

    def close(self) -> None:
        if self.state is DtlsState.SECURED:
            try:
                self._connection.shutdown()
            except SSL.Error:
                self.reason = self.reason or "the peer was gone"
            self._drain()
            self._enter(DtlsState.CLOSED)

    def _advance(self) -> None:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            self._drain()
            return
        except SSL.Error as error:
            self._drain()  # the alert that says why
            self._fail(f"DTLS: {_words(error)}")
            return
        self._drain()
        self._finish()

    def _finish(self) -> None:
        """The handshake is through: judge the certificate, then export the keys (RFC 5764 section 4.2)."""
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        if certificate is None or not _matches(certificate, self._expected):
            self._fail("the peer's certificate is not the one its SDP announced")
            return
        profile = self._connection.get_selected_srtp_profile().decode()
        sizes = KEY_SIZES.get(profile)
        if sizes is None:
            self._fail("no SRTP profile in common")
            return
        key, salt = sizes
        block = self._connection.export_keying_material(LABEL, 2 * (key + salt))
        keys = block[:key], block[key : 2 * key]
        salts = block[2 * key : 2 * key + salt], block[2 * key + salt :]
        client, server = keys[0] + salts[0], keys[1] + salts[1]
        self.keys = SrtpKeys(profile, client, server) if self._client else SrtpKeys(profile, server, client)
        self._enter(DtlsState.SECURED)

    def _read(self) -> None:
        """After the handshake only a repeated flight or the end may come."""
        try:
            self._connection.recv(MTU)
        except SSL.ZeroReturnError:
            self._enter(DtlsState.CLOSED)
        except SSL.WantReadError:
            self._drain()
        except SSL.Error as error:
            self.reason = f"DTLS: {_words(error)}"

    def _drain(self) -> None:
        """Whole records, packed into datagrams of at most 1,200 bytes."""
        waiting = bytearray()
        while True:
            try:
                waiting += self._connection.bio_read(65_536)
            except SSL.WantReadError:
                break
        datagram = bytearray()
        while len(waiting) >= RECORD_HEADER:
            size = RECORD_HEADER + int.from_bytes(waiting[11:13])
            if datagram and len(datagram) + size > MTU:
                self._outgoing.append(bytes(datagram))
                datagram.clear()
            datagram += waiting[:size]
            del waiting[:size]
        if datagram:
            self._outgoing.append(bytes(datagram))

    def _fail(self, reason: str) -> None:
        self.reason = reason
        self._enter(DtlsState.FAILED)

    def _enter(self, state: DtlsState) -> None:
        self.state = state


def _words(error: SSL.Error) -> str:
    """The last sentence of OpenSSL's error queue."""
    queue = error.args[0] if error.args else []
    return str(queue[-1][-1]) if queue and isinstance(queue, list) else "the connection broke"


def _matches(certificate: x509.Certificate, expected: str) -> bool:
    """RFC 8122: "hash-name HEX:HEX:…"."""
    name, _, wanted = expected.strip().partition(" ")
    algorithm = HASHES.get(name.lower())
    if algorithm is None:
        return False
    actual = algorithm(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()
    return hmac.compare_digest(actual, wanted.replace(":", "").strip().lower())
