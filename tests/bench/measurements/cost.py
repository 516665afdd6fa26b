"""What a thousand leads cost on Google Cloud: operations counted now, list prices, and the free tier taken off.

The gate is what is paid. By the list no gate: what is read and written for a webhook alone is most of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.counting import count
from bench.figures import Figure, Gate, counted
from bench.sampling import Scale
from leadloop.cost.estimate import Estimate, Workload, estimate
from leadloop.cost.prices import load_prices
from leadloop.cost.schedules import runs_a_day
from support.world import MANIFEST

GATE = Gate(0.10)
LEADS_A_DAY = (300, 1000)


def measure(_: Scale) -> Iterator[Figure]:
    """With the CRM's webhooks, the dearer way, and by pull alone."""
    operations, prices = count(), load_prices().prices
    for leads in LEADS_A_DAY:
        for name, with_webhooks in (("with webhooks", True), ("by pull", False)):
            work = Workload(leads, with_webhooks)
            found = estimate(MANIFEST, runs_a_day(MANIFEST, {}), operations, prices, work)
            yield from _figures(f"1,000 leads, {leads} a day, {name}", found)


def _figures(name: str, found: Estimate) -> Iterator[Figure]:
    dearest = ", ".join(f"{one.function} {one.usd / found.usd:.0%}" for one in found.shares[:3])
    yield counted(name, "USD", [found.per_thousand(found.usd_beyond_free) or 0], GATE)
    yield counted(f"{name}, by the list", "USD", [found.per_thousand(found.usd) or 0], note=f"most: {dearest}")
