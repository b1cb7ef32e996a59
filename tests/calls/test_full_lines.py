"""Callers for whom a trunk has no channel left hear so before they are refused (`calls/full_lines`)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.calls.driver import CENTRE, REMOTE, Driver, Sounds
from tests.sip.traffic import DOCUMENT, Traffic
from yingda.calls.effects import Arrival, RefuseCall
from yingda.calls.full_lines import MOST
from yingda.calls.numbering import NumberPlan
from yingda.kernel.errors import YingdaError
from yingda.media import protocol as media

TRUNK: dict[str, Any] = DOCUMENT["trunks"][0]


class Spoken(Sounds):
    def trunk_full(self, trunk_id: str) -> list[str]:
        return ["file:all-busy.wav"]


class Exchange(Traffic):
    """One channel, which the first caller takes. mute: media reports nothing of what it plays."""

    document = DOCUMENT | {"trunks": [TRUNK | {"max_calls": 1, "when_full": "announcement"}]}
    agents = 1
    sounds = Spoken

    def __init__(self) -> None:
        self.mute = False
        self.played: list[list[str]] = []
        super().__init__()
        self.run(1)
        self.settle(1)

    def ask_media(self, request: int, command: media.AnyCommand) -> None:
        if isinstance(command, media.Play):
            self.played.append(command.items)
            if self.mute:
                self.at(0, self.conductor_media, request, media.Done())
                return
        super().ask_media(request, command)

    def told(self) -> tuple[int, int, int]:
        """(183, 486, 503) so far."""
        return self.replies["183"], self.replies["486"], self.replies["503"]

    def busy(self) -> bool:
        return ["file:all-busy.wav"] in self.played


def test_he_hears_it_before_any_answer_and_no_contact_begins() -> None:
    one = Exchange()
    one.run(1)
    assert one.told() == (1, 0, 0) and one.busy()
    one.settle(2)
    assert one.told() == (1, 1, 0) and len(one.switch.full_lines.to_state()) == 0
    assert one.ledger.kinds["trunk.refused"] == one.ledger.kinds["interaction.started"] == 1
    one.settle(60)
    assert {name: size for name, size in one.left().items() if size} == {}


def test_who_hangs_up_meanwhile_leaves_nothing() -> None:
    one = Exchange()
    one.mute = True
    one.run(1)
    (told,) = one.switch.full_lines.to_state()
    assert told["leg_id"] in one.ports
    one.conductor.carry(one.switch.cleared(told["leg_id"], one.now, 487), one.now)
    one.settle(1)
    assert told["leg_id"] not in one.ports and one.told()[1] == 0


def test_what_media_never_reports_as_played_holds_nobody() -> None:
    one = Exchange()
    one.mute = True
    one.run(1)
    one.settle(31)
    assert one.told() == (1, 1, 0) and one.switch.full_lines.to_state() == []


def test_of_a_flood_only_so_many_hear_it() -> None:
    one = Exchange()
    one.mute = True
    one.run(MOST + 7, per_second=100)  # two of them dial what nobody has, or speak what we do not
    assert one.told() == (MOST, 5, 0)


@pytest.mark.parametrize(
    ("limits", "told"),
    [({"max_calls": 1}, "line 1/1"), ({"max_calls": 9, "max_outbound": 0}, "line 0/0")],
    ids=["channels", "outward"],
)
def test_an_agent_who_dials_is_told_which_lines_are_full(limits: dict[str, int], told: str) -> None:
    driver = Driver()
    trunk = CENTRE.trunks[0].model_copy(update=limits)
    driver.switch.use(NumberPlan(CENTRE.model_copy(update={"trunks": [trunk]}), 2), driver.switch.table.sounds)
    driver.sign_in("a1")
    driver.dial("c1")
    before = len(driver.events)
    with pytest.raises(YingdaError, match=f"All lines to this number are busy: {told}") as refusal:
        driver.switch.dialling.dial("a1", ("number", "13900002222"), driver.now)
    assert (refusal.value.code, refusal.value.where) == ("lines_full", told) and len(driver.events) == before


def test_a_phone_that_dials_while_all_lines_are_full_is_refused_with_the_reason() -> None:
    driver = Driver()
    driver.sign_in("a3")
    driver.dial("c1")
    driver.dial("c2")
    done = driver.do(
        driver.switch.arrive(Arrival("p", "8103", "13900002222", None, REMOTE, extension="8103"), driver.now)
    )
    (refused,) = [effect for effect in done if isinstance(effect, RefuseCall)]
    assert refused.code == 480 and "line 2/2" in refused.reason
    assert driver.switch.stage.failures["a3"].outcome == "lines_full"


def test_it_goes_on_after_a_restart() -> None:
    one = Exchange()
    one.run(1)
    one.restart()
    one.settle(2)
    assert one.told() == (1, 1, 0)
