"""Whose leg each SIP call is: the lines of this control plane, by leg, by SIP call and by device."""

from __future__ import annotations

import msgspec

from yingda.calls.effects import InviteDevice
from yingda.calls.table import Table
from yingda.media.protocol import LegCreated, RemoteMedia
from yingda.sip import sdp
from yingda.sip.flow import Flow

MOST_HOPS = 70
"""Max-Forwards of a call that nobody made us make (RFC 3261 section 8.1.1.6)."""


class Line(msgspec.Struct, omit_defaults=True):
    """A leg on the wire. offer: the far end's last one; ours: our last description; version counts our descriptions.

    remote: what their offer came to; terms: what both may agree to. awaited: the far end's answer comes with its ACK
    (a late offer). extension: of our own device; lamp: what those who watch it see of this call (early, confirmed);
    named: they were told how to name it in Replaces. trunk_id: of a call that we make by a trunk.
    instance: the one device of `dialled` that its caller means (RFC 5627). call: to a device of ours, what was asked
    for; began: when (µs); tried: the contacts that have been called for it; codes: what others of them have said.
    hops: what its INVITE left us of its Max-Forwards (RFC 7332).
    """

    key: str
    leg_id: str
    host: str
    flow: Flow
    terms: sdp.Terms = sdp.ANY
    offer: str | None = None
    remote: RemoteMedia | None = None
    ours: str | None = None
    local: LegCreated | None = None
    version: int = 0
    awaited: bool = False
    extension: str = ""
    lamp: str = "early"
    named: bool = False
    trunk_id: str = ""
    dialled: str = ""
    instance: str = ""
    call: InviteDevice | None = None
    began: int = 0
    tried: tuple[str, ...] = ()
    codes: tuple[int, ...] = ()
    hops: int = MOST_HOPS + 1

    def answered(self, text: str | None, lack: str) -> RemoteMedia:
        """What the answer to our description comes to. Raises NotAcceptable, with `lack` where there is none."""
        if text is None:
            raise sdp.NotAcceptable(lack)
        return sdp.remote_media(text, self.terms, signalling_host=self.host, ours=self.ours)


class Lines:
    """by_leg: of the lines of a leg that rings at several contacts, the one that was called first."""

    def __init__(self) -> None:
        self.by_leg: dict[str, Line] = {}
        self.by_key: dict[str, Line] = {}
        self._of_device: dict[str, list[Line]] = {}
        self._beside: dict[str, list[Line]] = {}  # the others of a leg, in the order in which they were called

    def __len__(self) -> int:
        return len(self.by_key)

    def open(self, line: Line) -> Line:
        if self.by_leg.setdefault(line.leg_id, line) is not line:
            self._beside.setdefault(line.leg_id, []).append(line)
        self.by_key[line.key] = line
        if line.extension:
            self._of_device.setdefault(line.extension, []).append(line)
        return line

    def forget(self, line: Line) -> None:
        if line.leg_id in self._beside:
            self._forget_one(line)
        elif self.by_leg.get(line.leg_id) is line:
            del self.by_leg[line.leg_id]
        if self.by_key.pop(line.key, None) is not None and line.extension:
            self._of_device[line.extension].remove(line)

    def _forget_one(self, line: Line) -> None:
        """One of several of its leg."""
        kept = [one for one in self.of_leg(line.leg_id) if one is not line]
        self.by_leg[line.leg_id] = kept.pop(0)
        if kept:
            self._beside[line.leg_id] = kept
        else:
            del self._beside[line.leg_id]

    def of_leg(self, leg_id: str) -> list[Line]:
        """The lines of a leg: one, but while it rings at several contacts of a device."""
        first = self.by_leg.get(leg_id)
        return [first, *self._beside.get(leg_id, ())] if first is not None else []

    def beside(self, line: Line) -> list[Line]:
        """The other lines of its leg."""
        return [one for one in self.of_leg(line.leg_id) if one is not line] if line.leg_id in self._beside else []

    def of_contact(self, table: Table, leg_id: str) -> list[Line]:
        """The lines of the contact that a leg belongs to."""
        leg = table.legs.get(leg_id)
        call = table.calls.get(leg.interaction_id) if leg is not None else None
        found = map(self.by_leg.get, call.legs) if call is not None else ()
        return [line for line in found if line is not None]

    def hops(self, table: Table, leg_id: str) -> int:
        """Max-Forwards of a call that another made us make: one less than that had, so that no circle is endless."""
        least = min((line.hops for line in self.of_contact(table, leg_id)), default=MOST_HOPS + 1)
        return min(max(0, least - 1), MOST_HOPS)

    def of_device(self, extension: str) -> list[Line]:
        """The calls of a device, oldest first."""
        lines = self._of_device.get(extension, [])
        if not lines:
            self._of_device.pop(extension, None)
        return lines
