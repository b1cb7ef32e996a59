"""What went over the wire: dumpcap writing the loopback's packets of a port range to a file."""

from __future__ import annotations

import re
from pathlib import Path

from bench.peers.process import Child, PeerError, needed

_DROPPED = re.compile(r"Packets received/dropped on interface .*?: (\d+)/(\d+)")


class Capture:
    """A running capture of UDP on the loopback. After `stop` the file is whole and `dropped` tells what was missed."""

    def __init__(self, child: Child, file: Path) -> None:
        self._child, self.file = child, file
        self.dropped = 0

    @classmethod
    async def start(cls, file: Path, ports: tuple[int, int], more: str = "") -> Capture:
        """more: narrows the filter. Raises PeerError when capturing is not allowed or does not begin."""
        program = needed("dumpcap", "tshark")
        rule = f"udp portrange {ports[0]}-{ports[1]}{more}"
        # 32 MiB of kernel buffer: a busy machine must not cost the witness a packet.
        command = [program, "-q", "-P", "-B", "32", "-i", "lo", "-f", rule, "-w", str(file)]
        child = await Child.start("dumpcap", command, file.with_suffix(".log"))
        try:
            await child.says("File: ", 10)
        except PeerError as error:
            await child.stop()
            raise PeerError(
                f"The loopback cannot be captured. Run as root, or give dumpcap the right to (group wireshark). {error}"
            ) from error
        return cls(child, file)

    async def stop(self) -> None:
        await self._child.stop()
        found = _DROPPED.search(self._child.printed())
        self.dropped = int(found[2]) if found else 0
