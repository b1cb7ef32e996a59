"""A plane's niceness counts among the processes of its session and, where sessions are groups, between them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from yingda.kernel import niceness

TELL = "print(os.getpriority(os.PRIO_PROCESS, 0), *open('/proc/self/autogroup').read().split()[1:])"
GROUPS = niceness.AUTOGROUP.exists() and re.match(r"/autogroup-[1-9]", niceness.AUTOGROUP.read_text())


WANTED = min(19, os.getpriority(os.PRIO_PROCESS, 0) + 3)


def told(wanted: int, before: str = "pass", *, own_session: bool) -> list[str]:
    """What a process says of itself after it has set its niceness: [its own, "nice", its session's]."""
    words = f"import os; from yingda.kernel.niceness import set_niceness; {before}; set_niceness({wanted}); {TELL}"
    done = subprocess.run(
        [sys.executable, "-c", words], capture_output=True, text=True, check=True, start_new_session=own_session
    )
    return done.stdout.split()


@pytest.mark.skipif(not GROUPS, reason="this kernel does not group processes by session")
def test_a_session_of_its_own_gives_way_as_a_whole() -> None:
    assert told(WANTED, own_session=True) == [str(WANTED), "nice", str(WANTED)]


@pytest.mark.skipif(not GROUPS, reason="this kernel does not group processes by session")
def test_a_session_shared_with_others_is_left_alone() -> None:
    before = niceness.AUTOGROUP.read_text()
    assert told(WANTED, own_session=False)[0] == str(WANTED)
    assert niceness.AUTOGROUP.read_text() == before


@pytest.mark.skipif(not GROUPS, reason="this kernel does not group processes by session")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may step forward, and become somebody who may not")
def test_no_session_steps_before_the_others() -> None:
    assert told(-10, own_session=True) == ["-10", "nice", "0"]
    assert told(-10, "os.setgid(65534); os.setuid(65534)", own_session=True)[1:] == ["nice", "0"]


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
