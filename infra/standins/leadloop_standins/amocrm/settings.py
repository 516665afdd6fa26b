"""The switches of the stand-in, changed by POST /_stand_in/settings, and what each does."""

from collections.abc import Mapping
from typing import Any

from ..switches import Switches

__all__ = ["CHOICES", "DEFAULT_SETTINGS", "Switches"]

DEFAULT_SETTINGS: Mapping[str, Any] = {
    # Limits, in real time: https://www.amocrm.ru/developers/content/api/recommendations
    "requests_per_second": 7,
    "blocked_after": 0,  # so many 429 within ten seconds turn into 403 until `blocked` is set to false; 0 = never
    "blocked": False,
    "html_429_every": 3,  # each n-th 429 has an HTML body; 0 = none
    "unpaid": "no",  # no | writes | all: what is answered 402
    "ip_forbidden": False,  # everything is answered 403 with code 113
    # Reading
    "short_pages": False,  # a page holds half of `limit` and still has a next link
    "filters": "honoured",  # honoured | ignored | refused; the paid "API filtering" option of the account
    "custom_field_filters": "honoured",  # the same for filter[custom_fields_values] alone
    "events_lag_seconds": 0,  # domain time until an event shows in the feed
    "events_order": "newest_first",  # newest_first | oldest_first; no source settles which
    # Writing
    "large_ids": False,  # new leads and contacts get ids above 2^32
    "duplicate_control": False,  # /leads/complex updates an open lead with the same phone instead of adding one
    "duplicate_fields_win": "existing",  # existing | incoming: whose custom fields stay when a duplicate is merged
    "merge_fills_gaps": True,  # merging by hand copies the loser's custom fields into the winner's empty ones
    # Webhooks
    "deliver_automatically": True,  # a thread posts what is due; else only POST /_stand_in/webhooks/pump does
    "webhook_deadline_seconds": 2.0,
    "lose_next_webhooks": 0,
    "lose_all_webhooks": False,
    "send_webhooks_twice": False,
    "delay_webhooks_seconds": 0,  # domain time
    "reorder_webhooks": False,  # what is due together goes out newest first
    "omit_status_hooks": False,  # a moved stage shows in leads[update] only (amocrm-api-php issue 226)
    "group_webhooks": False,  # all hooks of one operation travel in one POST
    "account_block": "first",  # first | last: where the account stands in the body
    "account_block_fields": "full",  # full | subdomain, as in 2018
    "empty_tracking_fields": True,  # list tracking fields without values, as id, name and code alone
    "scalar_values": "dates",  # dates | all: which custom_fields values are bare scalars
    # Ledger
    "watched_field_codes": ["LEADLOOP_ID"],
}

CHOICES: Mapping[str, tuple[str, ...]] = {
    "unpaid": ("no", "writes", "all"),
    "filters": ("honoured", "ignored", "refused"),
    "custom_field_filters": ("honoured", "ignored", "refused"),
    "events_order": ("newest_first", "oldest_first"),
    "duplicate_fields_win": ("existing", "incoming"),
    "account_block": ("first", "last"),
    "account_block_fields": ("full", "subdomain"),
    "scalar_values": ("dates", "all"),
}
