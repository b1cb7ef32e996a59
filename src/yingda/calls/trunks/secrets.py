"""What proves us to carriers, and those trunks to us that must prove themselves (RFC 3261 section 22)."""

from __future__ import annotations

from collections.abc import Mapping

from yingda.kernel.config.centre import Centre
from yingda.sip.digest import ClientCredentials, ha1


class TrunkSecrets:
    """passwords: by trunk id. realm: ours, in which trunks prove themselves."""

    def __init__(self, centre: Centre, passwords: Mapping[str, str], realm: str) -> None:
        self._realm = realm
        self.configure(centre, passwords)

    def configure(self, centre: Centre, passwords: Mapping[str, str]) -> None:
        self._ours = {
            trunk.id: ClientCredentials(trunk.auth_username or trunk.username, passwords[trunk.id])
            for trunk in centre.trunks
            if trunk.id in passwords
        }
        self._proving = {trunk.username: trunk.id for trunk in centre.trunks if trunk.authenticates}

    def ours(self, trunk_id: str) -> ClientCredentials | None:
        """Our account on a trunk."""
        return self._ours.get(trunk_id)

    def trunk_of(self, username: str) -> str | None:
        """The trunk that proves itself by this name."""
        return self._proving.get(username)

    def lookup(self, username: str, realm: str, algorithm: str) -> str | None:
        """HA1 of such a trunk; None if there is none (RFC 7616 section 3.4.2)."""
        account = self._ours.get(self._proving.get(username, ""))
        if account is None or realm != self._realm:
            return None
        return ha1(username, realm, account.password, algorithm)
