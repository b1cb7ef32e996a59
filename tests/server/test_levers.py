"""A leader's levers on queues: what reaches control, who may pull them, what the audit log knows (SUP-11)."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.server.centre import Place
from yingda.kernel.store import reading
from yingda.server.models import AuditLine

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("path", "body", "method"),
    [
        ("flush", None, "queue.flush"),
        ("emergency", {"on": True}, "queue.emergency"),
        ("lend", {"agent_id": "", "seconds": 600.0}, "agent.lend"),
    ],
)
async def test_a_lever_reaches_control_and_the_audit_log(
    place: Place, path: str, body: dict[str, Any] | None, method: str
) -> None:
    async with place.signed_in("wang") as browser:
        queue_id = place.centre.queues[0].id
        order = body | {"agent_id": place.agent("lilei").id} if body and "agent_id" in body else body
        assert (await browser.post(f"/api/v1/floor/queues/nowhere/{path}", json=order)).status_code == 404
        assert (await browser.post(f"/api/v1/floor/queues/{queue_id}/{path}", json=order)).status_code == 204
    async with place.signed_in("hanmei") as browser:
        assert (await browser.post(f"/api/v1/floor/queues/{queue_id}/{path}", json=order)).status_code == 403
    leader = f"user:{place.user('wang').id}"
    assert place.control.asked == [(method, {"queue_id": queue_id, "by": leader, **(order or {})})]
    with reading(place.store.business) as connection:
        query = sa.select(AuditLine.object).where(AuditLine.action == method)
        assert connection.execute(query).scalars().all() == [f"queue:{queue_id}"]


async def test_what_is_shown_at_the_desk_is_accepted_there(place: Place) -> None:
    async with place.signed_in("lilei") as browser:
        assert (await browser.post("/api/v1/desk/accept")).status_code == 204
    assert place.control.asked[0][0] == "desk.accept"
