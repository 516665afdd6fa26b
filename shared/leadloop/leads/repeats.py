"""The same person again within the hour: always a repeat, whatever other duplicate rules say."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from datetime import datetime, timedelta


def repeats_of(seen: Mapping[str, datetime], window: timedelta) -> dict[str, str]:
    """By lead, but for firsts, the earliest one that came at most ``window`` before it.

    ``seen`` holds all leads known under the keys of one person. Only times and ids decide (ties by id), so the order
    in which leads arrive does not.
    """
    order = sorted((at, lead_id) for lead_id, at in seen.items())
    earliest = {lead_id: order[bisect_left(order, (at - window, ""))][1] for at, lead_id in order}
    return {lead_id: first for lead_id, first in earliest.items() if first != lead_id}
