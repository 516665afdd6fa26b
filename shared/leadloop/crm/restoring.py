"""Source fields that somebody overwrote are given back what they held first, if the policy says so. Pure.

Once for each overwriting and ``MOST_RESTORES`` times in all for a lead: a person who insists is left alone.
"""

from __future__ import annotations

from typing import NamedTuple

from leadloop import timestamps
from leadloop.crm.deal_signs import UNLISTED
from leadloop.crm.port import LONGEST_TEXT
from leadloop.digests import digest
from leadloop.json_types import Json, json_list
from leadloop.leads.delivery import Delivery
from leadloop.leads.origin import to_restore
from leadloop.leads.state import LeadState
from leadloop.policy import Policy

MOST_RESTORES = 3


class Restoring(NamedTuple):
    """What is to be written back."""

    texts: dict[str, str]
    """By the policy's names of fields."""
    occasion: str | None
    """Tells the overwritings that call for it from later ones; ``None`` when nothing is to be written."""

    def is_due(self, delivery: Delivery) -> bool:
        """Whether these overwritings were not dealt with yet."""
        return self.occasion is not None and self.occasion != delivery.restored


def restoring(policy: Policy, state: LeadState) -> Restoring:
    """What the deal of a lead is to be given back; nothing while its last one is gone.

    Only texts that are known whole: not one that may have been cut, nor a number that was not for keeping.
    """
    first = to_restore(policy, state) if state.crm_ref not in state.lost else {}
    texts = {name: text for name, text in first.items() if text != UNLISTED and len(text) < LONGEST_TEXT}
    if not texts:
        return Restoring({}, None)
    about = [one for one in state.overwritings if one.field in texts]
    times: list[Json] = json_list(f"{one.field} {timestamps.to_text(one.at)}" for one in about)
    told: dict[str, Json] = dict(sorted(texts.items()))
    return Restoring(texts, digest("restoring", told, times))
