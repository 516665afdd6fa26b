"""What a bundle costs a month: operations of a lead and of a run, times how many there are, times list prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import exp

from leadloop.cost import assumptions as assumed
from leadloop.cost.operations import Counted, Lives, Operations
from leadloop.cost.prices import ListPrices, Price
from leadloop.manifest import Function, Manifest
from leadloop.secret_readers import needed_under_every_policy

_DAY_SECONDS = 86_400
_GIB = 2**30


@dataclass(frozen=True)
class Workload:
    """What a bundle has to do."""

    leads_a_day: float
    with_webhooks: bool = True
    """Whether the CRM posts its changes; they are pulled all the same."""
    warm: int = 0
    """Instances of each public function that are kept ready."""


@dataclass(frozen=True)
class Item:
    """One line of the bill, for a month."""

    name: str
    amount: float
    price: Price

    @property
    def usd(self) -> float:
        """By the list."""
        return self.price.of(self.amount)

    @property
    def usd_beyond_free(self) -> float:
        """With what Google gives away taken off."""
        return self.price.beyond_free(self.amount)


@dataclass(frozen=True)
class Share:
    """What one function does in a month, and what its operations cost by the list."""

    function: str
    operations: Operations
    seconds: float
    """Billed, starts included."""
    starts: float
    usd: float


@dataclass(frozen=True)
class Estimate:
    """A month's bill."""

    leads: float
    """A month."""
    items: tuple[Item, ...]
    shares: tuple[Share, ...]
    """By function, the dearest first. Storage, images, jobs, secrets and warm instances are in no share."""

    @property
    def usd(self) -> float:
        """All of it by the list."""
        return sum(item.usd for item in self.items)

    @property
    def usd_beyond_free(self) -> float:
        """All of it, with what Google gives away taken off."""
        return sum(item.usd_beyond_free for item in self.items)

    def per_thousand(self, usd: float) -> float | None:
        """So much a month as USD per 1,000 leads; ``None`` when there are no leads."""
        return usd / self.leads * 1000 if self.leads else None

    @property
    def dearest(self) -> Item:
        """The line that costs most by the list."""
        return max(self.items, key=lambda item: item.usd)


def estimate(
    manifest: Manifest, runs_a_day: Mapping[str, float], counted: Counted, prices: ListPrices, workload: Workload
) -> Estimate:
    """The bill of a month.

    ``runs_a_day`` is of every scheduled function. One that was not counted costs its image, secrets and job only.
    """
    leads = workload.leads_a_day * assumed.DAYS_A_MONTH
    shares = [
        _share(name, function, _month_of(name, counted, workload, runs_a_day.get(name)), counted, prices, workload)
        for name, function in manifest.functions.items()
    ]
    items = (*_worked(manifest, shares, prices), *_kept(manifest, counted, prices, workload))
    return Estimate(leads, items, tuple(sorted(shares, key=lambda share: -share.usd)))


def _month_of(name: str, counted: Counted, workload: Workload, runs_a_day: float | None) -> Operations:
    lives = counted.webhooks if workload.with_webhooks else counted.pull
    a_day = _of_leads(name, lives, counted.visit, workload.leads_a_day)
    if runs_a_day is not None and name in counted.idle:
        # A life passes through so many runs; until there is one for each, leads have their runs to themselves.
        busy = min(runs_a_day, lives.runs(name) * workload.leads_a_day)
        shared = lives.per_run.get(name, counted.idle[name])
        a_day += shared.times(busy) + counted.idle[name].times(runs_a_day - busy)
    return a_day.times(assumed.DAYS_A_MONTH)


def _of_leads(name: str, lives: Lives, visits: Lives, leads: float) -> Operations:
    visit = visits.per_lead.get(name, Operations()).times(assumed.VISITS_A_LEAD)
    return (lives.per_lead.get(name, Operations()) + visit).times(leads)


def _share(
    name: str, function: Function, month: Operations, counted: Counted, prices: ListPrices, workload: Workload
) -> Share:
    starts = _starts(function, month.calls, workload)
    seconds = _seconds(function, month, counted.cpu_seconds.get(name, 0)) + starts * _start_seconds(function)
    usd = sum(item.usd for item in _items_of(function, month, seconds, starts, prices))
    return Share(name, month, seconds, starts, usd)


def _seconds(function: Function, month: Operations, own_cpu: float) -> float:
    """What is billed for the calls of a month. A share of a processor makes its work longer, and no wait."""
    if not month.calls:
        return 0
    cpu = (
        own_cpu * month.calls
        + assumed.STORE_CPU_SECONDS * month.store_calls
        + assumed.PUBLISH_CPU_SECONDS * month.messages
        + assumed.VENDOR_CPU_SECONDS * month.vendor_calls
    )
    waits = (
        assumed.STORE_SECONDS * month.store_calls
        + assumed.PUBLISH_SECONDS * month.messages
        + assumed.VENDOR_SECONDS * month.vendor_calls
    )
    one = (cpu / function.cpu + waits) / month.calls
    return month.calls * max(assumed.ROUNDING_SECONDS, one + assumed.ROUNDING_SECONDS / 2)


def _start_seconds(function: Function) -> float:
    return assumed.START_CPU_SECONDS / function.cpu


def _starts(function: Function, calls: float, workload: Workload) -> float:
    """How many calls of a month find no instance: those before which nothing came for as long as one is kept."""
    if function.public and workload.warm:
        return 0
    a_day = calls / assumed.DAYS_A_MONTH
    if function.schedule:
        return calls if a_day * assumed.KEPT_SECONDS <= _DAY_SECONDS else 0
    return calls * exp(-a_day * assumed.KEPT_SECONDS / _DAY_SECONDS)


def _items_of(
    function: Function, month: Operations, seconds: float, starts: float, prices: ListPrices
) -> Iterator[Item]:
    """What the calls of one function cost."""
    jobs = month.calls if function.schedule else 0
    logs = month.log_bytes + jobs * assumed.JOB_LOG_BYTES
    leaving = month.vendor_calls + (month.calls if function.public else 0)
    yield Item("Cloud Run, processor", seconds * function.cpu, prices.vcpu_second)
    yield Item("Cloud Run, memory", seconds * function.memory_gib, prices.gib_second)
    yield Item("Cloud Run, requests", month.calls, prices.request)
    yield Item("Firestore, read", month.reads, prices.document_read)
    yield Item("Firestore, written", month.writes, prices.document_write)
    yield Item("Firestore, deleted", month.deletes, prices.document_delete)
    yield Item("Pub/Sub", (month.published_bytes + month.pushed_bytes) / _GIB, prices.message_gib)
    yield Item("Secret Manager, accesses", starts * len(needed_under_every_policy(function)), prices.secret_access)
    yield Item("Logging", logs / _GIB, prices.log_gib)
    yield Item("Network, out", (month.sent_bytes + leaving * assumed.CONNECTION_BYTES) / _GIB, prices.egress_gib)


def _worked(manifest: Manifest, shares: list[Share], prices: ListPrices) -> Iterator[Item]:
    """What is paid by the call: the items of all functions, each kind in one line."""
    lists = [
        list(_items_of(manifest.functions[one.function], one.operations, one.seconds, one.starts, prices))
        for one in shares
    ]
    for same in zip(*lists, strict=True):
        yield Item(same[0].name, sum(item.amount for item in same), same[0].price)


def _kept(manifest: Manifest, counted: Counted, prices: ListPrices, workload: Workload) -> Iterator[Item]:
    """What is paid for being there."""
    rests = (counted.webhooks if workload.with_webhooks else counted.pull).rests
    visit = counted.visit.rests.times(assumed.VISITS_A_LEAD)
    leads = workload.leads_a_day * assumed.DAYS_A_MONTH
    passing = (rests + visit).expiring_bytes * workload.leads_a_day * assumed.DAYS_EXPIRING
    stored = ((rests + visit).bytes * leads * assumed.MONTHS_STORED + passing) / _GIB
    functions = manifest.functions.values()
    yield Item("Firestore, expired", (rests + visit).expiring * leads, prices.expired_document)
    yield Item("Firestore, stored", stored, prices.stored_gib)
    yield Item("Firestore, recovery", stored, prices.recoverable_gib)
    yield Item("Cloud Scheduler", sum(bool(one.schedule) for one in functions), prices.scheduler_job)
    secrets = {name for one in functions for name in needed_under_every_policy(one)}
    yield Item("Secret Manager, versions", len(secrets), prices.secret_version)
    images = assumed.IMAGES_KEPT * len(manifest.functions)
    yield Item("Artifact Registry", assumed.IMAGE_GIB * images, prices.image_gib)
    if workload.warm:
        month = workload.warm * assumed.DAYS_A_MONTH * _DAY_SECONDS
        public = [one for one in functions if one.public]
        yield Item("Warm, processor", month * sum(one.cpu for one in public), prices.warm_vcpu_second)
        yield Item("Warm, memory", month * sum(one.memory_gib for one in public), prices.warm_gib_second)
