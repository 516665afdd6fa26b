"""Saying what is not sent, and saying it before its deadline is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from leadloop import timestamps
from leadloop.conversions.context import UploadContext
from leadloop.conversions.selection import Choice, Selection, Withheld
from leadloop.conversions.summary import Summary
from leadloop.outcomes import Outcome
from leadloop.ports.store import Store

ANNOUNCED_BEFORE = timedelta(days=1)
"""A conversion that cannot be sent is announced so long before its deadline."""

_NOBODYS_LOSS = frozenset({"held.settling", "held.fraud", "held.current_client", "held.no_longer_reached"})
"""What waits by itself, or is kept back for good: nobody has to do anything before its deadline."""
_MEANT_TO_EXPIRE = frozenset(
    {"expired.fraud", "expired.current_client", "expired.duplicate", "expired.no_longer_reached"}
)
_RUN_STOPPED = "not_sent.run_stopped"


class Announcement:
    """Counts what a run withholds."""

    def __init__(self, context: UploadContext, summary: Summary) -> None:
        self._context = context
        self._summary = summary
        self._soon = timestamps.to_text(context.now() + ANNOUNCED_BEFORE)
        self._changed: set[str] = set()

    def note(self, page: Sequence[Choice]) -> None:
        """Count the conversions of a page that are not sent.

        A lead whose rows are claimed may come by again with its next deadline; it is counted once.
        """
        for choice in page:
            if choice.lead.id in self._changed:
                continue
            if choice.changes_lead:
                self._changed.add(choice.lead.id)
            self._summary.withheld.update(one.verdict.rule for one in choice.withheld)
            self._summary.near_deadline.update(one.verdict.rule for one in choice.withheld if self._is_near(one))

    def note_stopped(self, store: Store) -> None:
        """The run cannot send: count what would have gone and is near its deadline."""
        selection = Selection(self._context.policy, self._context.now())
        for page in selection.pages(store):
            near = [one for choice in page for one in choice.sendable if one.claim.deadline <= self._soon]
            self._summary.near_deadline[_RUN_STOPPED] += len(near)
            if not any(_next_deadline(choice) <= self._soon for choice in page):
                return  # pages come in the order of deadlines

    def say(self) -> None:
        """Write it where somebody looks."""
        near = {rule: count for rule, count in sorted(self._summary.near_deadline.items()) if count}
        expired = {rule: n for rule, n in sorted(self._summary.withheld.items()) if _is_lost(rule)}
        if near:
            self._context.log.warning("conversions_near_deadline", by_rule={**near})
        if expired:
            self._context.log.warning("conversions_expired", by_rule={**expired})

    def _is_near(self, withheld: Withheld) -> bool:
        waits = withheld.outcome is Outcome.HELD and withheld.verdict.rule not in _NOBODYS_LOSS
        return waits and withheld.deadline <= self._soon


def _is_lost(rule: str) -> bool:
    return rule.startswith("expired.") and rule not in _MEANT_TO_EXPIRE


def _next_deadline(choice: Choice) -> str:
    deadlines = [one.claim.deadline for one in choice.sendable] + [one.deadline for one in choice.withheld]
    return min(deadlines, default="")
