"""Commands: repeatable in any order, fenced by epoch, refused with a code; reports numbered; state carried over."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.media.lab import START, FakeNetwork, Lab, level, sine
from yingda.kernel.clock import SECOND
from yingda.kernel.errors import StartError, YingdaError
from yingda.media import rtcp
from yingda.media.ports import QUARANTINE, PortRange, check_ephemeral, raise_open_files
from yingda.media.protocol import (
    Acknowledge,
    AnyCommand,
    CloseTap,
    Codec,
    ConnectLeg,
    CreateLeg,
    DestroyLeg,
    FlushTap,
    LegCreated,
    LegLost,
    LegSilent,
    LegStatistics,
    OpenTap,
    PausePlay,
    PauseRecording,
    Play,
    RemoteMedia,
    ResumePlay,
    ResumeRecording,
    SeekPlay,
    SendDigits,
    SetCookie,
    SetGain,
    Snapshot,
    SnapshotResult,
    StartRecording,
    StockLegs,
    StopPlay,
    StopRecording,
)
from yingda.media.successor import take_over

IDS = st.sampled_from(["a", "b", "c"])
REMOTE = RemoteMedia(
    address=("198.51.100.1", 4_000), send_codec=Codec(name="PCMU", pt=0), send_event_pt=101,
    receive_codecs=[Codec(name="PCMU", pt=0)],
)  # fmt: skip
COMMANDS: st.SearchStrategy[AnyCommand] = st.one_of(
    st.builds(CreateLeg, leg_id=IDS, kind=st.sampled_from(["rtp", "webrtc", "fax"])),
    st.builds(CreateLeg, leg_id=IDS, ready=st.sampled_from([(16_390, 1), (16_392, 2)])),
    st.builds(StockLegs, order=st.integers(1, 3), more=st.integers(0, 3), surplus=st.just([16_384])),
    st.builds(ConnectLeg, leg_id=IDS, remote=st.sampled_from([REMOTE, msgspec.structs.replace(REMOTE, direction="x")])),
    st.builds(SetCookie, leg_id=IDS, cookie=st.binary(max_size=4)),
    st.builds(DestroyLeg, leg_id=IDS),
    st.builds(
        SetGain, entries=st.lists(st.tuples(IDS, IDS, st.sampled_from([0.0, 0.5, 1.0, -1.0])), max_size=4)
    ),
    st.builds(
        Play, play_id=IDS, leg_id=IDS, items=st.sampled_from([["tone:busy"], ["file:x"], []]), loop=st.booleans()
    ),
    st.builds(PausePlay, play_id=IDS),
    st.builds(ResumePlay, play_id=IDS),
    st.builds(SeekPlay, play_id=IDS, to_ms=st.integers(-100, 5_000)),
    st.builds(StopPlay, play_id=IDS),
    st.builds(OpenTap, tap_id=IDS, leg_id=IDS, url=st.sampled_from(["ws://bot/", "ws://other/", "bot"])),
    st.builds(FlushTap, tap_id=IDS),
    st.builds(CloseTap, tap_id=IDS),
    st.builds(PauseRecording, recording_id=IDS, blank=st.booleans()),
    st.builds(ResumeRecording, recording_id=IDS),
    st.builds(SendDigits, leg_id=IDS, digits=st.sampled_from(["1", "x"]), request_id=IDS),
    st.builds(StartRecording, recording_id=IDS, leg_id=IDS, path=st.sampled_from(["1.wav", "2.wav", "../3.wav"])),
    st.builds(StopRecording, recording_id=IDS),
)  # fmt: skip


def outcome(lab: Lab, command: AnyCommand) -> object:
    try:
        return lab.do(command)
    except YingdaError as refusal:
        return refusal.as_dict()


def picture(lab: Lab) -> object:
    """All that commands change: the snapshot without what packets and reports move."""
    snapshot = lab.do(Snapshot())
    assert isinstance(snapshot, SnapshotResult)
    legs = [{key: value for key, value in leg.items() if key != "statistics"} for leg in snapshot.legs]
    return legs, snapshot.matrix, snapshot.players, snapshot.recorders, snapshot.taps


@settings(max_examples=150, deadline=None)
@given(st.lists(COMMANDS, max_size=25))
def test_each_command_twice_is_the_same_as_once(commands: list[AnyCommand]) -> None:
    """The second time has the same answer and changes nothing, whatever came before; refusals change nothing at all."""
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder))
        for command in commands:
            before = picture(lab)
            first = outcome(lab, command)
            after = picture(lab)
            reports = len(lab.reports)
            if isinstance(first, dict):
                assert after == before
            assert outcome(lab, command) == first
            assert picture(lab) == after
            assert len(lab.reports) == reports
            lab.run(40)
        assert [report.number for report in lab.reports] == list(range(1, len(lab.reports) + 1))
        for name in list(lab.engine.legs):
            lab.do(DestroyLeg(leg_id=name))
        assert lab.engine.matrix.entries() == []
        assert lab.engine.players == lab.engine.sources == {}
        assert lab.engine.taps.count == 0
        assert lab.engine.recordings.running == 0
        assert lab.network.used == len(lab.engine.ahead)


def test_an_old_epoch_is_refused(lab: Lab) -> None:
    lab.do(CreateLeg(leg_id="a", epoch=5))
    with pytest.raises(YingdaError) as refused:
        lab.do(DestroyLeg(leg_id="a", epoch=4))
    assert refused.value.code == "epoch_old"
    assert isinstance(lab.do(Snapshot(epoch=0)), SnapshotResult)
    assert isinstance(lab.do(DestroyLeg(leg_id="a", epoch=6)), LegStatistics)


def test_what_has_ended_stays_ended(lab: Lab) -> None:
    lab.do(CreateLeg(leg_id="a"))
    first = lab.do(DestroyLeg(leg_id="a"))
    assert lab.do(DestroyLeg(leg_id="a")) == first
    for command in (CreateLeg(leg_id="a"), SetCookie(leg_id="a", cookie=b"")):
        with pytest.raises(YingdaError) as refused:
            lab.do(command)
        assert refused.value.code == "leg_ended"


def test_the_same_id_for_something_else_is_refused(lab: Lab) -> None:
    lab.phone("a")
    lab.phone("b")
    lab.do(Play(play_id="p", leg_id="a", items=["tone:busy"]))
    lab.do(StartRecording(recording_id="r", leg_id="a", path="a.wav"))
    for command, code in (
        (CreateLeg(leg_id="a", kind="webrtc"), "leg_differs"),
        (Play(play_id="p", leg_id="b", items=["tone:busy"]), "play_differs"),
        (StartRecording(recording_id="r", leg_id="a", path="b.wav"), "recording_differs"),
        (StartRecording(recording_id="s", leg_id="b", path="a.wav"), "path_in_use"),
    ):
        with pytest.raises(YingdaError) as refused:
            lab.do(command)
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("remote", "code"),
    [
        ({"send_codec": Codec(name="L16", pt=11)}, "codec_unknown"),
        ({"direction": "both"}, "direction_unknown"),
        ({"send_event_pt": 300}, "payload_number_wrong"),
    ],
)
def test_a_description_that_cannot_be_is_refused(lab: Lab, remote: dict[str, Any], code: str) -> None:
    lab.do(CreateLeg(leg_id="a"))
    with pytest.raises(YingdaError) as refused:
        lab.do(ConnectLeg(leg_id="a", remote=msgspec.structs.replace(REMOTE, **remote)))
    assert refused.value.code == code


def test_reports_are_kept_until_acknowledged(lab: Lab) -> None:
    phone = lab.phone("a")
    phone.talking = False
    lab.run(11_000)
    assert [report.seconds for report in lab.reports if isinstance(report, LegSilent)] == [5, 10]
    numbers = [report.number for report in lab.reports]
    assert numbers == [1, 2, 3, 4]  # with two on the line's condition: fair, then poor
    lab.do(Acknowledge(upto=1))
    assert [report.number for report in lab.engine.reports.after(0)] == [2, 3, 4]
    lab.do(Acknowledge(upto=1))
    assert lab.engine.reports.kept == 3


def test_silence_on_hold_is_not_reported(lab: Lab) -> None:
    phone = lab.phone("a")
    phone.talking = False
    lab.do(ConnectLeg(leg_id="a", remote=lab.remote(phone, "sendonly")))
    lab.run(12_000)
    assert lab.of_kind(LegSilent) == []


@pytest.mark.parametrize("talking", [True, False])
def test_one_way_audio_is_noticed(lab: Lab, talking: bool) -> None:
    phone = lab.phone("a")
    phone.talking = talking
    lab.run(8_000)
    statistics = lab.do(DestroyLeg(leg_id="a"))
    assert isinstance(statistics, LegStatistics)
    assert statistics.one_way is not talking


def test_rtcp_is_sent_every_five_seconds_and_says_goodbye(lab: Lab) -> None:
    phone = lab.phone("a", sine(1_000, -12, 1))
    lab.run(20_000)
    parsed = [rtcp.parse(data) for port, data, address in lab.rtcp if address == (phone.address[0], 4_001)]
    assert 3 <= len(parsed) <= 5
    last = parsed[-1]
    assert last is not None
    assert last.blocks[0].ssrc == phone.ssrc
    assert last.blocks[0].lost == 0
    lab.do(DestroyLeg(leg_id="a"))
    ended = rtcp.parse(lab.rtcp[-1][1])
    assert ended is not None
    assert ended.goodbye


def test_the_round_trip_comes_from_the_far_ends_report(lab: Lab) -> None:
    phone = lab.phone("a", sine(1_000, -12, 1))
    leg = lab.engine.legs["a"]
    lab.run(1_000)
    sent_at = rtcp.middle(lab.now - 80_000)
    block = rtcp.Block(leg.line.ssrc, 0, 0, 0, 0, sent_at, 65_536 * 30 // 1_000)
    raw = rtcp.report(phone.ssrc, "x", lab.now, None, block)
    lab.engine.relay.receive_rtcp(leg, raw, ("203.0.113.1", 5), lab.now)
    assert leg.round_trip_ms == 0
    lab.engine.relay.receive_rtcp(leg, raw, (phone.address[0], 5), lab.now)
    assert abs(leg.round_trip_ms - 50) < 0.1


def test_orphans_end_after_a_minute_and_not_before(lab: Lab) -> None:
    lab.phone("a")
    lab.engine.control_present(False, lab.now)
    lab.run(59_000)
    lab.engine.control_present(True, lab.now)
    lab.run(5_000)
    assert "a" in lab.engine.legs
    lab.engine.control_present(False, lab.now)
    lab.run(60_100)
    assert lab.engine.legs == {}
    assert lab.engine.metrics()["media_legs_orphaned_total"] == 1


def test_state_survives_as_json_and_the_call_goes_on(lab: Lab, tmp_path: Path) -> None:
    one, two = lab.phone("one", sine(440, -12, 1)), lab.phone("two", sine(1_000, -12, 1))
    lab.bridge("one", "two")
    lab.do(CreateLeg(leg_id="browser", kind="webrtc"))
    lab.run(1_000)
    state = json.loads(json.dumps(lab.engine.to_state()))
    successor = Lab(tmp_path, seed=2)
    successor.now = lab.now
    take_over(successor.engine, successor.commands, state, lab.now)
    kept = json.loads(json.dumps(successor.engine.to_state()))
    assert kept == state[:2]
    assert successor.engine.matrix.entries() == lab.engine.matrix.entries()
    assert [report.leg_id for report in successor.reports if isinstance(report, LegLost)] == ["browser"]
    for phone in (one, two):
        phone.lab = successor
        successor.phones[phone.leg_id] = successor.by_port[phone.local[1]] = phone
    before = one.heard[-1]
    mark = len(one.heard)
    successor.run(1_000)
    after = one.heard[mark]
    assert (after[1] - before[1]) & 0xFFFF == 1
    assert after[3] == before[3]
    assert abs(level(one.audio(0.5), 1_000) + 12) < 0.5


# ---- ports ----------------------------------------------------------------------------------------------------------


def test_pairs_are_even_and_rest_after_use() -> None:
    ports = PortRange(20_001, 20_006)
    assert [ports.take(0), ports.take(0)] == [20_002, 20_004]
    with pytest.raises(YingdaError) as refused:
        ports.take(0)
    assert refused.value.code == "ports_exhausted"
    ports.give_back(20_002, 5)
    with pytest.raises(YingdaError):
        ports.take(5 + QUARANTINE - 1)
    assert ports.take(5 + QUARANTINE) == 20_002
    ports.give_back(20_004, 5)
    ports.give_back(20_004, 5)
    ports.take_exactly(20_004)
    with pytest.raises(YingdaError):
        ports.take_exactly(20_004)


@pytest.mark.parametrize(("first", "last"), [(0, 100), (3_000, 2_000), (60_000, 70_000), (20_001, 20_002)])
def test_a_range_that_holds_no_pair_is_refused(first: int, last: int) -> None:
    with pytest.raises(StartError):
        PortRange(first, last)


def test_an_overlap_with_the_systems_range_is_said(tmp_path: Path) -> None:
    source = tmp_path / "range"
    source.write_text("32768\t60999\n")
    check_ephemeral(16_384, 32_767, source)
    for first, last in ((16_384, 32_768), (40_000, 41_000), (60_999, 65_535)):
        with pytest.raises(StartError, match="overlaps"):
            check_ephemeral(first, last, source)
    assert raise_open_files() > 0


def test_exhaustion_is_a_clear_refusal_and_ends_nothing(lab: Lab) -> None:
    network = FakeNetwork(lab.take, PortRange(20_000, 20_001))
    lab.engine.network = network
    created = lab.do(CreateLeg(leg_id="a"))
    assert isinstance(created, LegCreated)
    with pytest.raises(YingdaError) as refused:
        lab.do(CreateLeg(leg_id="b"))
    assert refused.value.code == "ports_exhausted"
    assert list(lab.engine.legs) == ["a"]
    lab.do(DestroyLeg(leg_id="a"))
    lab.now += 10 * SECOND
    assert isinstance(lab.do(CreateLeg(leg_id="b")), LegCreated)
    assert lab.now > START
