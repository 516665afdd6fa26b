"""The values of the macros at the moment of an event; a macro that is not here has none."""

from typing import Any

from ..api.visitor_row import attributes_of
from ..tracker.account import Account, Happening
from ..tracker.communications import Call, Chat, Communication, OfflineMessage
from .templates import Template


def macro_values(account: Account, template: Template, happening: Happening) -> dict[str, Any]:
    """Numbers for ids and seconds, digits without a plus for phones, lists for tags.

    No macro of Metrica's ClientID or of a click id is confirmed, so there is none: they are in the reports.
    """
    one = happening.communication
    return {
        "notification_name": template.name,
        "notification_mnemonic": template.mnemonic,
        "notification_time": account.zone.text_of(happening.at),
        "notification_timestamp": happening.at,
        "app_id": account.profile.app_id,
        "communication_id": one.id,
        "communication_number": one.number,
        "communication_type": one.type,
        "external_id": one.ext_id,
        "start_time": account.zone.text_of(one.at),
        "contact_phone_number": account.phone_of(one),
        "contact_full_name": one.name if isinstance(one, OfflineMessage) else None,
        "tag_ids": [mark.tag_id for mark in one.tags],
        "tag_names": [account.tag_name(mark.tag_id) for mark in one.tags],
        "attributes": attributes_of(account, one),
        "visitor_country": one.session.visitor.country if one.session else None,
        "is_internal": False,
        **(_call(one, happening) if isinstance(one, Call) else {}),
        **(_employee(account, one) if one.ended_at <= happening.at else {}),
    }


def _call(call: Call, happening: Happening) -> dict[str, Any]:
    began = {
        "virtual_phone_number": call.virtual_phone_number,
        "call_session_id": call.own_id,
        "call_source": call.source,
        "direction": call.direction,
        "calling_phone_number": call.contact_phone_number,
        "called_phone_number": call.virtual_phone_number,
    }
    if happening.at < call.ended_at:
        return began
    return {
        **began,
        "talk_time_duration": call.talk_seconds,
        "total_time_duration": call.wait_seconds + call.talk_seconds,
        "wait_time_duration": call.wait_seconds,
    }


def _employee(account: Account, one: Communication) -> dict[str, Any]:
    employee_id = one.employee_id if isinstance(one, Call | Chat | OfflineMessage) else None
    name = account.employee_name(employee_id)
    if name is None:
        return {}
    return {"employee_id": employee_id, "employee_full_name": name, "employee_ids": [employee_id]}
