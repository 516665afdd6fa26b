"""Everything with the verb `get`.

Which components a method needs: https://comagic.github.io/data_api/components/.
"""

from collections.abc import Iterator

from ..tracker.account import Account
from ..tracker.communications import Call, Chat, OfflineMessage
from .contact_rows import call_row, chat_row, communication_row, message_row
from .filters import Row
from .methods import Caller, Method, Outcome
from .office import Office
from .params import COMMON, Param, Params
from .report_fields import ACCOUNT_FIELDS, CALL_FIELDS, CHAT_FIELDS, COMMUNICATION_FIELDS, MESSAGE_FIELDS, TAG_FIELDS
from .reports import Listing

_SITE_COMPONENTS = ("call_tracking", "consultant", "lead", "sitephone")


def _calls(account: Account, params: Params, now: int) -> Iterator[Row]:
    """Calls under way are there on request; one that has ended may still wait for its row."""
    ongoing = bool(params.get("include_ongoing_calls"))
    for one in account.communications.values():
        if isinstance(one, Call) and (one.row_at <= now or (ongoing and one.at <= now < one.ended_at)):
            yield call_row(account, one, now)


def _messages(account: Account, params: Params, now: int) -> Iterator[Row]:
    technical = bool(params.get("include_tech_offline_messages"))
    for one in account.visible(now):
        if isinstance(one, OfflineMessage) and (technical or not one.is_technical):
            yield message_row(account, one, now)


def _chats(account: Account, params: Params, now: int) -> Iterator[Row]:  # noqa: ARG001 - no parameters of its own
    return (chat_row(account, one, now) for one in account.visible(now) if isinstance(one, Chat))


def _communications(account: Account, params: Params, now: int) -> Iterator[Row]:  # noqa: ARG001 - as above
    return (communication_row(account, one, now) for one in account.visible(now))


def _tags(account: Account, params: Params, now: int) -> Iterator[Row]:  # noqa: ARG001 - as above
    return (vars(tag).copy() for tag in account.furniture.tags.values())


def _account(office: Office, params: Params, caller: Caller) -> Outcome:  # noqa: ARG001 - one account for all
    zone = office.switches.text("time_zone")
    row = {"app_id": office.account.profile.app_id, "name": office.account.profile.name, "timezone": zone}
    return Outcome({"data": [{name: row[name] for name in ACCOUNT_FIELDS}]}, total_items=1)


LISTINGS: tuple[Method, ...] = (
    Listing(
        "get.calls_report", CALL_FIELDS, _calls, "start_time", more={"include_ongoing_calls": Param("flag")}
    ).method(),
    Listing(
        "get.offline_messages_report",
        MESSAGE_FIELDS,
        _messages,
        "date_time",
        ("consultant", "lead", "upload_offline_messages"),
        {"include_tech_offline_messages": Param("flag")},
    ).method(),
    Listing("get.chats_report", CHAT_FIELDS, _chats, "date_time", _SITE_COMPONENTS).method(),
    Listing(
        "get.communications_report",
        COMMUNICATION_FIELDS,
        _communications,
        "date_time",
        (*_SITE_COMPONENTS, "upload_chats"),
    ).method(),
    Listing("get.tags", TAG_FIELDS, _tags).method(),
    Method("get.account", COMMON, _account),
)
