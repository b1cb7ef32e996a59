"""A program that we start, watch and surely end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

POLL_S = 0.02


class PeerError(Exception):
    """Something at the far end did not do its part; the text is one sentence for a person."""


def needed(program: str, package: str) -> str:
    """The program's path, or a PeerError that names the Debian package it comes in."""
    path = shutil.which(program)
    if path is None:
        raise PeerError(f"{program} is not installed; on Debian and Ubuntu it comes with the package {package}.")
    return path


async def until(what: str, true: Callable[[], bool], seconds: float) -> None:
    """Wait until it is true, or raise a PeerError that says what was waited for."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not true():
        if asyncio.get_running_loop().time() > deadline:
            raise PeerError(f"Waited {seconds:g} s in vain for {what}.")
        await asyncio.sleep(POLL_S)


class Child:
    """A running program. log: the file that gets what it prints."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name, self.log = name, log
        self._process = process
        self._over = asyncio.create_task(self._sweep())

    @classmethod
    async def start(
        cls,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Child:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as out:
            process = await _spawn(command, out, env, cwd)
        return cls(name, process, log)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.returncode

    def printed(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def last_words(self, lines: int = 12) -> str:
        return "\n".join(self.printed().splitlines()[-lines:])

    async def ended(self, seconds: float) -> int:
        """Its exit code, once it has ended by itself; PeerError if it does not in time."""
        try:
            async with asyncio.timeout(seconds):
                await asyncio.shield(self._over)
        except TimeoutError:
            raise PeerError(
                f"{self.name} did not end within {seconds:g} s; it last said:\n{self.last_words()}"
            ) from None
        assert self._process.returncode is not None
        return self._process.returncode

    async def says(self, text: str, seconds: float) -> None:
        """Wait until it has printed the text; PeerError with its last words if it ends or stays silent."""

        def heard() -> bool:
            if text in self.printed():
                return True
            if self.code is not None:
                raise PeerError(f"{self.name} ended with {self.code} before it said {text!r}:\n{self.last_words()}")
            return False

        await until(f"{self.name} to say {text!r}", heard, seconds)

    async def stop(self, grace_s: float = 3.0) -> None:
        """End it and all it started: politely, after `grace_s` for good. Harmless once it has ended."""
        if not self._over.done():
            self._signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(grace_s):
                    await asyncio.shield(self._over)
        if not self._over.done():
            self._signal(signal.SIGKILL)
        await self._over

    async def _sweep(self) -> None:
        """What it leaves behind ends with it: at once, while the number of its group cannot be somebody else's."""
        await self._process.wait()
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


async def _spawn(
    command: Sequence[str], out: IO[bytes], env: Mapping[str, str] | None, cwd: Path | None
) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=asyncio.subprocess.STDOUT,
            env=None if env is None else {**os.environ, **env},
            cwd=cwd,
            start_new_session=True,
        )
    except OSError as error:
        raise PeerError(f"{command[0]} could not be started: {error.strerror}.") from error
