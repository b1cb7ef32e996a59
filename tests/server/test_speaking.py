"""What a queue has said by itself, changed from the floor: by administrators alone, at once, as a version."""

from __future__ import annotations

import pytest

from tests.server.centre import Place
from tests.server.test_skills import in_force

pytestmark = pytest.mark.anyio


async def test_an_administrator_changes_what_is_said(place: Place) -> None:
    queue_id = place.queue("售后").id
    path = f"/api/v1/floor/queues/{queue_id}/speaking"
    async with place.signed_in("wang") as leader, place.signed_in("root") as admin:
        shown = (await admin.get(path)).json()
        assert shown == {"version": shown["version"], "opening": [], "hold_every_s": None, "hold_beep": False}
        order = {**shown, "opening": ["agent_id", "beep"], "hold_every_s": 20, "hold_beep": True}
        assert (await leader.put(path, json=order)).status_code == 403
        done = await admin.put(path, json=order)
        assert (done.status_code, done.json()) == (200, {**order, "version": shown["version"] + 1})
        assert (await admin.put(path, json=order)).json()["code"] == "config_stale"
        assert (await admin.put(path, json={**order, "opening": ["song"]})).status_code == 422
        queue = next(queue for queue in in_force(place)[1].queues if queue.id == queue_id)
        assert queue.opening == ["agent_id", "beep"] and queue.holding is not None and queue.holding.every_s == 20
        assert ("config.published", {"version": shown["version"] + 1}) in place.control.asked
        back = {**done.json(), "opening": [], "hold_every_s": None}
        assert (await admin.put(path, json=back)).json()["hold_every_s"] is None
        assert (await admin.get("/api/v1/floor/queues/nobody-knows-it/speaking")).status_code == 404
