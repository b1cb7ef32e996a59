"""The nightly proof: at half past three where the centre is; what is broken is told until it holds again."""

from __future__ import annotations

import threading
from pathlib import Path

from sqlalchemy import update

from tests.reports.test_verify import live_through
from yingda.kernel.clock import SECOND, VirtualClock
from yingda.kernel.store import writing
from yingda.reports.models import TABLES
from yingda.reports.nightly import ALARM, Nightly, next_night, verify_apart
from yingda.reports.quarters import QueueQuarter

SHANGHAI, BERLIN = "Asia/Shanghai", "Europe/Berlin"
HOUR = 3_600 * SECOND
EVENING = 1_795_262_400 * SECOND  # 2026-11-21 20:00 in Shanghai


def test_the_hour_is_the_centres_own() -> None:
    assert next_night(EVENING, SHANGHAI) == EVENING + 7 * HOUR + HOUR // 2
    assert next_night(EVENING + 8 * HOUR, SHANGHAI) == EVENING + 31 * HOUR + HOUR // 2
    change = 1_792_872_000 * SECOND  # 2026-10-24 22:00 in Berlin, the night in which clocks go back
    assert next_night(change, BERLIN) == change + 6 * HOUR + HOUR // 2


def test_a_fault_is_told_until_a_night_in_which_all_holds() -> None:
    clock, told = VirtualClock(EVENING), list[dict[str, str | None]]()
    found = iter(["Q1 is broken.", None])
    nightly = Nightly(clock, lambda: SHANGHAI, lambda: next(found), lambda alarms: told.append(dict(alarms)))
    nightly.step()
    assert told == [], "the hour has not come"
    clock.advance_to(EVENING + 8 * HOUR)
    nightly.step()
    nightly.step()
    assert len(told) == 2 and "Q1 is broken." in str(told[0][ALARM])
    clock.advance_to(EVENING + 32 * HOUR)
    nightly.step()
    nightly.step()
    assert told[2:] == [{ALARM: None}]


def test_the_proof_is_yingda_verify_itself(tmp_path: Path) -> None:
    made = live_through(str(tmp_path), tmp_path / "ledger", seed=3, contacts=20)
    go_on = threading.Event()
    assert verify_apart(str(tmp_path), None, go_on) is None
    with writing(made.store.books) as connection:
        connection.execute(update(TABLES[QueueQuarter]).values(answered=TABLES[QueueQuarter].c.answered + 1))
    fault = verify_apart(str(tmp_path), None, go_on)
    assert fault is not None and "queue_quarters" in fault
    made.store.close()
    go_on.set()
    assert verify_apart(str(tmp_path), None, go_on) is None, "told to stop, it says nothing"
