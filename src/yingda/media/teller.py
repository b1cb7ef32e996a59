"""What the engine has to tell control, one method a report; each gets its number and its time here."""

from __future__ import annotations

import logging
from collections.abc import Callable

from yingda.media import protocol
from yingda.media.activity import Answer
from yingda.media.condition import Condition
from yingda.media.leg import Leg
from yingda.media.player import Player
from yingda.media.protocol import AnyReport
from yingda.media.reports import ReportLog
from yingda.media.taps.desk import Tap

log = logging.getLogger(__name__)


class Teller:
    """now: µs UTC, for reports whose cause brings no time along."""

    def __init__(self, reports: ReportLog, now: Callable[[], int]) -> None:
        self._reports, self._now = reports, now

    def _add(self, kind: Callable[..., AnyReport], measured_at: int | None = None, **fields: object) -> None:
        at = self._now() if measured_at is None else measured_at
        self._reports.add(lambda number: kind(number=number, measured_at=at, **fields))

    def alive(self, leg: Leg, now: int) -> None:
        self._add(protocol.LegAlive, now, leg_id=leg.leg_id)

    def silent(self, leg: Leg, seconds: int, now: int) -> None:
        self._add(protocol.LegSilent, now, leg_id=leg.leg_id, seconds=seconds)

    def condition(self, leg: Leg, condition: Condition, now: int) -> None:
        self._add(protocol.LegCondition, now, leg_id=leg.leg_id, condition=condition)

    def lost(self, leg_id: str, reason: str, now: int) -> None:
        self._add(protocol.LegLost, now, leg_id=leg_id, reason=reason)

    def digit(self, leg: Leg, digit: str, duration_ms: int, now: int) -> None:
        self._add(protocol.DigitHeard, now, leg_id=leg.leg_id, digit=digit, duration_ms=duration_ms)

    def tone(self, leg: Leg, tone: str, now: int) -> None:
        self._add(protocol.ToneHeard, now, leg_id=leg.leg_id, tone=tone)

    def answer(self, leg: Leg, answer: Answer, features: dict[str, int], now: int) -> None:
        log.info("leg %s was answered by a %s: %s", leg.leg_id, answer.value, features)
        self._add(protocol.AnswerDetected, now, leg_id=leg.leg_id, answer=answer.value, features=features)

    def play_ended(self, player: Player, reason: str, now: int) -> None:
        command = player.command
        self._add(
            protocol.PlayEnded, now, play_id=command.play_id, leg_id=command.leg_id, why=player.why, reason=reason,
            position_ms=player.position_ms,
        )  # fmt: skip

    def quiet(self, leg: Leg, recording_id: str, spoken: bool, now: int) -> None:
        self._add(protocol.RecordingQuiet, now, recording_id=recording_id, leg_id=leg.leg_id, spoken=spoken)

    def recording_failed(self, recording_id: str, reason: str, duration_ms: int) -> None:
        self._add(protocol.RecordingFailed, recording_id=recording_id, reason=reason, duration_ms=duration_ms)

    def recording_resumed(self, recording_id: str, gap_ms: int) -> None:
        self._add(protocol.RecordingResumed, recording_id=recording_id, gap_ms=gap_ms)

    def tap(self, tap: Tap, reason: str) -> None:
        command = tap.command
        self._add(
            protocol.TapChanged, tap_id=command.tap_id, leg_id=command.leg_id, state=tap.state.value, reason=reason
        )  # fmt: skip

    def tap_said(self, tap: Tap, text: str) -> None:
        self._add(protocol.TapSaid, tap_id=tap.command.tap_id, leg_id=tap.command.leg_id, text=text)
