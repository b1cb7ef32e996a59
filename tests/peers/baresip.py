"""baresip as a peer: a real phone with a tone for a microphone, driven over its ctrl_tcp module.

async with start_baresip(tmp_path, "1001", server=("127.0.0.1", 5060), password="…") as phone:
    await phone.event("REGISTER_OK")
    await phone.command("dial", "sip:4008@127.0.0.1:5060")
    await phone.event("CALL_ESTABLISHED")
    await phone.command("hangup")
phone.received()  # files with what the far end said (8 kHz mono WAV), written when a call ends
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import shutil
import signal
import struct
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.peers.ports import free_port

MODULES = Path("/usr/lib/baresip/modules")
DEADLINE = 15.0

CONFIG = """\
poll_method epoll
sip_listen {host}:{sip_port}
call_max_calls 4
audio_player aubridge,{name}
audio_source aufile,{tone}
audio_alert aubridge,{name}-alert
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
audio_buffer 20-160
rtp_ports {rtp_low}-{rtp_high}
rtcp_mux no
jitter_buffer_delay 5-10
net_interface {interface}
module_path {modules}
module g711.so
module g722.so
module opus.so
module aufile.so
module aubridge.so
module sndfile.so
module srtp.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
module_tmp uuid.so
ctrl_tcp_listen {control_host}:{control_port}
snd_path {dumps}
"""


def baresip_missing() -> str | None:
    """Why baresip cannot run here, or None."""
    if shutil.which("baresip") is None:
        return "baresip is not installed"
    return None if (MODULES / "ctrl_tcp.so").exists() else "baresip lacks its ctrl_tcp module"


def write_tone(path: Path, hertz: float, seconds: float = 30.0, amplitude: float = 0.3) -> Path:
    """A sine of 8 kHz, 16 bit, mono."""
    count = int(8000 * seconds)
    samples = (int(32767 * amplitude * math.sin(2 * math.pi * hertz * n / 8000)) for n in range(count))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, count, "NONE", ""))
        file.writeframes(struct.pack(f"<{count}h", *samples))
    return path


def tone_share(path: Path, hertz: float, skip: float = 0.3) -> float:
    """The share (0 to 1) of a dump's energy that lies at a frequency, after the first `skip` seconds."""
    with wave.open(str(path)) as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)[int(skip * rate) :]
    if not samples.size or not samples.any():
        return 0.0
    power = np.abs(np.fft.rfft(samples * np.hanning(samples.size))) ** 2
    centre, width = round(hertz * samples.size / rate), max(3, round(10 * samples.size / rate))
    return float(power[max(0, centre - width) : centre + width + 1].sum() / power.sum())


@dataclass
class Baresip:
    """A running phone. events: every event it told, in order."""

    folder: Path
    dumps: Path
    process: asyncio.subprocess.Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    events: list[dict[str, Any]] = field(default_factory=list)
    _seen: int = 0
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    _count: int = 0

    async def listen(self) -> None:
        """Read netstrings for ever."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length = int((await self.reader.readuntil(b":"))[:-1])
                message = json.loads((await self.reader.readexactly(length + 1))[:-1])
                async with self._changed:
                    if message.get("event"):
                        self.events.append(message)
                    else:
                        self._answers[message.get("token", "")] = message
                    self._changed.notify_all()

    async def command(self, name: str, parameters: str = "", deadline: float = DEADLINE) -> dict[str, Any]:
        """One of the menu's long commands (dial, accept, hangup, hold, resume, transfer …); its answer."""
        self._count += 1
        token = str(self._count)
        body = json.dumps({"command": name, "params": parameters, "token": token}).encode()
        self.writer.write(str(len(body)).encode() + b":" + body + b",")
        async with asyncio.timeout(deadline), self._changed:
            await self._changed.wait_for(lambda: token in self._answers)
        return self._answers.pop(token)

    async def event(self, kind: str, deadline: float = DEADLINE) -> dict[str, Any]:
        """The next event of this type (REGISTER_OK, CALL_INCOMING, CALL_ESTABLISHED …), past or to come."""

        def find() -> dict[str, Any] | None:
            for index in range(self._seen, len(self.events)):
                if self.events[index].get("type") == kind:
                    self._seen = index + 1
                    return self.events[index]
            return None

        found: dict[str, Any] | None = None

        def arrived() -> bool:
            nonlocal found
            found = find()
            return found is not None

        try:
            async with asyncio.timeout(deadline), self._changed:
                await self._changed.wait_for(arrived)
        except TimeoutError:
            heard = [event.get("type") for event in self.events]
            raise AssertionError(f"no {kind} within {deadline} s; heard {heard}\n{self.log()}") from None
        assert found is not None
        return found

    def sound(self) -> list[Path]:
        """As `received`, but also of a call under way, which has no whole file yet."""
        return list(self.dumps.glob("*-dec*"))

    async def hears(self, seconds: float, deadline: float = DEADLINE) -> None:
        """Wait until so much more sound has come (16 bits, 8,000 a second)."""
        wanted = self._heard() + 16_000 * seconds
        try:
            async with asyncio.timeout(seconds + deadline):
                while self._heard() < wanted:  # noqa: ASYNC110  (a file tells nobody that it grows)
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"not {seconds} s of sound within {deadline} s more\n{self.log()}") from None

    def _heard(self) -> int:
        return sum(one.stat().st_size for one in self.sound())

    def received(self) -> list[Path]:
        """What the far end said, a file a call; whole once the call has ended."""
        return sorted(self.dumps.glob("*-dec.wav"))

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(5):
                    await self.process.wait()
            except TimeoutError:
                self.process.kill()
                await self.process.wait()


def _named(host: str) -> str:
    """As it stands before a port: an IPv6 address in brackets (RFC 3986 section 3.2.2)."""
    return f"[{host}]" if ":" in host else host


def _configure(folder: Path, user: str, host: str, interface: str, tone: float) -> int:
    """The phone's files; the port it will be commanded by."""
    dumps = folder / "dumps"
    dumps.mkdir(parents=True)
    control_port, rtp_low = free_port(), free_port(even=True)
    config = CONFIG.format(
        host=_named(host),
        sip_port=free_port(),
        name=f"phone{user}",
        tone=write_tone(folder / "tone.wav", tone),
        rtp_low=rtp_low,
        rtp_high=rtp_low + 20,
        interface=interface,
        modules=MODULES,
        control_host=_named(host),
        control_port=control_port,
        dumps=dumps,
    )
    (folder / "config").write_text(config)
    (folder / "accounts").write_text("")
    (folder / "contacts").write_text("")
    return control_port


def _account(
    user: str, server: tuple[str, int], password: str, transport: str, answer: str, codecs: str, encryption: str,
    *, register: bool,
) -> str:  # fmt: skip
    """The line of `uanew`."""
    interval = 60 if register else 0
    credentials = f";auth_user={user};auth_pass={password}" if password else ""
    return (
        f"<sip:{user}@{_named(server[0])}:{server[1]};transport={transport}>{credentials};regint={interval}"
        f";answermode={answer};audio_codecs={codecs}{f';mediaenc={encryption}' if encryption else ''}"
    )


@contextlib.asynccontextmanager
async def start_baresip(
    tmp_path: Path,
    user: str,
    *,
    server: tuple[str, int],
    password: str = "",
    transport: str = "udp",
    tone: float = 440.0,
    answer: str = "manual",
    register: bool = True,
    host: str = "127.0.0.1",
    codecs: str = "PCMA,PCMU",
    encryption: str = "",
    interface: str | None = None,
    prefix: tuple[str, ...] = (),
) -> AsyncIterator[Baresip]:
    """A phone for `user`; it registers once we listen to its events.

    answer: manual or auto. tone: Hz of what it says. encryption: srtp (may be declined), srtp-mand.
    interface: name, or its address (host).
    prefix: such as `ip netns exec NAME`.
    """
    folder = tmp_path / f"baresip-{user}"
    control_port = _configure(folder, user, host, interface or host, tone)
    account = _account(user, server, password, transport, answer, codecs, encryption, register=register)
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *prefix, "baresip", "-f", str(folder), "-v", stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
            env=os.environ | {"HOME": str(folder)}, cwd=folder,
        )  # fmt: skip
    try:
        reader, writer = await _connect(process, host, control_port, folder)
    except BaseException:
        if process.returncode is None:
            process.kill()
            await process.wait()
        raise
    phone = Baresip(folder, folder / "dumps", process, reader, writer)
    listener = asyncio.create_task(phone.listen())
    try:
        await phone.command("uanew", account)  # only now, so that no event is told before we listen
        yield phone
    finally:
        await phone.stop()
        listener.cancel()
        writer.close()
        await asyncio.gather(listener, return_exceptions=True)


async def _connect(
    process: asyncio.subprocess.Process, host: str, port: int, folder: Path
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Its control port opens a moment after the start: ask until it does."""
    async with asyncio.timeout(DEADLINE):
        while True:
            if process.returncode is not None:
                raise AssertionError(f"baresip ended at once:\n{(folder / 'log').read_text(errors='replace')}")
            try:
                return await asyncio.open_connection(host, port)
            except OSError:
                await asyncio.sleep(0.05)
