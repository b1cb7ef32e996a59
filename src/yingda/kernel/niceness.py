"""Who comes first when there is not enough processor for all: a plane's niceness, in both places where it may count.

Where the kernel puts each session into a group of its own (sched(7), "The autogroup feature": Debian and others do,
unless control groups share the processor out), a niceness counts only among the processes of one session. Every plane
has a session of its own, so there it is the niceness of the group that decides between planes.

A group only ever gives way. Stepped before all others, control woke for every single datagram, at a tenth more
processor a call, and phones and trunks on the same machine waited (docs/performance.md, "Where the tails came from").
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

AUTOGROUP = Path("/proc/self/autogroup")
TRIES = 10
PAUSE_S = 0.11
"""An ordinary user may change a group ten times a second, together with everybody else on the machine."""


def set_niceness(niceness: int) -> None:
    """This process, and the threads it will make, at this niceness (−20 comes first, 19 last), as far as it is allowed.

    Below 0 it takes CAP_SYS_NICE or RLIMIT_NICE. Only the leader of a session moves its group, and only back.
    """
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, niceness)
    if niceness > 0 and os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):  # not allowed, or no such groups here
            _set_group(niceness)


def _set_group(niceness: int) -> None:
    for _ in range(TRIES):
        try:
            AUTOGROUP.write_text(str(niceness), encoding="ascii")
            return
        except BlockingIOError:
            time.sleep(PAUSE_S)
