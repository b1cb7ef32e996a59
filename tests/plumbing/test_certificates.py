"""The server's own certificate: a TLS client accepts it for each of its names, and it is renewed when it must be."""

from __future__ import annotations

import socket
import ssl
import stat
import threading
from pathlib import Path

import pytest
from cryptography import x509

from yingda.kernel.clock import SECOND, SystemClock
from yingda.kernel.errors import StartError
from yingda.server.certificates import ServerCertificate, ensure_certificate

DAY = 86_400 * SECOND
NAMES = ["127.0.0.1", "::1", "localhost", "10.20.30.40"]
NOW = SystemClock().now()


def shake_hands(made: ServerCertificate, name: str) -> None:
    """A real handshake over loopback; the client trusts only this certificate and checks the name."""
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(made.certificate, made.key)
    client_side = ssl.create_default_context(cafile=str(made.certificate))
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            server_side.wrap_socket(theirs, server_side=True).close()
        except (ssl.SSLError, OSError):
            theirs.close()  # the client has said why

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        ours.settimeout(10)
        with client_side.wrap_socket(ours, server_hostname=name) as connection:
            assert connection.version() == "TLSv1.3"
    finally:
        ours.close()
        thread.join()


def test_clients_accept_it_for_its_names_only(tmp_path: Path) -> None:
    made = ensure_certificate(tmp_path, NAMES, NOW)
    assert made.renewed
    for name in NAMES:
        shake_hands(made, name)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(made, "example.org")


def test_it_lives_397_days_and_its_key_is_private(tmp_path: Path) -> None:
    made = ensure_certificate(tmp_path / "new" / "folder", NAMES, NOW)
    certificate = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days == 397
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600
    assert len(made.fingerprint) == 95


def test_it_is_kept_until_there_is_a_reason(tmp_path: Path) -> None:
    first = ensure_certificate(tmp_path, NAMES, NOW)
    again = ensure_certificate(tmp_path, NAMES[::-1], NOW + 300 * DAY)
    assert (again.renewed, again.fingerprint) == (False, first.fingerprint)


@pytest.mark.parametrize(
    ("names", "days"),
    [(NAMES, 368), (NAMES, -1), ([*NAMES, "192.0.2.7"], 0), (NAMES[:2], 0)],
    ids=["ends soon", "clock was ahead", "address added", "address gone"],
)
def test_it_is_renewed(tmp_path: Path, names: list[str], days: int) -> None:
    first = ensure_certificate(tmp_path, NAMES, NOW)
    again = ensure_certificate(tmp_path, names, NOW + days * DAY)
    assert again.renewed
    assert again.fingerprint != first.fingerprint


@pytest.mark.parametrize("damage", ["empty", "cut", "other key", "no key"])
def test_damaged_files_are_replaced(tmp_path: Path, damage: str) -> None:
    first = ensure_certificate(tmp_path, NAMES, NOW)
    other = ensure_certificate(tmp_path / "other", NAMES, NOW)
    if damage == "empty":
        first.certificate.write_bytes(b"")
    elif damage == "cut":
        first.key.write_bytes(first.key.read_bytes()[:50])
    elif damage == "other key":
        first.key.write_bytes(other.key.read_bytes())
    else:
        first.key.unlink()
    again = ensure_certificate(tmp_path, NAMES, NOW)
    assert again.renewed
    shake_hands(again, "localhost")


def test_bad_names_and_places_are_sentences(tmp_path: Path) -> None:
    for names in ([], ["not a host"], ["https://x"], [""]):
        with pytest.raises(StartError) as caught:
            ensure_certificate(tmp_path, names, NOW)
        assert caught.value.code == "certificate_name"
    (tmp_path / "file").write_text("")
    with pytest.raises(StartError, match="cannot be written") as caught:
        ensure_certificate(tmp_path / "file", NAMES, NOW)
    assert caught.value.code == "certificate_not_kept"
