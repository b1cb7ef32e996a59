"""The whole of an endpoint as plain data, and back: what a restarted control plane goes on with."""

from __future__ import annotations

from typing import Any

from yingda.sip.core import Core
from yingda.sip.reachability import Reachability
from yingda.sip.registrar import Registrar
from yingda.sip.session import Session
from yingda.sip.subscriptions import Subscriptions
from yingda.sip.timers import TimerQueue
from yingda.sip.transactions import Transactions

VERSION = 7


def take(core: Core, subscriptions: Subscriptions, reachability: Reachability) -> dict[str, Any]:
    return {
        "version": VERSION,
        "timers": core.timers.to_state(),
        "transactions": core.transactions.to_state(),
        "sessions": [session.to_state() for session in core.sessions.values()],
        "bindings": core.registrar.to_state(),
        "digest": core.digest.to_state(),
        "limiter": core.limiter.to_state(),
        "subscriptions": subscriptions.to_state(),
        "reachability": reachability.to_state(),
    }


def give(core: Core, subscriptions: Subscriptions, reachability: Reachability, raw: dict[str, Any]) -> None:
    """Put it into a core that is new."""
    if raw["version"] != VERSION:
        raise ValueError(f"state of version {raw['version']} cannot be read")
    core.timers = TimerQueue.from_state(raw["timers"])
    core.transactions = Transactions.from_state(raw["transactions"], core.timers)
    core.registrar = Registrar.from_state(raw["bindings"], core.config.registrar, core.timers)
    core.digest.restore(raw["digest"])
    core.limiter.restore(raw["limiter"])
    subscriptions.restore(raw["subscriptions"])
    reachability.restore(raw["reachability"])
    for one in raw["sessions"]:
        session = Session.from_state(one)
        core.sessions[session.key] = session
        for dialog in session.forks.values():
            core.dialogs[dialog.id] = session.key
