"""What a centre says about its desks: reminders within bounds, scripts with variables that exist."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from yingda.kernel.config.centre import Queue
from yingda.kernel.config.desk import DeskRules


def test_a_script_may_name_what_is_known_of_a_contact() -> None:
    text = "# 开场\n1. {customer.name}您好，工号 {agent.number} 为您服务。\n- 订单 {data.order_id}"
    assert Queue(name="售后", script=text).script == text


@pytest.mark.parametrize("text", ["{customer.password}", "{data.}", "{data.a b}", "{Agent.name}"])
def test_a_variable_that_is_not_there_is_named(text: str) -> None:
    with pytest.raises(ValidationError, match="there is no variable"):
        DeskRules(script=text)


@pytest.mark.parametrize(("field", "value"), [("hold_reminder_s", -1), ("hold_repeat_s", 4), ("help_expires_s", 9)])
def test_reminders_keep_within_bounds(field: str, value: int) -> None:
    with pytest.raises(ValidationError):
        DeskRules.model_validate({field: value})
