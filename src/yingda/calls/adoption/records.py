"""What is written down of a contact and of an agent, one JSON line each: enough for another plane to go on with it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from yingda.calls.lines import Line
from yingda.calls.model import Call, Leg
from yingda.calls.trunks.channels import Direction
from yingda.kernel.errors import YingdaError
from yingda.routing.entry import Entry
from yingda.routing.handling import Handling
from yingda.routing.session import Session

VERSION: Final = 1
"""Of both records; what another version wrote is not adopted."""


class Contact(msgspec.Struct, kw_only=True, tag="contact", tag_field="is"):
    """A contact in which nothing is under way. n: of the ledger's last event then, of this writer.

    lines, dialogs: its legs on the wire (calls/lines, `Endpoint.keep`). channels: of trunks, by leg. entry: its place
    in a queue, if it waits.
    """

    n: int
    call: Call
    legs: list[Leg]
    lines: list[Line]
    dialogs: list[dict[str, Any]]
    channels: dict[str, tuple[str, Direction]]
    entry: Entry | None = None
    v: int = VERSION

    @property
    def ident(self) -> str:
        return self.call.interaction_id


class Seat(msgspec.Struct, kw_only=True, tag="seat", tag_field="is"):
    """An agent who is signed in. handling: what he has in hand, his wrap-up too."""

    n: int
    session: Session
    handling: Handling | None = None
    v: int = VERSION

    @property
    def ident(self) -> str:
        return self.session.agent_id


def engaged(session: Session) -> bool:
    """Something rings at his place, he leaves, or it is no call that is in his hands: he cannot be taken over so."""
    return bool(session.offer_id or session.rung or session.items or session.leaving)


Record = Contact | Seat
_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)


def encode(record: Record) -> bytes:
    """One line, without its end."""
    return _encoder.encode(record)


def decode(line: bytes) -> Record:
    """Raises YingdaError `bad_state` for what this version cannot go on from."""
    try:
        record = _decoder.decode(line)
    except msgspec.DecodeError as error:
        raise YingdaError("bad_state", f"A record of the last run cannot be read: {error}.") from None
    if record.v != VERSION:
        raise YingdaError("bad_state", f"A record of the last run has version {record.v}.")
    return record
