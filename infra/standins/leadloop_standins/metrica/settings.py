"""What the vendor's pages leave open, or what differs between its versions, as settings of the stand-in."""

from collections.abc import Mapping
from typing import Any

from ..faults import FaultKind

DEFAULT_SETTINGS: Mapping[str, Any] = {
    # 0: each GET of an uploading moves it one status on. More: the whole way takes that many minutes of domain time.
    "processing_minutes": 0.0,
    "skip_intermediate": False,
    "listing_order": ("newest_first", "oldest_first"),
    # The shape of an answer to an upload; the chats page prints the plural.
    "wrapper": ("uploading", "uploadings"),
    # False leaves out what answers of 2025 did not have: type, linked_quantity and the two not-found quantities.
    "optional_fields": True,
    # Pages name a quantity for unknown goals, while users report a refusal.
    "unknown_target": ("counted", "refused"),
    "unknown_object_status": (400, 404),
    "parallel_requests": 3,
    "daily_quota": 5000,
    # The vendor's 30 a second per address; 0 leaves it off, for a loopback test is faster than any client in the field.
    "requests_per_second": 0,
    # The help speaks of 200 goals per counter (unconfirmed).
    "goal_limit": 200,
}

VENDOR_FAULTS = (
    FaultKind("quota", "Over quota.", {"status": (429, 420), "error_type": "quota_requests_by_uid", "retry_after": 0}),
    FaultKind("backend_error", "503 backend_error, no work is done."),
    FaultKind("timeout", "504 timeout, no work is done; with work done order accept_then_status."),
    FaultKind(
        "partial_lines",
        "An upload leaves out each n-th row (`every`), rows whose id or target is `matching`, or the `invalid` ones.",
        {"every": 0, "matching": "", "invalid": False},
    ),
    FaultKind(
        "invalid_uploading",
        "A file with a row of that `target` or `id` (either may be left empty) is refused whole.",
        {"target": "", "id": "", "message": "The file contains an invalid row."},
    ),
    FaultKind("listing_lag", "New uploadings stay out of the list for that many domain minutes.", {"minutes": 30.0}),
)
