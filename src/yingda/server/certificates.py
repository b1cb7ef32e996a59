"""The server's own certificate, for addresses no authority signs: browsers hide the microphone from plain HTTP.

A self-signed ECDSA P-256 certificate (RFC 5280) for the names and addresses the server is reached at. It is kept below
`certificates/` and made anew when it is about to end, when an address is added, or when it cannot be used.
"""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from yingda.kernel.clock import SECOND
from yingda.kernel.errors import StartError

LIFETIME = datetime.timedelta(days=397)  # the longest that browsers accept
RENEW_BEFORE = datetime.timedelta(days=30)
BACKDATED = datetime.timedelta(hours=1)  # for clients whose clock is behind
CERTIFICATE, KEY = "server.crt", "server.key"


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """certificate, key: PEM files. renewed: made in this call. fingerprint: SHA-256, as browsers show it."""

    certificate: Path
    key: Path
    renewed: bool
    fingerprint: str


def ensure_certificate(folder: Path, names: Iterable[str], now: int) -> ServerCertificate:
    """The certificate for `names` (host names and IP addresses), made or renewed if need be. now: µs UTC.

    Raises StartError `certificate_name` for a name that is none, `certificate_not_kept` when the folder refuses it.
    """
    wanted = {_subject(name) for name in names}
    if not wanted:
        raise StartError("certificate_name", "A certificate needs at least one host name or address.")
    moment = datetime.datetime.fromtimestamp(now / SECOND, datetime.UTC)
    known = _load(folder)
    if known is not None and _serves(known, wanted, moment):
        return ServerCertificate(folder / CERTIFICATE, folder / KEY, False, _fingerprint(known))
    key = ec.generate_private_key(ec.SECP256R1())
    made = _sign(key, wanted, moment)
    _keep(folder, key, made)
    return ServerCertificate(folder / CERTIFICATE, folder / KEY, True, _fingerprint(made))


def _subject(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        pass
    try:
        ascii_name = name.encode("idna").decode()
    except UnicodeError:
        ascii_name = ""
    if not ascii_name or any(character in ascii_name for character in " /:@*"):
        raise StartError("certificate_name", f"{name!r} is neither a host name nor an address.")
    return x509.DNSName(ascii_name.lower())


def _load(folder: Path) -> x509.Certificate | None:
    """The certificate at hand; None when there is none, it is damaged, or its key is not the one beside it."""
    try:
        certificate = x509.load_pem_x509_certificate((folder / CERTIFICATE).read_bytes())
        key = serialization.load_pem_private_key((folder / KEY).read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        return None
    return certificate if key.public_key() == certificate.public_key() else None


def _serves(certificate: x509.Certificate, wanted: set[x509.GeneralName], now: datetime.datetime) -> bool:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    starts, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return wanted == set(names) and starts <= now < ends - RENEW_BEFORE


def _sign(key: ec.EllipticCurvePrivateKey, names: set[x509.GeneralName], now: datetime.datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Yingda")])
    ordered = sorted(names, key=repr)
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)  # digital signature alone
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now - BACKDATED + LIFETIME)
        .add_extension(x509.SubjectAlternativeName(ordered), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return builder.sign(key, hashes.SHA256())


def _keep(folder: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    """Key first: a certificate without its key is found out at the next start and made anew."""
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(folder / KEY, secret, 0o600)
        _write(folder / CERTIFICATE, certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    except OSError as error:
        words = f"The server's certificate cannot be written: {error.strerror}."
        raise StartError("certificate_not_kept", words, where=str(folder)) from error


def _write(path: Path, data: bytes, mode: int) -> None:
    """Whole or not at all; never readable by others in between (mkstemp makes it 0600)."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), mode)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def _fingerprint(certificate: x509.Certificate) -> str:
    digest = hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest().upper()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))
