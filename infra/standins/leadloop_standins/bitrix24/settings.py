"""The switches of the stand-in, changed by POST /_stand_in/settings; of a tuple the first is in force."""

from collections.abc import Mapping
from typing import Any

from ..faults import FaultKind
from ..switches import Switches

__all__ = ["DEFAULT_SETTINGS", "VENDOR_FAULTS", "Switches"]

DEFAULT_SETTINGS: Mapping[str, Any] = {
    # Limits: https://apidocs.bitrix24.ru/limits.html. The bucket leaks in real time, one per address of a caller.
    "requests_until_blocked": 50,  # 0 = no limit; Enterprise has 250
    "requests_leaked_per_second": 2.0,  # Enterprise has 5
    "overloaded": False,  # everything is answered 503 OVERLOAD_LIMIT, as after a manual block
    # Operating time, in domain time, per method and webhook, in ten buckets of a minute; a limit of 0 is none.
    "operating_limit_seconds": 480.0,
    "operating_seconds_per_call": 0.05,
    "commercial_plan": True,  # without one everything is answered 403 ACCESS_DENIED
    # Refusals
    "wrong_code_error": ("NO_AUTH_FOUND", "INVALID_CREDENTIALS"),  # pages of 2026 name the second for webhooks
    "bare_errors": ("empty", "zero"),  # `error` of what methods refuse without a code: "" or 0
    "stage_history_error": ("code", "zero"),  # `error` for an unsupported type; the page's example shows 0
    "time_in_errors": ("limits", "all", "none"),  # which error bodies carry `time`
    "batch_overflow": ("refused", "per_command"),  # more than 50: the whole batch, or what is beyond (pages of 2026)
    "wrong_stage": ("ignored", "refused"),  # a stage that the pipeline does not have; no source settles which
    "unknown_filter_field": ("ignored", "refused"),  # of classic lists; universal ones always refuse
    # Reading
    "utc_offset_minutes": 180,  # the server's, in which every date is told
    "stage_history_values": ("numbers", "strings"),  # answers recorded in 2022 have strings
    "stage_history_lag_seconds": 0,  # domain time until a move shows
    "history_outlives_deletion": False,
    "default_order": ("ASC", "DESC"),  # by id, when a list names no order
    "phone_search": ("international", "digits"),  # findbycomm: 8 and +7 are one country code, or only digits count
    "crm_mode": ("classic", "simple"),  # simple: a portal that works without leads
    # Writing
    "conversion_maps_user_fields": True,  # fields of the same code go from a lead to its deal
    "conversion_copies_utm": True,
    "robot_edits_after_move": 0,  # edits by robots after every move of a stage that is not their own
    # Outgoing webhooks
    "deliver_automatically": True,  # a thread posts what is due; else only POST /_stand_in/webhooks/pump does
    "webhook_deadline_seconds": 5.0,  # not published by the vendor
    "delay_webhooks_seconds": 0,  # domain time in the queue
    "lose_next_webhooks": 0,
    "lose_all_webhooks": False,
    "send_webhooks_twice": False,
    "reorder_webhooks": False,  # what is due together goes out newest first
    "wrong_token_next_webhooks": 0,  # so many bodies carry a stranger's application_token
    "webhook_form": ("2026", "2024"),  # 2024: no event_handler_id, and the former authorisation server
    # Ledger
    "watched_field_codes": ["UF_CRM_LEADLOOP_ID"],
}

VENDOR_FAULTS = (
    FaultKind(
        "garbage", "The work is done, then 200 with a body that is not JSON.", {"body": "<html><body>502</body></html>"}
    ),
)
