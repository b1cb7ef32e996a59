"""A plane's niceness counts among the processes of its session and, where sessions are groups, between them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from yingda.kernel import niceness

GROUPED = niceness.AUTOGROUP.exists() and bool(re.match(r"/autogroup-[1-9]", niceness.AUTOGROUP.read_text()))
"""Does this kernel group processes by session? If not, or where control groups do, a group's niceness stays 0."""
TELL = f"""
from pathlib import Path
group = Path("/proc/self/autogroup").read_text().split()[-1] if {GROUPED} else "0"
print(os.getpriority(os.PRIO_PROCESS, 0), group)
"""
WANTED = min(19, os.getpriority(os.PRIO_PROCESS, 0) + 3)


def told(wanted: int, before: str = "pass", *, own_session: bool) -> tuple[int, int]:
    """What a process says of itself after it has set its niceness: its own, and its session's."""
    words = f"import os; from yingda.kernel.niceness import set_niceness; {before}; set_niceness({wanted})\n{TELL}"
    done = subprocess.run(
        [sys.executable, "-c", words], capture_output=True, text=True, check=True, start_new_session=own_session
    )
    own, group = done.stdout.split()
    return int(own), int(group)


def test_a_session_of_its_own_gives_way_as_a_whole() -> None:
    assert told(WANTED, own_session=True) == (WANTED, WANTED if GROUPED else 0)


def test_a_session_shared_with_others_is_left_alone() -> None:
    before = niceness.AUTOGROUP.read_text() if GROUPED else ""
    assert told(WANTED, own_session=False)[0] == WANTED
    assert (niceness.AUTOGROUP.read_text() if GROUPED else "") == before


def test_no_session_steps_before_the_others() -> None:
    assert told(-10, own_session=True)[1] == 0


def test_who_may_not_come_first_runs_as_others_do() -> None:
    nobody = "os.geteuid() == 0 and (os.setgid(65534), os.setuid(65534))"
    assert told(-10, nobody, own_session=True) == (os.getpriority(os.PRIO_PROCESS, 0), 0)


def test_a_kernel_without_groups_is_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(niceness, "AUTOGROUP", tmp_path / "none" / "autogroup")
    monkeypatch.setattr(os, "getsid", lambda _pid: os.getpid())
    monkeypatch.setattr(os, "setpriority", lambda *_: None)
    niceness.set_niceness(5)


class Busy:
    """A group that may not be changed again so soon, twice."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.refusals = 2

    def write_text(self, text: str, encoding: str) -> None:
        assert encoding == "ascii"
        if self.refusals:
            self.refusals -= 1
            raise BlockingIOError
        self.written.append(text)


def test_a_group_changed_a_moment_ago_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    group = Busy()
    monkeypatch.setattr(niceness, "AUTOGROUP", group)
    monkeypatch.setattr(niceness, "PAUSE_S", 0.0)
    monkeypatch.setattr(os, "getsid", lambda _pid: os.getpid())
    monkeypatch.setattr(os, "setpriority", lambda *_: None)
    niceness.set_niceness(5)
    assert (group.refusals, group.written) == (0, ["5"])
