"""Ten thousand small and five hundred full worlds without a broken invariant, and enough hazards in them to mean it.

In chunks, so that they spread over the cores. A break prints its seed and its last steps;
`python -m yingda.sim --worlds small --seeds N` plays it again.
"""

from __future__ import annotations

import pytest

from yingda.sim.survey import Tally, survey

SMALL_WORLDS, SMALL_CHUNK = 10_000, 1_000
FULL_WORLDS, FULL_CHUNK = 500, 50

# What every chunk must hit at least: about half of what the rarest chunk does.
SMALL_HAZARDS = {
    # at the same instant, about the same caller
    "answer+hang_up": 40,
    "answer+ring_limit": 30,
    "answer+decline": 30,
    "answer+device_lost": 6,
    "answer+sign_out": 4,
    "decline+hang_up": 10,
    "decline+ring_limit": 5,
    "device_lost+hang_up": 6,
    "device_lost+ring_limit": 3,
    "hang_up+ring_limit": 50,
    "hang_up+sound": 20,
    "longest_wait+ring_limit": 80,
    "ring_limit+sound": 4,
    "arrival+arrival": 400,
    "wrapup_finished_at_its_limit": 2,
    # in the midst of something
    "hang_up_while_ringing": 400,
    "hang_up_between_answer_and_sound": 140,
    "device_lost_while_ringing": 150,
    "device_lost_while_connecting": 5,
    "device_lost_while_talking": 30,
    "sign_out_while_ringing": 100,
    "sign_out_while_connecting": 5,
    "agent_taken_out_while_ringing": 8,
    "queue_taken_out_while_somebody_waits": 3,
    "restart_while_ringing": 800,
    "restart_while_connecting": 270,
    "crash": 40,
    # late, double, booked
    "stale_token": 1_900,
    "released_twice": 180,
    "busy_booked": 150,
    "wrapup_ended_by_next": 30,
    "reconfigured": 120,
    # leaders
    "lent": 60,
    "reserved": 40,
    "preferred": 30,
    "moved": 25,
    "flushed": 15,
    "shift_ends_while_ringing": 10,
    "shift_ends_while_talking": 1,
    # rules and keys
    "left_for_callback": 10,
    "left_for_overflowed": 10,
    # other media
    "chat_offered": 300,
    "email_offered": 140,
    "callback_offered": 200,
    "callback_not_reached": 30,
    "item_closed_by_customer": 25,
    "item_back_returned": 15,
    "item_back_agent_lost": 1,
    "sign_out_while_serving": 5,
    "busy_booked_while_serving": 4,
}
FULL_HAZARDS = {
    "hang_up_while_ringing": 80,
    "hang_up_between_answer_and_sound": 4,
    "device_lost_while_ringing": 50,
    "device_lost_while_talking": 25,
    "sign_out_while_ringing": 25,
    "sign_out_while_talking": 25,
    "restart_while_ringing": 150,
    "restart_while_connecting": 30,
    "stale_token": 800,
    "released_twice": 500,
    "busy_booked": 80,
    "reconfigured": 40,
    "hold": 15,
    "chat_offered": 250,
    "callback_offered": 120,
    "item_back_returned": 10,
    "busy_booked_while_serving": 10,
}


def chunks(worlds: int, size: int) -> list[range]:
    return [range(first, first + size) for first in range(0, worlds, size)]


def clean(tally: Tally, hazards: dict[str, int]) -> None:
    assert tally.broken is None, tally.why
    rare = {name: tally.hazards[name] for name, least in hazards.items() if tally.hazards[name] < least}
    assert not rare, f"hit too seldom: {rare}"


@pytest.mark.parametrize("seeds", chunks(SMALL_WORLDS, SMALL_CHUNK), ids=str)
def test_small_worlds(seeds: range) -> None:
    clean(survey("small", seeds), SMALL_HAZARDS)


@pytest.mark.parametrize("seeds", chunks(FULL_WORLDS, FULL_CHUNK), ids=str)
def test_full_worlds(seeds: range) -> None:
    clean(survey("full", seeds), FULL_HAZARDS)
