"""Site requests sent by an integration.

Source: https://comagic.github.io/data_api/communication/upload_offline_messages/. The verb `upload` updates what it
created before; here that is told by `ext_id`. Nothing is done when one request of the list is refused.
"""

from typing import Any

from ..tracker.communications import OfflineMessage
from ..tracker.intake import Origin, take_message
from .methods import Caller, Method, Outcome
from .office import Office
from .params import COMMON, Param, Params, check_params
from .refusals import RpcRefused
from .writes_seen import Write

MOST_MESSAGES = 50
FORM_TYPE = "DataAPI"

_PATH = "offline_messages."
_MESSAGE = {
    "date_time": Param("date"),
    **{name: Param("text") for name in ("name", "phone", "email", "message", "form_name", "ext_id")},
    **{name: Param("number") for name in ("visitor_session_id", "campaign_id", "source_id", "site_id")},
    "user_fields": Param("list"),
}


def _upload(office: Office, params: Params, caller: Caller) -> Outcome:
    rows = params["offline_messages"]
    if len(rows) > MOST_MESSAGES:
        raise RpcRefused("data_limit_exceeded", "offline_messages", params={"limit": MOST_MESSAGES})
    prepared = [(row, *_checked(office, row)) for row in rows]
    messages = [_book(office, row, origin, at) for row, origin, at in prepared]
    ids = tuple(one.id for one in messages)
    told = {"ext_ids": [one.ext_id for one in messages]}
    office.seen.note(Write(office.unix_now(), "upload.offline_messages", caller.key.user.login, ids, told))
    return Outcome({"data": [{"id": one.own_id} for one in messages]})


def _checked(office: Office, row: Any) -> tuple[Origin, int]:  # noqa: ANN401 - nothing is known of it yet
    if not isinstance(row, dict):
        raise RpcRefused("data_type_error", "offline_messages", row)
    check_params(row, _MESSAGE, _PATH)
    if not row.get("phone") and not row.get("email"):
        raise RpcRefused("required_parameter_missed", _PATH + "phone")
    origin = _origin(office, row)
    now, text = office.unix_now(), row.get("date_time")
    at = now if text is None else office.account.zone.moment_of(text)
    if at > now or (origin.session and at < origin.session.at):
        raise RpcRefused("invalid_date_time", _PATH + "date_time", text)
    return origin, at


def _origin(office: Office, row: Params) -> Origin:
    account = office.account
    session_id, campaign_id, site_id = (row.get(name) for name in ("visitor_session_id", "campaign_id", "site_id"))
    if session_id is None and campaign_id is None and site_id is None:
        raise RpcRefused("required_parameter_missed", _PATH + "visitor_session_id")
    known = (
        ("visitor_session_id", session_id, account.sessions),
        ("campaign_id", campaign_id, account.furniture.campaigns),
        ("site_id", site_id, account.furniture.sites),
    )
    for name, number, entities in known:
        if number is not None and number not in entities:
            raise RpcRefused("entity_not_found", _PATH + name, number)
    campaign = account.furniture.campaigns.get(campaign_id or 0)
    site = site_id if site_id is not None else (campaign.site_id if campaign else None)
    return Origin(account.sessions.get(session_id or 0), site, campaign_id, ext_id=row.get("ext_id"))


def _book(office: Office, row: Params, origin: Origin, at: int) -> OfflineMessage:
    text, told = row.get("message"), {name: row.get(name) for name in ("name", "email", "form_name")}
    known = office.account.find("offline_message", None, origin.ext_id)
    if isinstance(known, OfflineMessage):
        known.name, known.email, known.form_name = told["name"], told["email"], told["form_name"]
        known.phone, known.text = row.get("phone"), text
        return known
    return take_message(office.account, origin, at, phone=row.get("phone"), text=text, form_type=FORM_TYPE, **told)


UPLOADING = (
    Method(
        "upload.offline_messages",
        {**COMMON, "offline_messages": Param("list", required=True)},
        _upload,
        ("upload_offline_messages",),
        writes=True,
    ),
)
