"""How a centre is started: one frozen value, made from the command line and the environment, handed to every plane."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import msgspec

from yingda.kernel.errors import StartError
from yingda.recordings.keyring import ring_path

PRIVATE_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1/128")
"""Who speaks to us from there sees our own address, not the one we advertise to the world."""

ROLES = ("control", "media", "web", "worker", "flows")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Where a centre lives and listens. `database` is a PostgreSQL URL, or None for SQLite files in the data folder.

    sip_tls_port: None is the port behind `sip_port`, and no TLS on loopback. advertised_host: what peers outside of
    `local_networks` are told instead of `host` (a server behind a one-to-one NAT, as in every cloud);
    advertised_transports: host and port by transport, where they differ (None: the port we listen on). name_server: who
    is asked for the names of trunks; None: whom the machine asks. sip_client_ca: a file with the authorities whose
    certificates peers may prove themselves by on SIP over TLS; None: nobody is asked for one.
    """

    data: str
    host: str = "127.0.0.1"
    sip_port: int = 5060
    websocket_port: int = 5066
    web_port: int = 8080
    media_ports: tuple[int, int] = (16384, 32766)
    media_processes: int = 1
    advertised_host: str | None = None
    advertised_transports: dict[str, tuple[str, int | None]] = {}
    sip_tls_port: int | None = None
    sip_client_ca: str | None = None
    local_networks: tuple[str, ...] = PRIVATE_NETWORKS
    name_server: str | None = None
    database: str | None = None
    roles: tuple[str, ...] = ROLES
    node: str = "n1"
    log_level: str = "info"

    @property
    def folder(self) -> Path:
        return Path(self.data)

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger"

    @property
    def recordings(self) -> Path:
        return self.folder / "recordings"

    @property
    def account_key(self) -> Path:
        """What seals the second factors of accounts."""
        return self.folder / "keys" / "accounts.key"

    @property
    def recording_keys(self) -> Path:
        """The key ring of sealed recordings."""
        return ring_path(self.folder)

    @property
    def prompts(self) -> Path:
        return self.folder / "prompts"

    @property
    def models(self) -> Path:
        """The user's models of speech engines (docs/speech.md)."""
        return self.folder / "models"

    @property
    def personal(self) -> Path:
        """The spool of personal values (kernel/personal.py)."""
        return self.folder / "personal"

    @property
    def certificates(self) -> Path:
        return self.folder / "certificates"

    @property
    def loopback(self) -> bool:
        """On loopback browsers give the microphone without HTTPS; anywhere else the server brings a certificate."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def tls_port(self) -> int | None:
        """Where SIP over TLS is taken; None: nowhere."""
        return self.sip_tls_port or (None if self.loopback else self.sip_port + 1)

    @property
    def public_host(self) -> str:
        """The address that SDP, Contact and links name."""
        return self.advertised_host or self.host

    @property
    def named_host(self) -> str:
        """The same as it stands in a URI: IPv6 in brackets (RFC 3986 section 3.2.2)."""
        return f"[{self.public_host}]" if ":" in self.public_host else self.public_host

    @property
    def web_url(self) -> str:
        scheme = "http" if self.loopback else "https"
        return f"{scheme}://{self.named_host}:{self.web_port}"

    @property
    def websocket_url(self) -> str:
        scheme = "ws" if self.loopback else "wss"
        return f"{scheme}://{self.named_host}:{self.websocket_port}"

    @property
    def media_sockets(self) -> list[Path]:
        """One for each media process; the first is the plane's own."""
        return [self.socket("media" if number == 0 else f"media-{number}") for number in range(self.media_processes)]

    def socket(self, plane: str) -> Path:
        """The bus socket of a plane."""
        return self.run / f"{plane}.sock"


def prepare_folders(options: Options) -> None:
    """Make the data folder's rooms, or say in a sentence why not."""
    try:
        for folder in (options.run, options.ledger, options.recordings, options.prompts, options.certificates):
            folder.mkdir(parents=True, exist_ok=True)
        options.run.chmod(0o700)
    except OSError as error:
        raise StartError(
            "data_folder",
            f"The data folder cannot be used: {error.strerror}.",
            where=options.data,
            todo="Choose another with --data, or give this user the right to write there.",
        ) from error
    # A Unix socket's address holds 108 bytes (unix(7)); the longest name below run/ is "control.sock".
    if len(str(options.socket("control"))) > 100:
        raise StartError(
            "data_folder",
            "The data folder's path is too long for sockets.",
            where=options.data,
            todo="Choose a path of less than 85 characters with --data.",
        )
