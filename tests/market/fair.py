"""A market of so many leads from one seed: every story in its share."""

from __future__ import annotations

from random import Random

from market.bots import BOTS
from market.inquiries import Inquiry
from market.stories import HONEST
from market.town import Town


def hold_market(leads: int, seed: int) -> list[Inquiry]:
    """About ``leads`` inquiries in the order of their times; the same for the same seed."""
    town = Town(Random(seed))
    for story, share in {**HONEST, **BOTS}.items():
        begun = size = len(town.inquiries)
        until = begun + share * leads
        while size < until:
            story(town)
            grown, size = len(town.inquiries) - size, len(town.inquiries)
            if until - size < grown / 2:
                break
    return sorted(town.inquiries, key=lambda one: one.at)
