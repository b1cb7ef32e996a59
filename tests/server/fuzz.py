"""Requests as the OpenAPI document allows them, and as it does not, at a running server: schemathesis makes them.

Every answer is one that the document has, in its shape, and never a 500.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
ENDS = {"sign_out", "revoke_sessions", "revoke_user_sessions", "reset_user_password"}
"""What may end the session that asks: signed in anew before each."""
PREFIX = "/api/v1"
Headers = Mapping[str, str]


@schemathesis.serializer("audio/wav")
def sound(_: object, value: object) -> bytes:
    """Bytes as they come: what is no sound is to be refused."""
    data = getattr(value, "data", value)
    return data if isinstance(data, bytes) else str(data).encode()


@dataclass
class Fuzz:
    """url: of the server. sign_in: the headers of a new session. examples: requests an operation. skip: beginnings of
    addresses. every: one operation out of so many. found: what was wrong, by operation."""

    url: str
    sign_in: Callable[[], Headers]
    examples: int
    skip: tuple[str, ...] = ()
    every: int = 1
    found: dict[str, str] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)

    def run(self) -> None:
        document = httpx.get(f"{self.url}/api/v1/openapi.json", timeout=20).json()
        config = SchemathesisConfig()
        schema = schemathesis.openapi.from_dict(document, config=config)
        schema.config.update(base_url=self.url)
        self._headers = self.sign_in()
        for place, result in enumerate(schema.get_all_operations()):
            assert isinstance(result, Ok), result
            operation = result.ok()
            if place % self.every or operation.path.removeprefix(PREFIX).startswith(self.skip or "\0"):
                continue
            try:
                self._one(operation)
            except BaseExceptionGroup as group:
                self.found[operation.label] = "\n".join(str(one) for one in group.exceptions)
            except (AssertionError, schemathesis.errors.SchemathesisError) as error:
                self.found[operation.label] = str(error)

    def _one(self, operation: Any) -> None:
        ends = operation.definition.raw.get("operationId") in ENDS

        strategy = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        if not ends:
            strategy |= operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

        @settings(
            max_examples=3 if ends else self.examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def asked(case: Any) -> None:
            if ends:
                self._headers = self.sign_in()
            answer = case.call(headers=dict(self._headers), timeout=20)
            self.statuses[answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS, headers=dict(self._headers))

        asked()
