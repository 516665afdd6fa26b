"""Whether a conversion can still be linked to a visit.

Metrica links only while at most 21 days lie between the visitor's last visit and the moment it *processes* the file,
which takes up to two hours (https://yandex.ru/dev/metrika/en/management/conversion). It looks for the visit that
precedes the conversion's own time. Whether a visit after the conversion prolongs the window is not documented for
certain: nothing is promised on the strength of one (``may_link``), and nothing is given up while there is one.

We know few of the visits. So a conversion without a known visit, or with one outside the window, may still be linked
to a visit we never heard of, and is sent: it costs nothing. It is expired only when no such visit can exist: a visit
that precedes the conversion is older than the conversion, so once the conversion itself is older than the window,
only a later visit of the same visitor could keep the window open, and we know of none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from leadloop import timestamps
from leadloop.policy.models import Defaults
from leadloop.verdict import Verdict

WILL_LINK = "window.will_link"
MAY_LINK = "window.may_link"
EXPIRED = "window.expired"


def judge_window(defaults: Defaults, now: datetime, occurred_at: datetime, visits: Sequence[datetime]) -> Verdict:
    """``will_link``, ``may_link`` or (not ok) ``expired`` for a conversion sent now.

    ``visits`` are those known to us. Both ends of the window belong to it.
    """
    newest = max([occurred_at, *visits])
    if now > newest + defaults.visit_window:
        reason = f"happened {timestamps.to_text(occurred_at)}; its window of {_days(defaults)} days is over"
        return Verdict(False, EXPIRED, reason)
    if not visits:
        return Verdict(True, MAY_LINK, "no visit is known; Metrica may know one")
    visit_at = max((visit for visit in visits if visit <= occurred_at), default=None)
    if visit_at is None:
        return Verdict(True, MAY_LINK, "the known visit is later than the conversion; Metrica may know an earlier one")
    deadline = visit_at + defaults.visit_window - defaults.visit_margin
    if now > deadline:
        return Verdict(True, MAY_LINK, "the known visit is too old; Metrica may know a later one")
    return Verdict(True, WILL_LINK, f"the visit of {timestamps.to_text(visit_at)} is in its window")


def _days(defaults: Defaults) -> str:
    return f"{defaults.visit_window.total_seconds() / 86400:g}"
