"""Which rows of a processed upload may be the ones that did not link."""

from __future__ import annotations

from leadloop.conversions.linkage import RowLinkage, explain_linkage, linkage_of
from leadloop.conversions.states import State
from leadloop.conversions.upload import Upload
from leadloop.policy import Policy
from leadloop.ports.store import Store

_SAID_OF_ALL = frozenset({"visitor.not_found", "goal.not_found", "upload.wrong_counter", "yclid.of_another_account"})
"""Causes that would be said of every row alike."""


def suspects(store: Store, policy: Policy, upload: Upload) -> list[RowLinkage]:
    """The rows that did not link; where totals do not say which, the rows with a cause of their own.

    If fewer rows have a cause of their own than are missing, every row stays a suspect.
    """
    if upload.state is not State.TERMINAL or (linkage_of(upload) is not False and _missing(upload) == 0):
        return []
    rows = list(explain_linkage(store, policy, upload))
    marked = [row for row in rows if any(cause.rule not in _SAID_OF_ALL for cause in row.causes)]
    return marked if linkage_of(upload) is None and len(marked) >= _missing(upload) else rows


def _missing(upload: Upload) -> int:
    linked = upload.totals.get("linked_quantity")
    return 0 if linked is None else max(upload.count - linked, 0)
