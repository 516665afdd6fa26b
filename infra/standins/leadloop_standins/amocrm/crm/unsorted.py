"""Requests that wait in "unsorted" until a person accepts or declines them.

Source: https://www.amocrm.ru/developers/content/crm_platform/unsorted-api. That the accepted lead keeps its
id, and that it is readable before, follow the examples there; both are unconfirmed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass
class UnsortedRequest:
    """A form or a call that became a lead nobody has taken yet."""

    uid: str
    category: Literal["forms", "sip"]
    pipeline_id: int
    lead_id: int
    contact_id: int | None
    metadata: Mapping[str, Any]
    created_at: int
    source_name: str = ""
    source_uid: str = ""
    outcome: Literal["waiting", "accept", "decline"] = "waiting"
    accepted_lead_id: int | None = None
