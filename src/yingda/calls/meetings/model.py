"""A conference and those who are in it, as plain state (TEL-43).

    stage     event                                        next
    called    we ring him; he answers                      in
    door      the right PIN, or none is asked              waiting, in
              wrong three times; locked; full              leaving
    waiting   a host comes                                 in
    in        taken out; the conference is ended           leaving
    leaving   the last words are over                      (his call ends)

Whoever hangs up is out of it at any stage.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Stage(StrEnum):
    CALLED = "called"
    DOOR = "door"
    WAITING = "waiting"
    IN = "in"
    LEAVING = "leaving"


LEGAL: dict[Stage, frozenset[Stage]] = {
    Stage.CALLED: frozenset({Stage.IN}),
    Stage.DOOR: frozenset({Stage.WAITING, Stage.IN, Stage.LEAVING}),
    Stage.WAITING: frozenset({Stage.IN, Stage.LEAVING}),
    Stage.IN: frozenset({Stage.LEAVING}),
    Stage.LEAVING: frozenset(),
}

WORDS = {
    "pin": ("请输入会议密码，以井号键结束。", "Please enter the conference PIN, then press hash."),
    "host_pin": ("主持人请输入密码，参会者请直接按井号键。", "If you are the host, enter your PIN. Then press hash."),
    "wrong": ("密码不正确。", "That PIN is not right."),
    "goodbye": ("再见。", "Goodbye."),
    "locked": ("会议已锁定，再见。", "The conference is locked. Goodbye."),
    "full": ("会议人数已满，再见。", "The conference is full. Goodbye."),
    "waits": ("请稍候，主持人到达后会议开始。", "Please wait. The conference begins when the host is here."),
    "alone": ("会议中目前只有您一位，请稍候。", "You are the only one in this conference so far."),
    "muted": ("您已静音。", "You are muted."),
    "unmuted": ("您已取消静音。", "You can be heard again."),
    "quiet": ("除主持人外，全体已静音。", "All but the hosts are muted."),
    "loud": ("全体已取消静音。", "Everybody can be heard again."),
    "lock": ("会议已锁定。", "The conference is locked."),
    "unlock": ("会议已解锁。", "The conference is open."),
    "add": ("请输入要邀请的号码，以井号键结束。", "Enter the number to call, then press hash."),
    "refused": ("无法呼叫该号码。", "That number cannot be called."),
    "recorded": ("本次会议将被录音。", "This conference is recorded."),
    "removed": ("主持人已将您移出会议，再见。", "The host has taken you out of the conference. Goodbye."),
    "ended": ("会议已结束，再见。", "The conference is over. Goodbye."),
}
"""What is said, in Chinese and English."""
MUSIC = "music"


class Member(msgspec.Struct, kw_only=True):
    """One who is at the door or in the room. number: his, or the one we called. typed: keys of a PIN or an order so
    far. until: when the stage is given up (µs UTC; 0: never). play_id: what we play to him alone; since: in the stage.
    answered_at: when he, or we, answered (µs UTC).
    """

    leg_id: str
    interaction_id: str
    number: str
    since: int
    answered_at: int = 0
    stage: Stage = Stage.DOOR
    agent_id: str | None = None
    host: bool = False
    muted: bool = False
    typed: str = ""
    tries: int = 0
    until: int = 0
    play_id: str | None = None
    lonely: bool = False

    def move(self, to: Stage, now: int) -> None:
        """The one setter of `stage`; an illegal step is a fault of ours and says so."""
        if to not in LEGAL[self.stage]:
            raise ValueError(f"a member cannot go from {self.stage} to {to}")
        self.stage, self.since, self.typed, self.until = to, now, "", 0


class Meeting(msgspec.Struct, kw_only=True):
    """heard: the entries of the matrix that media holds. quiet: only hosts are heard. failed: the number that could not
    be called in last, and why. recorded: the leg of the agent by whose handling it is recorded."""

    room_id: str
    members: dict[str, Member] = {}
    locked: bool = False
    quiet: bool = False
    heard: list[tuple[str, str, float]] = []
    failed: tuple[str, str] | None = None
    recorded: str = ""

    def at(self, *stages: Stage) -> list[Member]:
        return [member for member in self.members.values() if member.stage in stages]

    @property
    def hosted(self) -> bool:
        return any(member.host for member in self.at(Stage.IN))
