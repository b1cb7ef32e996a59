"""Whose leg each SIP call is: the lines of this control plane, by leg, by SIP call and by device."""

from __future__ import annotations

import msgspec

from yingda.calls.effects import InviteDevice
from yingda.media.protocol import LegCreated, RemoteMedia
from yingda.sip import sdp
from yingda.sip.flow import Flow


class Line(msgspec.Struct):
    """A leg on the wire. offer: the far end's last one; ours: our last description; version counts our descriptions.

    remote: what their offer came to; terms: what both may agree to. awaited: the far end's answer comes with its ACK
    (a late offer). extension: of our own device; lamp: what those who watch it see of this call (early, confirmed);
    named: they were told how to name it in Replaces. trunk_id: of a call that we make by a trunk.
    instance: the one device of `dialled` that its caller means (RFC 5627). call: to a device of ours, what was asked
    for; tried: its contacts that have been called.
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
    tried: tuple[str, ...] = ()

    def answered(self, text: str | None, lack: str) -> RemoteMedia:
        """What the answer to our description comes to. Raises NotAcceptable, with `lack` where there is none."""
        if text is None:
            raise sdp.NotAcceptable(lack)
        return sdp.remote_media(text, self.terms, signalling_host=self.host, ours=self.ours)


class Lines:
    def __init__(self) -> None:
        self.by_leg: dict[str, Line] = {}
        self.by_key: dict[str, Line] = {}
        self._of_device: dict[str, list[Line]] = {}

    def __len__(self) -> int:
        return len(self.by_key)

    def open(self, line: Line) -> Line:
        self.by_leg[line.leg_id] = line
        self.by_key[line.key] = line
        if line.extension:
            self._of_device.setdefault(line.extension, []).append(line)
        return line

    def forget(self, line: Line) -> None:
        if self.by_leg.get(line.leg_id) is line:
            del self.by_leg[line.leg_id]
        if self.by_key.pop(line.key, None) is not None and line.extension:
            self._of_device[line.extension].remove(line)

    def of_device(self, extension: str) -> list[Line]:
        """The calls of a device, oldest first."""
        lines = self._of_device.get(extension, [])
        if not lines:
            self._of_device.pop(extension, None)
        return lines
