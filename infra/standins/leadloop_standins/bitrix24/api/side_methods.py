"""Who is calling, what time it is, who has this phone, and traces of visitors."""

import json

from ..portal.kinds import COMPANY, CONTACT, LEAD
from ..portal.multifields import MOST_FOUND, records_reachable_by
from ..portal.values import moment_text, whole
from .calls import Answer, Call, Method, listed
from .problems import CallRefused, bare


def side_methods() -> dict[str, Method]:
    """By full name."""
    return {
        "profile": Method("", _profile),
        "user.current": Method("user", _current_user),
        "scope": Method("", lambda call: Answer(list(call.webhook.scopes))),
        "server.time": Method("", lambda call: Answer(moment_text(call.stamp.at, call.portal.offset))),
        "crm.settings.mode.get": Method("crm", _mode),
        "crm.duplicate.findbycomm": Method("crm", _find_by_communication),
        "crm.tracking.trace.add": Method("crm", _add_trace),
    }


def _profile(call: Call) -> Answer:
    user = call.portal.users[call.webhook.user_id]
    names = {"NAME": user.name, "LAST_NAME": user.last_name}
    return Answer({"ID": str(user.id), "ADMIN": user.is_admin, **names})


def _current_user(call: Call) -> Answer:
    user = call.portal.users[call.webhook.user_id]
    return Answer({"ID": str(user.id), "ACTIVE": user.is_active, "NAME": user.name, "LAST_NAME": user.last_name})


def _mode(call: Call) -> Answer:
    return Answer(2 if call.office.switches.text("crm_mode") == "simple" else 1)


def _find_by_communication(call: Call) -> Answer:
    """Twenty of one kind end the search: the kinds after it are not answered.

    https://apidocs.bitrix24.ru/api-reference/crm/duplicates/crm-duplicate-find-by-comm.html.
    """
    type_id = str(call.get("type") or "").upper()
    if not type_id:
        raise CallRefused(400, "Communication type is not defined", "Parameter 'type' is required.")
    if type_id not in ("PHONE", "EMAIL"):
        text = f"Communication type '{type_id}' is not supported in current context"
        raise CallRefused(400, text, text)
    values = [str(one) for one in call.items("values")][:MOST_FOUND]
    if not values:
        raise CallRefused(400, "Communication values is not defined", "Parameter 'values' is required.")
    asked = str(call.get("entity_type") or "").upper()
    found: dict[str, list[int]] = {}
    for kind in (LEAD, CONTACT, COMPANY):
        ids = records_reachable_by(call.portal, kind, type_id, values) if asked in ("", kind.upper) else []
        if ids:
            found[kind.upper] = ids
        if len(ids) >= MOST_FOUND:
            break
    return Answer(found or [])


def _add_trace(call: Call) -> Answer:
    """https://apidocs.bitrix24.ru/api-reference/crm/tracking/crm-tracking-trace-add.html."""
    text = call.get("TRACE")
    try:
        json.loads(str(text))
    except ValueError:
        raise bare("TRACE is not a JSON string") from None
    rows = (row for row in listed(call.get("ENTITIES")) if isinstance(row, dict))
    entities = [(str(row.get("TYPE")).upper(), whole(row.get("ID"))) for row in rows]
    return Answer(call.office.seen.note_trace(str(text), entities))
