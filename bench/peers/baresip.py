"""A phone that a program can work: baresip with its ctrl_tcp module.

It registers by digest, tells every event, answers, declines and hangs up when told, plays a tone as its microphone and
writes what it hears to a WAV (module sndfile). Events are JSON in netstrings (cr.yp.to/proto/netstrings.txt).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.peers.process import Child, PeerError, needed, until
from bench.sound import Law, tone, write_wav

MICROPHONE_S = 60
MODULES = ("g711.so", "aufile.so", "aubridge.so", "sndfile.so", "ctrl_tcp.so")
APPLICATIONS = ("account.so", "menu.so")
MODULE_FOLDERS = (
    "/usr/lib/baresip/modules",
    "/usr/lib/x86_64-linux-gnu/baresip/modules",
    "/usr/local/lib/baresip/modules",
)


@dataclass(frozen=True)
class PhoneSettings:
    """registrar: host:port. sip_port, control_port: where it listens. media_ports: first, last. tone_hz: its voice."""

    extension: str
    password: str
    registrar: str
    sip_port: int
    control_port: int
    media_ports: tuple[int, int]
    tone_hz: int
    codecs: Sequence[Law] = ("PCMA", "PCMU")
    host: str = "127.0.0.1"
    registers: bool = True


@dataclass(frozen=True)
class PhoneEvent:
    """at: µs UTC when we heard of it. call: the SIP Call-ID. peer: the far end's SIP address."""

    at: int
    kind: str
    call: str
    peer: str
    text: str

    @property
    def peer_user(self) -> str:
        """The number of the far end: what stands between `sip:` and `@`."""
        return self.peer.removeprefix("sip:").split("@")[0]


def configuration(settings: PhoneSettings, folder: Path, modules: Path) -> str:
    first, last = settings.media_ports
    lines = [
        f"sip_listen {settings.host}:{settings.sip_port}",
        f"net_interface {settings.host}",  # baresip takes an address here, and leaves the loopback out by itself
        f"rtp_ports {first}-{last}",
        "call_local_timeout 120",
        "call_max_calls 4",
        f"audio_path {folder}",
        f"audio_source aufile,{folder / 'microphone.wav'}",
        "audio_player aubridge,loudspeaker",
        "audio_alert aubridge,loudspeaker",
        "jitter_buffer_type off",  # the dump then holds exactly what came, in the order it came
        f"module_path {modules}",
        *(f"module {name}" for name in MODULES),
        *(f"module_app {name}" for name in APPLICATIONS),
        f"ctrl_tcp_listen {settings.host}:{settings.control_port}",
        f"snd_path {folder}",
    ]
    return "\n".join(lines) + "\n"


def account(settings: PhoneSettings) -> str:
    parts = [
        f"<sip:{settings.extension}@{settings.registrar}>",
        f"auth_user={settings.extension}",
        f"auth_pass={settings.password}",
        f"regint={60 if settings.registers else 0}",
        f"audio_codecs={','.join(settings.codecs)}",
        "answermode=manual",
    ]
    return ";".join(parts) + "\n"


class Phone:
    """A running baresip."""

    def __init__(self, settings: PhoneSettings, folder: Path, child: Child) -> None:
        self.settings, self.folder = settings, folder
        self._child = child
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    @classmethod
    async def start(cls, settings: PhoneSettings, folder: Path) -> Phone:
        """Start it and take its controls; its files (configuration, log, events, dumps) live in `folder`."""
        program = needed("baresip", "baresip-core")
        modules = next((Path(place) for place in MODULE_FOLDERS if Path(place).is_dir()), None)
        if modules is None:
            raise PeerError("baresip's modules were not found; on Debian and Ubuntu they come with baresip-core.")
        folder.mkdir(parents=True, exist_ok=True)
        write_wav(folder / "microphone.wav", tone(settings.tone_hz, MICROPHONE_S))
        (folder / "config").write_text(configuration(settings, folder, modules))
        (folder / "accounts").write_text(account(settings))
        name = f"baresip {settings.extension}"
        child = await Child.start(name, [program, "-f", str(folder)], folder / "baresip.log")
        phone = cls(settings, folder, child)
        try:
            await child.says("baresip is ready", 10)
            phone._reader, phone._writer = await asyncio.open_connection(settings.host, settings.control_port)
        except (PeerError, OSError) as error:
            await child.stop()
            raise PeerError(f"{name} did not start: {error}") from error
        return phone

    async def registered(self, seconds: float = 10) -> None:
        """Wait until the registrar has taken it."""
        await self._child.says("200 OK", seconds)

    async def events(self) -> AsyncIterator[PhoneEvent]:
        """What happens to it, from now on; each event is also a line of events.jsonl. Ends with the phone."""
        assert self._reader is not None
        with (self.folder / "events.jsonl").open("a", encoding="utf-8") as book:
            while True:
                try:
                    size = int((await self._reader.readuntil(b":"))[:-1])
                    raw = json.loads((await self._reader.readexactly(size + 1))[:-1])
                except (asyncio.IncompleteReadError, ConnectionError):
                    return
                at = time.time_ns() // 1000
                book.write(json.dumps({"at": at, **raw}) + "\n")
                book.flush()
                if raw.get("event"):
                    yield PhoneEvent(at, raw["type"], raw.get("id", ""), raw.get("peeruri", ""), raw.get("param", ""))

    async def answer(self) -> None:
        await self._command("accept")

    async def hang_up(self) -> None:
        """End the call, or decline the one that rings."""
        await self._command("hangup")

    async def dial(self, uri: str) -> None:
        await self._command("dial", uri)

    async def hold(self) -> None:
        await self._command("hold")

    async def resume(self) -> None:
        await self._command("resume")

    async def transfer(self, uri: str) -> None:
        """REFER the far end of its call to somebody else, unannounced."""
        await self._command("transfer", uri)

    async def press(self, digits: str) -> None:
        """Keys while it talks, as telephone events."""
        await self._command("sndcode", digits)

    async def _command(self, name: str, parameters: str = "") -> None:
        assert self._writer is not None
        body = json.dumps({"command": name, "params": parameters, "token": name}).encode()
        self._writer.write(b"%d:%s," % (len(body), body))
        await self._writer.drain()

    def dumps(self) -> list[Path]:
        """What it heard, a WAV a call, oldest first."""
        return sorted(self.folder.glob("dump-*-dec.wav"), key=lambda file: file.name)

    async def stop(self) -> None:
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(ConnectionError):
                await self._writer.wait_closed()
        await self._child.stop()

    async def wait_for_dump(self, count: int, seconds: float = 3) -> None:
        """Wait until it has begun that many dumps."""
        await until(f"{count} dumps of {self._child.name}", lambda: len(self.dumps()) >= count, seconds)
