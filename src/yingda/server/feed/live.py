"""The messages of control's live documents, as they cross the bus (API contract, "Live docs")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from yingda.kernel.errors import YingdaError
from yingda.server.feed.documents import Doc, Key, Patch, flat

T = TypeVar("T")


class LivePatch(msgspec.Struct, frozen=True, kw_only=True):
    """Topic "live", and one of the patches of `live.snapshot`."""

    seq: int
    now: int
    epoch: str = ""
    set: list[tuple[str, str, dict[str, Any]]] = []
    del_: list[tuple[str, str]] = msgspec.field(name="del", default_factory=list)

    def patch(self) -> Patch:
        return Patch(self.seq, tuple(((kind, ident), doc) for kind, ident, doc in self.set), tuple(self.del_))


class LiveState(msgspec.Struct, frozen=True, kw_only=True):
    """What `live.snapshot` answers: all documents, or the patches since the number that was asked for."""

    epoch: str
    seq: int
    now: int
    docs: dict[str, dict[str, dict[str, Any]]] | None = None
    patches: list[LivePatch] | None = None

    def documents(self) -> dict[Key, Doc]:
        return flat(self.docs or {})


def read_patch(message: Mapping[str, Any]) -> LivePatch:
    return _read(message, LivePatch)


def read_state(message: Mapping[str, Any]) -> LiveState:
    return _read(message, LiveState)


def _read(message: Mapping[str, Any], shape: type[T]) -> T:
    try:
        return msgspec.convert(message, shape)
    except msgspec.ValidationError as error:
        raise YingdaError("control_away", f"Control sent a live message that cannot be read: {error}.") from error
