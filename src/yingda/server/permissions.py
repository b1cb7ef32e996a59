"""Who may do what: one table, by the name of the route's function. What does not stand here is refused.

Roles build on each other: a leader may do what an agent may, an admin what a leader may. What one may *see* within a
permission (own calls, own queues) is the scope, and stands with the data: `calls/service.py`, `feed/visible.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Role = Literal["agent", "leader", "admin"]
Must = Literal["change_password", "enrol"]
"""What an account has to do first: a password that somebody else set, a second factor that its role needs."""
Permission = Literal["public", "agent", "leader", "admin"]

RANK: Mapping[str, int] = {"public": 0, "agent": 1, "leader": 2, "admin": 3}

PERMISSIONS: Mapping[str, Permission] = {
    # signing in and out
    "sign_in": "public",
    "read_load": "public",  # for sister centres, who show a token of their own
    "read_session": "agent",
    "sign_out": "agent",
    # the own account
    "read_account": "agent",
    "change_password": "agent",
    "begin_factor": "agent",
    "confirm_factor": "agent",
    "remove_factor": "agent",
    "revoke_sessions": "agent",
    # other people's accounts
    "read_user_account": "admin",
    "unlock_user": "admin",
    "reset_user_password": "admin",
    "remove_user_factor": "admin",
    "revoke_user_sessions": "admin",
    # desk
    "read_desk": "agent",
    "desk_sign_in": "agent",
    "desk_sign_out": "agent",
    "desk_idle": "agent",
    "desk_busy": "agent",
    "desk_hang_up": "agent",
    "desk_hold": "agent",
    "desk_retrieve": "agent",
    "desk_accept": "agent",
    "desk_decline": "agent",
    "desk_finish_wrapup": "agent",
    "desk_extend_wrapup": "agent",
    "desk_disposition": "agent",
    "read_desk_phone": "agent",
    "read_desk_script": "agent",
    "desk_answer": "agent",
    "desk_dial": "agent",
    "desk_pick_up": "agent",
    "desk_consult": "agent",
    "desk_swap": "agent",
    "desk_cancel_consult": "agent",
    "desk_conference": "agent",
    "desk_transfer": "agent",
    "desk_survey": "agent",
    "desk_complete": "agent",
    "desk_park": "agent",
    "desk_take": "agent",
    "desk_mute": "agent",
    "desk_unmute": "agent",
    "desk_digits": "agent",
    "desk_announce": "agent",
    "desk_pause_recording": "agent",
    "desk_resume_recording": "agent",
    "desk_help": "agent",
    "desk_cancel_help": "agent",
    "list_targets": "agent",
    # tasks and views: one's own; leaders also tasks within reach, and views that all may use
    "list_tasks": "agent",
    "create_task": "agent",
    "change_task": "agent",
    "finish_task": "agent",
    "cancel_task": "agent",
    "list_views": "agent",
    "create_view": "agent",
    "change_view": "agent",
    "remove_view": "agent",
    "list_messages": "agent",
    "send_message": "agent",
    "read_message": "agent",
    # calls and recordings: agents their own, leaders and admins all
    "list_calls": "agent",
    "export_calls": "agent",
    "read_call": "agent",
    "read_recording": "agent",
    # customers: everybody who serves them; erasing a person is an administrator's
    "list_customers": "agent",
    "create_customer": "agent",
    "read_customer": "agent",
    "change_customer": "agent",
    "erase_customer": "admin",
    "add_customer_number": "agent",
    "remove_customer_number": "agent",
    "list_customer_contacts": "agent",
    "read_pop": "agent",
    # figures
    "read_queue_figures": "agent",
    "read_agent_figures": "agent",
    # reports: within reach; sheets of the whole centre only for those who reach everybody
    "list_metrics": "agent",
    "read_sheet": "agent",
    "export_sheet_csv": "agent",
    "export_sheet": "agent",
    "export_contacts": "agent",
    "read_export": "agent",
    "read_export_file": "agent",
    "list_missed": "agent",
    "claim_missed": "agent",
    "release_missed": "agent",
    "call_missed": "agent",
    "list_voicemail": "agent",
    "export_voicemail_csv": "agent",
    "export_voicemail": "agent",
    "play_voicemail": "agent",
    "claim_voicemail": "agent",
    "release_voicemail": "agent",
    "call_voicemail": "agent",
    "clear_voicemail": "agent",
    "list_callbacks": "agent",
    "take_callback": "agent",
    "assign_callback": "leader",
    "cancel_callback": "leader",
    "correct_call": "leader",
    # floor
    "read_floor": "leader",
    "floor_sign_out": "leader",
    "floor_idle": "leader",
    "floor_busy": "leader",
    "floor_flush": "leader",
    "floor_emergency": "leader",
    "floor_lend": "leader",
    "floor_give_back": "leader",
    "read_agent_skills": "leader",
    "change_agent_skills": "leader",
    "list_announcements": "leader",
    "floor_supervise": "leader",
    "floor_stop": "leader",
    "floor_see_help": "leader",
    "floor_answer_help": "leader",
    "floor_release": "leader",
    "floor_move": "leader",
    "floor_reserve": "leader",
    "floor_prefer": "leader",
    "floor_release_entry": "leader",
    "floor_pull": "leader",
    "floor_take_out": "leader",
    "read_speaking": "admin",
    "change_speaking": "admin",
    # conference rooms: leaders all, an agent the one he is the host of (floor/rooms.py)
    "room_add": "agent",
    "room_lock": "agent",
    "room_quiet": "agent",
    "room_end": "agent",
    "room_mute": "agent",
    "room_host": "agent",
    "room_remove": "agent",
    # flows: leaders read and try them, administrators write them
    "list_flow_templates": "leader",
    "read_flow_catalogue": "leader",
    "check_flow_text": "leader",
    "run_flow_tests": "leader",
    "rehearse_flow": "leader",
    "list_flow_documents": "leader",
    "read_flow_document": "leader",
    "list_flow_versions": "leader",
    "read_flow_version": "leader",
    "compare_flow_versions": "leader",
    "read_flow_today": "leader",
    "export_flow_document": "leader",
    "list_phrases": "leader",
    "read_phrase": "leader",
    "speak_phrase": "leader",
    "list_voices": "leader",
    "list_phrase_versions": "leader",
    "keep_spoken_phrase": "admin",
    "return_phrase": "admin",
    "record_phrase": "admin",
    "delete_phrase": "admin",
    "create_flow_document": "admin",
    "save_flow_draft": "admin",
    "discard_flow_draft": "admin",
    "return_flow_version": "admin",
    "publish_flow": "admin",
    "rename_flow_document": "admin",
    "try_flow_by_phone": "admin",
    "delete_flow_document": "admin",
    # live feed
    "feed": "agent",
    # the house itself
    "openapi": "public",
    "documentation": "public",
    "health": "public",
    "metrics": "public",  # loopback or an admin's session: the route checks it, since a scraper has no session
    "client": "public",
}


BEFORE_ANYTHING: Mapping[Must, frozenset[str]] = {
    "change_password": frozenset(("read_session", "sign_out", "read_account", "change_password")),
    "enrol": frozenset(("read_session", "sign_out", "read_account", "begin_factor", "confirm_factor")),
}
"""All that a viewer may use who has to do something first."""


def permitted(permission: Permission, role: Role | None) -> bool:
    """Whether somebody of this role (None: not signed in) may use a route of this permission."""
    return RANK[permission] <= (RANK[role] if role is not None else 0)
