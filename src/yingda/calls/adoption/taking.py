"""Taking calls and agents over from a plane before this one: all rooms get what the judge lets go on."""

from __future__ import annotations

from yingda.calls.adoption.judge import Verdict
from yingda.calls.effects import Effect
from yingda.calls.signalling import Signalling
from yingda.calls.switch import Switch
from yingda.calls.table import Purpose
from yingda.media.protocol import SetGain
from yingda.routing import saving
from yingda.sip import events as sip
from yingda.sip.endpoint import Endpoint


def take_over(
    verdict: Verdict, switch: Switch, signalling: Signalling, endpoint: Endpoint, now: int
) -> tuple[list[Effect], list[sip.Effect]]:
    """Before anything else comes in. The matrix is said once more: what media had of it already changes nothing.

    Whoever cannot be taken over hears so: his dialog is ended (BYE).
    """
    table = switch.table
    endpoint.adopt((dialog for contact in verdict.contacts for dialog in contact.dialogs), now)
    entries = [contact.entry for contact in verdict.contacts if contact.entry is not None]
    handlings = [seat.handling for seat in verdict.seats if seat.handling is not None]
    saving.adopt(switch.distributor.floor, entries, handlings, [seat.session for seat in verdict.seats], now)
    for contact in verdict.contacts:
        signalling.adopt(contact.lines)
        table.adopt(contact.call, contact.legs, now)
        for leg_id, (trunk_id, direction) in contact.channels.items():
            table.channels.seize(leg_id, trunk_id, direction)
        if contact.call.heard:
            table.ask_for_call(SetGain(entries=list(contact.call.heard)), Purpose.BRIDGE, contact.call)
    endpoint.adopt(verdict.farewell, now)
    farewell = [effect for dialog in verdict.farewell for effect in endpoint.hang_up(str(dialog["key"]), now)]
    return switch.act(lambda: None), farewell
