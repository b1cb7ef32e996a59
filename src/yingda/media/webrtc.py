"""A browser's leg: ICE-lite, DTLS and SRTP on one port, RTCP beside RTP (RFC 8834, RFC 7983 tells them apart).

Sans-IO: datagrams in, plain RTP or RTCP out, and what to send collects in `outgoing`. Nothing is sent but to
addresses that STUN validated.
"""

from __future__ import annotations

from enum import Enum

import pylibsrtp

from yingda.kernel.clock import SECOND
from yingda.media import ice
from yingda.media.dtls import Dtls, DtlsState, Identity, SrtpKeys
from yingda.media.protocol import Address, IceParameters, RemoteMedia

PROFILES = {
    "SRTP_AEAD_AES_128_GCM": pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "SRTP_AES128_CM_SHA1_80": pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
}
MAX_PLAIN = 1_350
FAREWELL = 2 * SECOND
"""µs for the signalling to say that the call is over: who hangs up closes his connection at once, and that alert comes
by a shorter way than the BYE. Taken for a loss, it would send the caller back to the queue."""


class Kind(Enum):
    """What a datagram turned out to be."""

    NOTHING = "nothing"
    RTP = "rtp"
    RTCP = "rtcp"


class WebRtc:
    """`secured` once media can flow. `lost` says why it never will again."""

    def __init__(self, identity: Identity, credentials: IceParameters) -> None:
        self.ice = ice.IceAgent(credentials)
        self.outgoing: list[tuple[bytes, Address]] = []
        self.secured = False
        self.lost = ""
        self._closed_at: int | None = None
        self.refused = 0  # packets that were not authentic, replayed, or from an address never validated
        self._identity = identity
        self._dtls = Dtls(identity)
        self._keys: SrtpKeys | None = None
        self._remote: RemoteMedia | None = None
        self._inbound: pylibsrtp.Session | None = None
        self._outbound: pylibsrtp.Session | None = None

    @property
    def target(self) -> Address | None:
        return self.ice.selected

    def describe(self, remote: RemoteMedia, now: int) -> None:
        """The far end's SDP. As the DTLS client we start when an address is validated.

        Another fingerprint than before is another association (RFC 8842 section 3.1); until it has keys, the old
        ones count.
        """
        if self._remote is not None and self._remote.fingerprint != remote.fingerprint:
            self._dtls = Dtls(self._identity)
        self._remote = remote
        if remote.our_ice is not None:
            self.ice.restart(remote.our_ice)
        self._begin(now)

    def _begin(self, now: int) -> None:
        remote = self._remote
        if remote is None or remote.fingerprint is None or self._dtls.state is not DtlsState.WAITING:
            return
        client = remote.setup == "passive"
        if not client or self.ice.selected is not None:
            self._dtls.start(client, remote.fingerprint, now)
            self._after_dtls()

    def receive(self, data: bytes, address: Address, now: int) -> tuple[Kind, bytes]:
        """One datagram; the plain packet when it was media."""
        first = data[0] if data else 0
        if 128 <= first <= 191:
            return self._media(data, address)
        if ice.is_stun(data):
            checked = self.ice.receive(data, address, now)
            if checked.reply is not None:
                self.outgoing.append((checked.reply, address))
            if checked.accepted:
                self._begin(now)
        elif 20 <= first <= 63 and address in self.ice.validated:
            self._dtls.receive(data)
            self._after_dtls(address)
        else:
            self.refused += 1
        return Kind.NOTHING, b""

    def _media(self, data: bytes, address: Address) -> tuple[Kind, bytes]:
        control = len(data) > 1 and 192 <= data[1] <= 223
        if self._inbound is None or address not in self.ice.validated:
            self.refused += 1
            return Kind.NOTHING, b""
        try:
            plain = self._inbound.unprotect_rtcp(data) if control else self._inbound.unprotect(data)
        except (pylibsrtp.Error, ValueError):
            self.refused += 1
            return Kind.NOTHING, b""
        if address != self.ice.selected:
            self.ice.follow(address)
        return (Kind.RTCP if control else Kind.RTP), plain

    def _after_dtls(self, address: Address | None = None) -> None:
        target = address or self.ice.selected
        if target is not None:
            self.outgoing += [(datagram, target) for datagram in self._dtls.take()]
        keys = self._dtls.keys
        if self._dtls.state is DtlsState.SECURED and keys is not None and keys is not self._keys:
            self._secure(keys)
        elif self._dtls.state is DtlsState.FAILED:
            self.lost = self._dtls.reason

    def _secure(self, keys: SrtpKeys) -> None:
        profile = PROFILES[keys.profile]
        policy = pylibsrtp.Policy
        self._inbound = pylibsrtp.Session(policy(keys.receiving, policy.SSRC_ANY_INBOUND, 0, profile))
        self._outbound = pylibsrtp.Session(policy(keys.sending, policy.SSRC_ANY_OUTBOUND, 0, profile))
        self._keys = keys
        self.secured = True

    def protect(self, packet: bytes) -> bytes | None:
        """Plain RTP to SRTP; None when it cannot be sent (not secured, oversized, its number was used)."""
        if self._outbound is None or len(packet) > MAX_PLAIN:
            return None
        try:
            return bytes(self._outbound.protect(packet))
        except pylibsrtp.Error:
            return None

    def protect_rtcp(self, packet: bytes) -> bytes | None:
        if self._outbound is None or len(packet) > MAX_PLAIN:
            return None
        try:
            return bytes(self._outbound.protect_rtcp(packet))
        except pylibsrtp.Error:
            return None

    def handle_timer(self, now: int) -> None:
        """Every 100 ms or so: DTLS repetition, consent."""
        self._dtls.handle_timer(now)
        self._after_dtls()
        if self._dtls.state is not DtlsState.CLOSED:
            self._closed_at = None
        elif self._closed_at is None:
            self._closed_at = now
        elif now - self._closed_at >= FAREWELL and not self.lost:
            self.lost = "the far end closed the connection"
        if not self.lost and self.ice.consent_lost(now):
            self.lost = "the browser has not been heard for 20 s (ICE consent)"

    def close(self) -> None:
        self._dtls.close()
        target = self.ice.selected
        if target is not None:
            self.outgoing += [(datagram, target) for datagram in self._dtls.take()]
