"""What a flow may know of its caller: `session.…` (VoiceXML 5.1.4), and the data attached to the call so far."""

from __future__ import annotations

from typing import Any

from yingda.calls.model import Call
from yingda.calls.numbering import NumberPlan


def session_of(call: Call, plan: NumberPlan) -> dict[str, Any]:
    """The variables of the session, as JSON has them."""
    sent = call.sent
    queue = plan.queues.get(call.queue_id)
    agent = plan.agents.get(sent.agent_id) if sent is not None and not sent.result else None
    by_agent = {"agent": agent.number, "back": sent.back, "survey": bool(sent.survey_id)} if agent and sent else {}
    return {
        "connection": {
            "local": {"uri": f"tel:{call.called}"},
            "remote": {"uri": f"tel:{call.caller}" if call.caller else "tel:anonymous"},
            "protocol": {"name": "sip", "version": "2.0"},
            "originator": "local" if call.direction == "outbound" else "remote",
            "redirect": [{"uri": f"tel:{call.original}"}] if call.original else [],
            "aai": "",
        },
        "caller": call.caller,
        "called": call.called,
        "interaction": call.interaction_id,
        "queue": queue.name if queue is not None else None,
        "attached": call.data | ({"agent_number": agent.number} if agent else {}),
        "sent": by_agent or None,
    }
