"""The bill: operations times how many there are, times list prices, with and without what Google gives away."""

from __future__ import annotations

from itertools import pairwise
from math import exp

import pytest

from leadloop import manifest as manifests
from leadloop.cost import assumptions as assumed
from leadloop.cost.estimate import Estimate, Workload, estimate
from leadloop.cost.operations import Counted, Lives, Operations, Resting, Sample, load_counted
from leadloop.cost.prices import ListPrices, load_prices
from leadloop.cost.schedules import firings_a_day, runs_a_day
from leadloop.manifest import Manifest
from support.sayings import ROOT

MOST_PER_THOUSAND = 0.10
MONTH = assumed.DAYS_A_MONTH


@pytest.fixture(scope="module")
def prices() -> ListPrices:
    return load_prices().prices


def own(leads: float, *, webhooks: bool = True, warm: int = 0, manifest: Manifest | None = None) -> Estimate:
    """The bill of the project's own functions."""
    manifest = manifest or manifests.load(ROOT / "functions" / "functions.yaml")
    work = Workload(leads, webhooks, warm)
    return estimate(manifest, runs_a_day(manifest, {}), load_counted(), load_prices().prices, work)


class TestTheGate:
    @pytest.mark.parametrize(
        ("leads", "webhooks"),
        [
            *((120, True), (300, True), (1000, True), (1300, True)),
            *((120, False), (300, False), (1000, False), (10_000, False), (1_000_000, False)),
        ],
    )
    def test_a_thousand_leads_cost_at_most_ten_cents(self, leads: int, webhooks: bool) -> None:
        """What is paid, all in; by the list, and beyond these numbers, docs/performance.md tells."""
        found = own(leads, webhooks=webhooks)
        each = found.per_thousand(found.usd_beyond_free)
        assert each is not None
        assert each <= MOST_PER_THOUSAND

    def test_it_can_be_missed(self) -> None:
        """A whole processor for whoever waits for a CRM costs more than the gate admits."""
        manifest = manifests.load(ROOT / "functions" / "functions.yaml")
        dear = {name: one.model_copy(update={"cpu": 2.0}) for name, one in manifest.functions.items()}
        found = own(1000, manifest=manifest.model_copy(update={"functions": dear}))
        assert (found.per_thousand(found.usd_beyond_free) or 0) > MOST_PER_THOUSAND


class TestTheProjectsOwnBill:
    @pytest.mark.parametrize("webhooks", [True, False])
    def test_more_leads_never_cost_less_and_each_costs_less_by_the_list(self, webhooks: bool) -> None:
        bills = [own(leads, webhooks=webhooks) for leads in (0, 0.5, 1, 3, 10, 30, 100, 300, 1000, 10_000, 100_000)]
        assert all(less.usd < more.usd for less, more in pairwise(bills))
        assert all(less.usd_beyond_free <= more.usd_beyond_free for less, more in pairwise(bills))
        each = [bill.per_thousand(bill.usd) or 0 for bill in bills[1:]]
        assert all(dear > cheap for dear, cheap in pairwise(each))

    def test_no_lead_costs_what_runs_anyway(self) -> None:
        nothing = own(0)
        assert nothing.per_thousand(nothing.usd) is None
        assert nothing.usd == own(0, webhooks=False).usd
        at_work = {share.function for share in nothing.shares if share.operations.calls}
        assert at_work == {"sync-crm", "upload-conversions", "check-uploads", "drain-spool", "expire-contacts"}
        amounts = {item.name: item.amount for item in nothing.items}
        assert (amounts["Cloud Scheduler"], amounts["Secret Manager, versions"]) == (5, 5)
        assert amounts["Cloud Run, requests"] == pytest.approx((96 + 12 + 72 + 288 + 1) * MONTH)

    def test_webhooks_are_the_dearer_way(self) -> None:
        assert own(300).usd > own(300, webhooks=False).usd

    def test_a_warm_instance_costs_about_ten_dollars(self) -> None:
        more = own(0, warm=2).usd - own(0).usd
        public = 4
        assert more / public / 2 == pytest.approx(9.9, abs=0.1)

    def test_warm_functions_never_start(self) -> None:
        starts = {share.function: share.starts for share in own(10, warm=1).shares}
        assert starts["capture-lead"] == starts["receive-crm-event"] == 0 < starts["register-lead"]

    def test_the_lines_are_the_sum_and_the_shares_are_all_that_calls_cost(self) -> None:
        found = own(300)
        kept = {"Firestore, expired", "Firestore, stored", "Firestore, recovery", "Cloud Scheduler"}
        kept |= {"Secret Manager, versions", "Artifact Registry"}
        by_call = sum(item.usd for item in found.items if item.name not in kept)
        assert by_call == pytest.approx(sum(share.usd for share in found.shares))
        assert found.usd == pytest.approx(sum(item.usd for item in found.items))
        assert found.dearest.usd == max(item.usd for item in found.items)


EDGE = {"public": True, "cpu": 1, "memory": "512Mi", "secrets": ["LEADLOOP_HMAC_KEY"]}
PULL = {"schedule": "0 * * * *", "cpu": 0.5, "memory": "1Gi"}
SMALL = Manifest.model_validate({"topics": [], "functions": {"edge": EDGE, "pull": PULL, "new": PULL}})
GIB = 2**30


def small(leads: float) -> Estimate:
    """A bill that can be worked out by hand: an edge of 50 ms, and a pull that waits for one call of a vendor."""
    few = Sample(1, {"edge": Operations(calls=1, messages=1, published_bytes=1000), "pull": Operations(2, reads=6)},
                 Resting(bytes=1000, expiring=1, expiring_bytes=100))  # fmt: skip
    many = Sample(2, {"edge": Operations(calls=2, messages=2, published_bytes=2000), "pull": Operations(2, reads=8)},
                  Resting(bytes=2000, expiring=2, expiring_bytes=200))  # fmt: skip
    none = Lives(Sample(1, {}, Resting()), Sample(2, {}, Resting()))
    idle = {"pull": Operations(calls=1, reads=1, vendor_calls=1, log_bytes=500)}
    counted = Counted(Lives(few, many), Lives(few, many), none, idle, {"edge": 0.009, "pull": 0.095})
    return estimate(SMALL, {"pull": 24, "new": 24}, counted, load_prices().prices, Workload(leads))


def amounts(found: Estimate) -> dict[str, float]:
    return {item.name: item.amount for item in found.items}


class TestByHand:
    def test_runs_are_busy_as_far_as_there_are_leads(self) -> None:
        """A life passes through two runs of the 24 a day; what they share is 2 reads each, a lead adds 2 more."""
        for leads, busy in ((0, 0), (3, 6), (12, 24), (100, 24)):
            reads = busy * 2 + (24 - busy) * 1 + leads * 2
            assert amounts(small(leads))["Firestore, read"] == pytest.approx(reads * MONTH), leads

    def test_a_call_is_billed_at_least_one_step_and_half_a_step_on_top(self) -> None:
        """Edge: 9 ms, 1 ms of the client, 20 ms for a publish. Pull: 100 ms at half a processor, 500 ms of waiting."""
        found = {share.function: share for share in small(0).shares} | {
            share.function: share for share in small(1e-9).shares if share.function == "edge"
        }
        edge, pull = found["edge"], found["pull"]
        assert edge.seconds / edge.operations.calls == pytest.approx(0.1 + 1.2)  # every call starts an instance
        assert pull.seconds / pull.operations.calls == pytest.approx(0.2 + 0.5 + 0.05 + 2.4)

    def test_an_instance_starts_when_nothing_came_for_a_quarter_of_an_hour(self) -> None:
        [edge] = [share for share in small(96).shares if share.function == "edge"]
        assert edge.starts / edge.operations.calls == pytest.approx(exp(-1))

    def test_what_is_stored_is_a_year_of_leads_and_a_quarter_of_what_expires(self) -> None:
        found = amounts(small(10))
        assert found["Firestore, stored"] == pytest.approx((10 * MONTH * 12 * 1000 + 10 * 90 * 100) / GIB)
        assert found["Firestore, recovery"] == found["Firestore, stored"]
        assert found["Firestore, expired"] == pytest.approx(10 * MONTH)

    def test_a_function_that_was_not_counted_costs_its_image_and_its_job(self) -> None:
        found = amounts(small(0))
        assert found["Cloud Scheduler"] == 2
        assert found["Artifact Registry"] == pytest.approx(0.3)
        [new] = [share for share in small(5).shares if share.function == "new"]
        assert (new.operations, new.seconds, new.usd) == (Operations(), 0, 0)


class TestPrices:
    def test_the_free_part_is_taken_off_once(self, prices: ListPrices) -> None:
        assert prices.scheduler_job.of(5) == pytest.approx(0.50)
        assert prices.scheduler_job.beyond_free(5) == pytest.approx(0.20)
        assert prices.scheduler_job.beyond_free(2) == 0

    def test_what_is_free_by_the_day_is_free_for_a_month_of_days(self, prices: ListPrices) -> None:
        assert prices.document_write.free == pytest.approx(20_000 * MONTH)
        assert prices.document_read.free == pytest.approx(50_000 * MONTH)
        assert prices.document_delete.free == pytest.approx(20_000 * MONTH)

    def test_what_expires_is_never_free(self, prices: ListPrices) -> None:
        assert prices.expired_document.free == prices.recoverable_gib.free == 0


@pytest.mark.parametrize(
    ("cron", "times"),
    [
        ("*/15 * * * *", 96),
        ("0 */2 * * *", 12),
        ("30 3 * * *", 1),
        ("0 9-17 * * 1-5", 9 * 1043 / 1461),
        ("0 0 1 * *", 48 / 1461),
        ("0 0 29 2 *", 1 / 1461),
        ("0 0 13 * 5", (48 + 209 - 6) / 1461),
        ("0 0 * * 7", 209 / 1461),
        ("0 0 * * SUN", 209 / 1461),
    ],
)
def test_how_often_a_schedule_fires(cron: str, times: float) -> None:
    assert firings_a_day(cron) == pytest.approx(times)


def test_an_expression_that_is_no_schedule_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'61 \* \* \* \*' is no schedule: the minute must be 0 to 59"):
        firings_a_day("61 * * * *")
