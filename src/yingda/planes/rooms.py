"""The rooms of the control plane, put together from a configuration, and put to another one while calls go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network

from yingda import __version__
from yingda.agents.conductor import Conductor, Ports
from yingda.agents.desk import Desk
from yingda.agents.live import LiveBoard
from yingda.agents.phones import Phones
from yingda.calls.adoption.keeper import Keeper, Write
from yingda.calls.doorman import Doorman, Registrations
from yingda.calls.journal import Journal
from yingda.calls.lookout import Ways
from yingda.calls.numbering import NumberPlan
from yingda.calls.signalling import Signalling
from yingda.calls.switch import Switch
from yingda.calls.trunks.secrets import TrunkSecrets
from yingda.kernel.clock import Clock
from yingda.kernel.config.credentials import REALM
from yingda.kernel.ids import new_id
from yingda.kernel.ledger.writer import LedgerWriter
from yingda.kernel.personal import PersonalSpool, load_key
from yingda.planes.configuration import Configured
from yingda.planes.options import Options
from yingda.routing.distributor import Distributor
from yingda.sip.core import EndpointConfig
from yingda.sip.endpoint import Endpoint
from yingda.sip.flow import WILDCARDS, Address, host_port
from yingda.sip.transports.udp import source_address

SESSION_INTERVAL_S = 1_800
"""How often a call shows that both ends still know of it (RFC 4028 recommends this value)."""


@dataclass(frozen=True)
class Foundations:
    """What the rooms stand on. ports: the plane's way out; keep: where it writes down what another plane would need."""

    options: Options
    clock: Clock
    ledger: LedgerWriter
    spool: PersonalSpool
    ports: Ports
    keep: Write = lambda _lines: None


class Rooms:
    """Everything that decides. `use` goes by another version from the next decision on."""

    def __init__(self, on: Foundations, configured: Configured) -> None:
        now, options = on.clock.now(), on.options
        centre = configured.centre
        self._clock, self._ledger = on.clock, on.ledger
        self._ledger.config_version = configured.version
        self._plan = NumberPlan(centre, configured.version)
        self.phones = Phones(centre, configured.digests, REALM, options.recording_keys.parent)
        self.trunk_secrets = TrunkSecrets(centre, configured.trunk_passwords, REALM)
        self._secret = load_key(options.folder)
        self.endpoint = Endpoint(self._endpoint_config(options), new_id, self._secret)
        distributor = Distributor(new_id)
        distributor.configure(centre, now, configured.version)
        registrations = Registrations(self.endpoint)
        numbers, texts = (_kept_by(on.spool, kind) for kind in ("number", "text"))
        self.switch = Switch(new_id, self._plan, distributor, configured.sounds, registrations, numbers, texts)
        self.signalling = Signalling(
            self.endpoint, self.switch, new_id, options.named_host, _ways(options, self._secret)
        )
        registrations.borrowed = self.signalling.nailed.borrowed
        self.desk = Desk(self.switch, registrations, centre)
        self.board = LiveBoard(new_id(), self.switch, centre, self.desk.helping.doc)
        journal = Journal(on.ledger, self._alarm)
        keeper = Keeper(self.switch, self.signalling, self.endpoint, lambda: on.ledger.last_n, on.keep)
        self.conductor = Conductor(
            self.switch, self.signalling, self.endpoint, self.desk, self.board, journal, on.ports, new_id, keeper
        )
        self._warn_of(configured)

    def use(self, configured: Configured) -> None:
        """A version was published. Calls under way keep what they have."""
        now, centre = self._clock.now(), configured.centre
        self._ledger.config_version = configured.version
        self._plan = NumberPlan(centre, configured.version)
        self.phones.configure(centre, configured.digests)
        self.trunk_secrets.configure(centre, configured.trunk_passwords)
        self.switch.use(self._plan, configured.sounds)
        self.desk.configure(centre)
        self.board.configure(centre)
        self.conductor.carry(
            self.switch.distribute(self.switch.distributor.configure(centre, now, configured.version), now), now
        )
        self._warn_of(configured)
        self.conductor.show(now)

    def _endpoint_config(self, options: Options) -> EndpointConfig:
        doorman = Doorman(
            lambda: self._plan, lambda: self.phones.extensions, lambda facts: self.signalling.trunk(facts)
        )
        return EndpointConfig(
            realm=REALM, product=f"Yingda/{__version__}", lookup=self._lookup, authorise=doorman,
            credentials=self.trunk_secrets.ours, trunk_of=self.trunk_secrets.trunk_of,
            advertised=_advertised(options), local_networks=tuple(map(ip_network, options.local_networks)),
            advertised_to=lambda address: self.signalling.told_to(address),
            peers=lambda address: self.signalling.is_trunk(address),
            session_interval=SESSION_INTERVAL_S,
        )  # fmt: skip

    def _lookup(self, username: str, realm: str, algorithm: str) -> str | None:
        """HA1 of a device, or of a trunk that proves itself."""
        found = self.phones.lookup(username, realm, algorithm)
        return found or self.trunk_secrets.lookup(username, realm, algorithm)

    def _alarm(self, kind: str, sentence: str | None) -> None:
        self.conductor.alarm(kind, sentence, self._clock.now())

    def _warn_of(self, configured: Configured) -> None:
        self._alarm("sounds", " ".join(configured.sounds.problems) or None)
        self._alarm("trunk_secrets", configured.lacking or None)


def _kept_by(spool: PersonalSpool, kind: str) -> Callable[[str], str]:
    return lambda value: spool.put(kind, value)


def _ways(options: Options, secret: bytes) -> Ways:
    """How trunks are reached from the sockets we have."""

    def own(transport: str, remote: str) -> Address:
        port = options.tls_port if transport == "tls" else None
        return (source_address(remote) if options.host in WILDCARDS else options.host, port or options.sip_port)

    return Ways(own, frozenset({6 if ":" in options.host else 4}), secret=secret)


def _advertised(options: Options) -> dict[str, str]:
    """What peers are told instead of the sockets' own addresses."""
    ports = {"udp": options.sip_port, "tcp": options.sip_port, "tls": options.tls_port}
    ports |= {"ws": options.websocket_port, "wss": options.websocket_port}
    told: dict[str, str] = {}
    for transport, port in ports.items():
        host, own_port = options.advertised_transports.get(transport, (options.advertised_host, None))
        if host is not None and port is not None:
            told[transport] = host_port((host, own_port or port))
    return told
