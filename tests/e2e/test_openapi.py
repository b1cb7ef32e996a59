"""Every operation of a whole centre, with requests that the OpenAPI document allows and with such as it does not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.planes.house import CENTRE, PASSWORD, house
from tests.server.fuzz import Fuzz
from tests.server.test_openapi import sign_in

pytestmark = [pytest.mark.peer, pytest.mark.e2e, pytest.mark.anyio]

EXAMPLES = 16
AN_ADMINISTRATOR = CENTRE.replace("display_name: One,", "display_name: One, role: admin,")
"""Who may do everything, and is an agent as well."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_no_request_is_answered_with_a_fault(tmp_path: Path) -> None:
    async with house(tmp_path, centre=AN_ADMINISTRATOR) as centre:
        fuzz = Fuzz(centre.url, lambda: sign_in(centre.url, "1001", PASSWORD), EXAMPLES)
        await asyncio.to_thread(fuzz.run)
    assert fuzz.found == {}
    assert fuzz.statuses[200] > 50 and fuzz.statuses[409] > 50, fuzz.statuses
