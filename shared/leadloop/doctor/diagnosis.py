"""Everything that is looked at, in the order of setting it up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from leadloop.doctor.account import account_checks
from leadloop.doctor.backlog import backlog_checks
from leadloop.doctor.check import Check, Stage, State
from leadloop.doctor.counter import counter_checks
from leadloop.doctor.leads import lead_checks
from leadloop.doctor.secrets_set import secret_checks
from leadloop.doctor.told import told_checks
from leadloop.doctor.tracker import tracker_checks

if TYPE_CHECKING:
    from leadloop.runtime import Runtime


def diagnose(world: Runtime, *, has_store: bool) -> Iterator[Check]:
    """Ask Metrica, the CRM and the store. A vendor that does not answer is a finding; raises ``StoreUnavailable``."""
    yield from secret_checks(world)
    yield from counter_checks(world)
    if has_store:
        yield from lead_checks(world.store, world.policy, world.clock.now())
    else:
        unseen = "which leads came is known only with --data or --project"
        yield Check(Stage.SOURCES, "leads.client_id", State.NOT_LOOKED_AT, unseen)
    if world.policy.crm.is_heard:
        yield from told_checks(world, has_store=has_store)
    else:
        yield from account_checks(world, has_store=has_store)
    yield from tracker_checks(world)
    if has_store:
        yield from backlog_checks(world)
    unread = "leadloop does not read yet what ads cost"
    yield Check(Stage.COSTS, "costs.read", State.NOT_LOOKED_AT, unread)
