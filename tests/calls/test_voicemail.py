"""Messages that callers leave in flows, and call-backs they book there."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.calls.test_onward import Scene
from yingda.calls import flow_protocol as flows
from yingda.calls.booking import window
from yingda.calls.effects import FlowRequest, MediaRequest
from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.media import protocol as media
from yingda.recordings.paths import message_path


class Recording(Scene):
    """c1 records; media's last word on it is held back until `catch_up`."""

    def __init__(self, *, hold: bool = False) -> None:
        super().__init__()
        self.late = {"record.stop"} if hold else set()
        self.record()

    def record(self) -> None:
        record = flows.Record(request=3, beep=True, maximum_ms=20_000, final_silence_ms=3_000, initial_silence_ms=5_000)
        self.acts(record)

    def events_told(self) -> list[flows.AnyHappened]:
        bodies = [one.body for one in self.effects if isinstance(one, FlowRequest)]
        return [body.event for body in bodies if isinstance(body, flows.Told)]

    def recorded(self) -> flows.Recorded:
        return [event for event in self.events_told() if isinstance(event, flows.Recorded)][-1]

    def served(self) -> list[str]:
        return [event.error for event in self.events_told() if isinstance(event, flows.Served)]

    def started(self) -> media.StartRecording:
        commands = [one.command for one in self.effects if isinstance(one, MediaRequest)]
        return [one for one in commands if isinstance(one, media.StartRecording)][-1]

    def falls_silent(self, *, spoken: bool) -> None:
        name = self.started().recording_id
        report = media.RecordingQuiet(number=4, measured_at=self.now, recording_id=name, leg_id="c1", spoken=spoken)
        self.do(self.switch.media_report(report, self.now))

    def keep(self, **more: str) -> None:
        self.acts(flows.KeepMessage(request=9, recording=self.recorded().uri, **more))


def test_a_message_ends_by_silence_by_a_key_and_at_its_longest() -> None:
    scene = Recording()
    start = scene.started()
    assert (start.initial_silence_ms, start.final_silence_ms) == (5_000, 3_000)
    scene.falls_silent(spoken=True)
    told = scene.recorded()
    assert (told.ended_by, told.path) == ("silence", start.path) and told.uri == f"recording:{start.recording_id}"
    scene.record()
    scene.falls_silent(spoken=False)
    assert scene.recorded().ended_by == "no_input"
    scene.record()
    scene.acts(flows.StopRecord(request=3))
    assert scene.recorded().ended_by == "key"
    scene.record()
    scene.wait(20)
    assert scene.recorded().ended_by == "maximum"
    assert not scene.data("message.received"), "the flow has kept none of them"


def test_the_flow_keeps_a_message_and_its_caller_is_owed_a_call() -> None:
    scene = Recording()
    scene.acts(flows.StopRecord(request=3))
    scene.keep(agent="1003")
    (kept,) = scene.data("message.received")
    message = scene.started().recording_id
    assert kept == {"message_id": message, "medium": "voice", "author": "customer", "queue_id": "q1", "agent_id": "a3",
                    "recorded_at": kept["recorded_at"], "duration_ms": 1_000, "checksum": "0" * 64}  # fmt: skip
    contact = next(iter(scene.switch.table.calls.values()))
    since = kept["recorded_at"]
    assert isinstance(since, int)
    place = message_path(contact.tenant, since, contact.interaction_id, message)
    assert scene.started().path == place and place.startswith("messages/")
    assert [one["source"] for one in scene.data("callback.requested")] == ["flow"]
    assert [one.wanted.message_ms for one in scene.switch.returning.core.open.values()] == [1_000]
    scene.keep()
    scene.acts(flows.KeepMessage(request=9, recording="recording:another"))
    assert scene.served() == ["", "message_unknown", "message_unknown"]
    scene.acts(flows.Exit(fault="", disconnect=True, values={}, data={}))
    assert scene.data("flow.left")[0]["exit"] == "message"
    assert len(scene.data("message.received")) == 1


def test_a_message_for_nobody_is_refused() -> None:
    scene = Recording()
    scene.acts(flows.StopRecord(request=3))
    scene.keep(queue="nowhere")
    assert scene.served() == ["message_for_nobody"] and not scene.data("message.received")


@pytest.mark.parametrize("hold", [False, True])
def test_a_message_cut_off_by_the_hang_up_is_kept(hold: bool) -> None:
    scene = Recording(hold=hold)
    scene.wait(3)
    scene.do(scene.switch.cleared("c1", scene.now))
    if hold:
        assert "interaction.ended" not in scene.kinds(), "its file is not complete"
        scene.catch_up()
    assert len(scene.data("message.received")) == 1
    assert scene.data("flow.left")[0]["exit"] == "message"
    assert scene.kinds()[-1] == "interaction.ended"
    told = [type(event) for event in scene.events_told()]
    assert flows.HungUp in told and scene.recorded().ended_by == "hangup"


def test_what_was_said_and_not_yet_sent_is_kept_at_the_hang_up() -> None:
    scene = Recording()
    scene.acts(flows.StopRecord(request=3))
    scene.do(scene.switch.cleared("c1", scene.now))
    assert len(scene.data("message.received")) == 1 and scene.kinds()[-1] == "interaction.ended"


def test_a_recorder_that_fails_is_no_input() -> None:
    scene = Scene()
    scene.fail = {"record.start"}
    scene.acts(flows.Record(request=3, beep=False, maximum_ms=20_000, final_silence_ms=3_000))
    bodies = [one.body for one in scene.effects if isinstance(one, FlowRequest) and isinstance(one.body, flows.Told)]
    assert isinstance(bodies[-1].event, flows.Recorded) and bodies[-1].event.ended_by == "no_input"
    scene.do(scene.switch.cleared("c1", scene.now))
    assert scene.kinds()[-1] == "interaction.ended" and not scene.data("message.received")


def test_a_call_back_is_booked_for_a_window() -> None:
    scene = Recording()
    for number, error in (("021-1", "number_unreadable"), ("4008001001", ""), ("4008001001", "callback_open")):
        scene.acts(flows.BookCallback(request=5, number=number, window="morning"))
        assert scene.served()[-1] == error
    scene.acts(flows.BookCallback(request=5, number="13900002222", window="25:00"))
    assert scene.served()[-1] == "bad_window"
    (asked,) = scene.data("callback.requested")
    assert asked["source"] == "flow" and asked["window"]


def moment(hour: int, minute: int = 0, day: int = 1) -> int:
    return int(datetime(2027, 3, day, hour, minute, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("text", "now", "opens", "closes"),
    [
        ("morning", moment(7), moment(9), moment(12)),
        ("morning", moment(10), moment(10), moment(12)),
        ("morning", moment(11, 55), moment(9, day=2), moment(12, day=2)),
        ("16:30-17:45", moment(23), moment(16, 30, 2), moment(17, 45, 2)),
        ("soon", moment(23), None, None),
    ],
)
def test_windows_of_the_centres_clock(text: str, now: int, opens: int | None, closes: int | None) -> None:
    assert window(text, now, "Asia/Shanghai") == (opens, closes)


@pytest.mark.parametrize("text", ["tomorrow", "12:00-11:00", "9-12"])
def test_windows_that_are_none(text: str) -> None:
    with pytest.raises(YingdaError, match=r"time to call|ends before"):
        window(text, moment(9), "Asia/Shanghai")
