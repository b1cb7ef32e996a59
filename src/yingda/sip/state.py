"""An endpoint as plain data, and back: the whole of it, and single calls with which a restarted control goes on."""

from __future__ import annotations

from typing import Any

from yingda.sip.core import Core
from yingda.sip.flow import Flow
from yingda.sip.reachability import Reachability
from yingda.sip.registrar import Registrar
from yingda.sip.session import CallState, Session
from yingda.sip.subscriptions import Subscriptions
from yingda.sip.timers import TimerQueue
from yingda.sip.transactions import Transactions

VERSION = 7
STEADY_ALARMS = ("refresh", "expire", "flow")
"""What may be due for a call in which nothing is under way: its session timer, and the grace after a lost flow."""


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
    core.registrar = Registrar.from_state(raw["bindings"], core.config.registrar, core.timers, core.secret)
    core.digest.restore(raw["digest"])
    core.limiter.restore(raw["limiter"])
    subscriptions.restore(raw["subscriptions"])
    reachability.restore(raw["reachability"])
    for one in raw["sessions"]:
        session = Session.from_state(one)
        core.sessions[session.key] = session
        for dialog in session.forks.values():
            core.dialogs[dialog.id] = session.key


def keep(core: Core, key: str) -> dict[str, Any] | None:
    """An answered call as another endpoint can go on with it; None while something is under way in its dialog."""
    session = core.sessions.get(key)
    if session is None or session.state is not CallState.ACTIVE or session.dialog is None:
        return None
    if session.ok or session.reliable or session.referred or session.asked is not None or session.offer is not None:
        return None
    dues = ((name, core.timers.due(key, name)) for name in STEADY_ALARMS)
    return session.to_state() | {
        "forks": [session.dialog.to_state()],
        "provisional": None,
        "alarms": [[name, due] for name, due in dues if due is not None],
    }


def adopt(core: Core, raw: dict[str, Any], now: int) -> None:
    """Go on with a call that `keep` gave, its connection gone with the process that had it.

    A device opens another one and is known by it (`Receiving._rehome_calls`), as after any lost flow; to a trunk we
    open one ourselves as soon as there is something to say.
    """
    session = Session.from_state(raw)
    dialog = session.need_dialog()
    core.sessions[session.key], core.dialogs[dialog.id] = session, session.key
    for name, due in raw["alarms"]:
        core.timers.set(session.key, name, due)
    if dialog.flow.reliable:
        dialog.flow = Flow(dialog.flow.transport, dialog.flow.local, dialog.flow.remote)
        if session.aor:
            core.timers.set(session.key, "flow", now + core.config.flow_grace)
