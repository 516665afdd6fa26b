"""The switches of the stand-in, changed by POST /_stand_in/settings, what each does, and its own faults.

Of a tuple the first is the default and the others are the only choices besides.
"""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..faults import FaultKind, InstructionRefused
from .api.refusals import KNOWN_REFUSALS

DEFAULT_SETTINGS: Mapping[str, Any] = {
    # Time. Dates carry no zone, and no source says which one they are in.
    "time_zone": "Europe/Moscow",  # the account's, as get.account tells it
    "report_time_zone": "",  # of all dates in requests, answers and notifications; empty: the account's
    "date_till": ("included", "excluded"),  # whether a row at that very second belongs to a report
    # Keys. The list of errors keeps `expired` for permanent keys.
    "ended_session": ("access_token_invalid", "access_token_expired"),  # how a session past its hour is refused
    "session_end_key": ("expire_at", "expire"),  # the documentation has both
    # Access
    "ip_whitelist": ["0.0.0.0/0"],  # who may call; an account on its first day has an empty list
    "disabled_methods": [],  # method_component_disabled; "*" is all
    "disabled_fields": [],  # parameter_component_disabled when named in fields, filter or sort
    "account_inactive": False,
    "sales_enabled": True,  # the sites' option "count sales"
    # Limits, in domain time. The numbers depend on the tariff.
    "day_limit": 1000,
    "minute_limit": 250,
    "failed_calls_cost_points": False,
    # The wire
    "error_statuses": ("always_200", "by_code"),  # the HTTP status of JSON-RPC errors is not documented
    "batch_mnemonic": ("batch_opreations_not_supported", "batch_operations_not_supported"),  # spelt so by the vendor
    "other_content_types": ("refused", "accepted"),  # than application/json
    "chunked_bodies": ("refused", "accepted"),  # without Content-Length
    "api_version_deprecated": False,
    # Reading
    "default_order": ("oldest_first", "newest_first"),  # of a report without `sort`
    "extended_operators": True,  # those "not available in every method": ilike, not_like, in, is_null and the like
    "row_delay_seconds": 0,  # from the end of a call, a chat or a request until its row is in the reports
    "ids_delay_seconds": 0,  # from then until ym_client_id, yclid and the other click ids join the row
    # Writing
    "repeated_tag": ("duplicate_entity", "accepted"),  # what a tag that is already set meets
    # Notifications: neither a deadline nor retries are documented
    "deliver_automatically": True,  # a thread posts what is due; else only POST /_stand_in/notifications/pump does
    "notification_deadline_seconds": 2.0,
    "notification_retries": 0,
    "notification_retry_seconds": 60,  # domain time
    "lose_next_notifications": 0,
    "lose_all_notifications": False,
    "send_notifications_twice": False,
    "delay_notifications_seconds": 0,  # domain time
    "reorder_notifications": False,  # what is due together goes out newest first
    "escape_letters": False,  # macros carry Cyrillic as \u escapes
    "macros_in_urls": ("json", "bare"),  # a text in a GET template's URL with its quotes or without
}

VENDOR_FAULTS = (
    FaultKind(
        "rpc_error",
        "A JSON-RPC error is answered and nothing is done, under whatever HTTP status.",
        {"mnemonic": KNOWN_REFUSALS, "http_status": 200},
    ),
    FaultKind("garbage", "Nothing is done and a page that is no JSON is answered with 200."),
)


def check_settings(changes: Mapping[str, Any]) -> None:
    """InstructionRefused for a zone or an address range that does not exist."""
    for name in ("time_zone", "report_time_zone"):
        if changes.get(name):
            _check_zone(name, str(changes[name]))
    networks = changes.get("ip_whitelist")
    for text in networks if isinstance(networks, list) else ():
        try:
            ip_network(text)
        except ValueError as problem:
            raise InstructionRefused(
                f"Setting ip_whitelist is a list of networks such as 0.0.0.0/0; {problem}."
            ) from None


def _check_zone(setting: str, name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise InstructionRefused(
            f"Setting {setting} is a name of the IANA list such as Europe/Moscow, found {name!r}."
        ) from None
