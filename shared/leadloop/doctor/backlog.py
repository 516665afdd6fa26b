"""What is marked to be read in the CRM or the call tracker and is not: the reader may be failing quietly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from leadloop import timestamps
from leadloop.doctor.check import Check, Stage, State
from leadloop.numerals import counted
from leadloop.policy.durations import write_duration
from leadloop.queries import dirty_marks

if TYPE_CHECKING:
    from leadloop.runtime import Runtime

_PERIODS = 2
"""After so many pulls a mark that is still there was not read by at least one that could have."""


def backlog_checks(world: Runtime) -> Iterator[Check]:
    """Count the marks that are overdue, account by account. Raises ``StoreUnavailable``."""
    overdue_after = _PERIODS * world.policy.defaults.pull_period
    before = timestamps.to_text(world.clock.now() - overdue_after)
    for account in world.policy.account_names:
        waiting = world.store.count(dirty_marks(account, before))
        if waiting:
            long = write_duration(overdue_after)
            said = f"marked to be read for more than {long} and not read: {counted(waiting, 'record')} of {account}"
            what_to_do = "see that sync-crm runs, and crm_unreadable or crm_entity_unreadable in the log"
            yield Check(Stage.FUNNELS, "crm.backlog", State.WARNING, said, what_to_do)
        else:
            yield Check(Stage.FUNNELS, "crm.backlog", State.GOOD, f"nothing of {account} waits to be read for long")
