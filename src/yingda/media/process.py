"""The media process: one thread, one epoll, a tick every 5 ms while something is made (20 ms otherwise).

Packets are read one a readiness, handled, and sent out in the same turn, a few at a time; where there are many legs
they are gathered for a moment first, which commands are not: a caller waits for those. Loading sound files and
writing recordings happen in two helper threads, whose results come back through an eventfd.
"""

from __future__ import annotations

import contextlib
import os
import random
import select
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import msgspec

from yingda.kernel.clock import MS, SECOND, SystemClock
from yingda.kernel.ids import new_id
from yingda.kernel.memory import settle
from yingda.media.commands import Commands
from yingda.media.engine import Engine, Settings
from yingda.media.offload import ThreadOffload
from yingda.media.ports import FIRST, LAST, PortRange, check_ephemeral, raise_open_files
from yingda.media.server import CommandServer
from yingda.media.sockets import SocketNetwork
from yingda.media.successor import take_over
from yingda.media.survival import left_behind
from yingda.media.taps.helper import StreamerProcess

MAX_DATAGRAM = 2_048
BATCH = 256
CROWD = 40
"""From so many legs on, a turn waits a little to find more than one packet: waking up costs more than they do. Only
what is asked of us ends that rest."""
AT_ONCE = 16
"""Packets that may wait for each other before they are sent: a crowd's first must not wait for its last."""
GATHER, GATHER_S = 3 * MS // 2, 0.0015
PLENTY = 64
"""Where the last turn found so many, packets wait already: to rest then would lose a quarter of a full core."""
SWITCH_S = 0.0005
"""How long a helper thread may keep the interpreter's lock from us."""
GC_YOUNG, GC_MIDDLE, GC_OLD = 50_000, 20, 50
"""The packets' path makes no cycles; collections of everything at each 700 objects would only cost time."""


class MediaConfig(msgspec.Struct, frozen=True, kw_only=True):
    """socket: the command socket. host: bound by default. advertised: told instead of it (behind a one-to-one NAT).

    state: the folder in which a successor finds the legs of a process that was killed; None: they end with it.
    """

    socket: Path
    recordings: Path
    prompts: Path
    host: str = "127.0.0.1"
    advertised: str | None = None
    first_port: int = FIRST
    last_port: int = LAST
    country: str = "cn"
    orphan_after_s: int = 60
    state: Path | None = None


class MediaProcess:
    """Raises StartError when the ports or the socket cannot be had."""

    def __init__(self, config: MediaConfig) -> None:
        check_ephemeral(config.first_port, config.last_port)
        raise_open_files()
        prefer_this_thread()  # before the helper threads are made: they hold the interpreter's lock now and then
        sys.setswitchinterval(SWITCH_S)
        self._clock = SystemClock()
        self._epoll = select.epoll()
        self._asked = select.epoll()  # commands and what helper threads bring; it is one of the epoll's own descriptors
        self._epoll.register(self._asked.fileno(), select.EPOLLIN)
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._asked.register(self._wake, select.EPOLLIN)
        ports = PortRange(config.first_port, config.last_port)
        self._network = SocketNetwork(ports, config.host, self._epoll, config.advertised)
        self._loader = ThreadOffload("media-loader", self._woken)
        self._writer = ThreadOffload("media-writer", self._woken)
        self._streamer = StreamerProcess(self._epoll)
        settings = Settings(
            recordings=config.recordings,
            prompts=config.prompts,
            country=config.country,
            orphan_after_s=config.orphan_after_s,
            ahead=ports.ahead,
        )
        now = self._clock.now
        self.engine = Engine(
            settings, self._network, self._loader, self._writer, self._streamer, random.Random(os.urandom(16)),
            new_id(), now,
        )  # fmt: skip
        self._streamer.on_message, self._streamer.on_gone = self.engine.taps.receive, self.engine.taps.streamer_lost
        commands = Commands(self.engine)
        if config.state is not None:
            take_over(self.engine, commands, left_behind(config.state, now()), now())
            self.engine.survive(config.state)
        self._server = CommandServer(config.socket, self.engine, commands, self._asked, now)
        self._stopping = False

    def _woken(self) -> None:
        os.eventfd_write(self._wake, 1)

    def stop(self) -> None:
        """From a signal handler: finish this turn, then end."""
        self._stopping = True
        self._woken()

    def run(self) -> None:
        """Until `stop`. Legs end with a BYE, recordings are completed."""
        settle((GC_YOUNG, GC_MIDDLE, GC_OLD))
        engine, relay, poll, now_of = self.engine, self.engine.relay, self._epoll.poll, self._clock.now
        watched, legs, out = self._network.watched, self.engine.legs, relay.out
        now = now_of()
        due, found, asked = engine.next_timer(), 0, (self._asked,)
        while not self._stopping:
            if len(legs) >= CROWD and found < PLENTY and due - now > GATHER:
                if select.select(asked, (), (), GATHER_S)[0]:  # an epoll's own wait would be of whole milliseconds
                    self._attend()
                    due = engine.next_timer()
                now = now_of()
            events = poll(max(0, due - now) / SECOND, BATCH)
            now, found = now_of(), len(events)
            for fd, mask in events:
                entry = watched.get(fd)
                if entry is None:
                    self._dispatch(fd, mask)
                    due = engine.next_timer()
                    continue
                one, leg_id, control = entry
                leg = legs.get(leg_id)
                try:
                    data, address = one.recvfrom(MAX_DATAGRAM)
                except OSError:  # an ICMP error of an earlier packet, or a readiness that has gone
                    continue
                if leg is not None:
                    if len(address) > 2:  # of IPv6, with flow and scope, which nobody else names
                        address = address[:2]
                    (relay.receive_rtcp if control else relay.receive)(leg, data, address, now)
                    if len(out) >= AT_ONCE:
                        relay.send_out()
            if now >= due:
                engine.tick(now)
                self._server.handle_timer(now)
                due = engine.next_timer()
            if relay.out:
                relay.send_out()
        self._shut_down()

    def _attend(self) -> None:
        """Do what is asked of us."""
        for fd, mask in self._asked.poll(0):
            self._dispatch(fd, mask)

    def _dispatch(self, fd: int, mask: int) -> None:
        if fd == self._asked.fileno():
            self._attend()
        elif fd == self._wake:
            os.eventfd_read(self._wake)
            self._loader.collect()
            self._writer.collect()
        elif fd == self._streamer.fd:
            self._streamer.handle()
        elif self._server.watches(fd):
            self._server.handle(fd, mask)

    def _shut_down(self) -> None:
        now = self._clock.now()
        for leg in list(self.engine.legs.values()):
            self.engine.end(leg, now)
        self.engine.close()
        self._streamer.close()
        self._writer.close()
        self._loader.close()
        self._server.close()
        self._asked.close()
        self._epoll.close()
        os.close(self._wake)


def prefer_this_thread() -> None:
    """This thread, and those it makes, before all ordinary ones, where the system allows it.

    Sound that comes late is lost, everything else can wait a few milliseconds. sched(7): it takes CAP_SYS_NICE or
    RLIMIT_RTPRIO; real-time threads get at most 95 % of a core, so an overload here starves nobody for good. A niceness
    would only count within our own session.
    """
    with contextlib.suppress(OSError):  # not allowed, or a sandbox that does not know the call
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


def run(config: MediaConfig, ready: Callable[[], None] | None = None) -> None:
    """The media plane until SIGTERM or SIGINT. ready: called once it listens. Raises StartError."""
    process = MediaProcess(config)

    def stop(_number: int, _frame: FrameType | None) -> None:
        process.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if ready is not None:
        ready()
    process.run()
