"""A look at the counter before anything is claimed: a wrong token, counter or goal is no fault of the rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from leadloop.conversions.context import UploadContext
from leadloop.ports.http import NotSent, OutcomeUnknown, Refused
from leadloop.yandex.metrica_errors import is_token_fault

CLOCK_TOLERANCE = timedelta(minutes=10)
"""Far more than an answer takes, far less than would cost a conversion its window."""


class Preflight(NamedTuple):
    """What was found: the identifiers of the counter's goals (``None``: cannot be read), or why not to send now."""

    targets: frozenset[str] | None = None
    trouble: str | None = None


def look_at_counter(context: UploadContext) -> Preflight:
    """Read the goals of the counter.

    A token without the right to read goals, or a counter that has no such page, does not stop the run: it goes on
    unverified, and the answer to the first file will tell.
    """
    try:
        look = context.metrica.look()
    except Refused as refusal:
        return _refused(context, refusal)
    except (NotSent, OutcomeUnknown) as failure:
        reason = str(failure)
        what_to_do = "nothing: the conversions wait for the next run; if this goes on, see the network and the quotas"
        context.log.error("metrica_unavailable", reason=reason, what_to_do=what_to_do)
        return Preflight(trouble=reason)
    if trouble := _clocks_differ(context, look.answered_at):
        return Preflight(trouble=trouble)
    targets = frozenset(target for goal in look.goals for target in goal.targets)
    missing = sorted({context.policy.target_of(goal) for goal in context.policy.goals} - targets)
    if missing:
        context.log.error(
            "goals_not_in_counter",
            counter=context.metrica.counter,
            targets=[*missing],
            reason=f"the counter has no JavaScript goals {', '.join(missing)} (matches)",
            what_to_do="create JavaScript-event goals with these identifiers and the condition `matches`, or correct "
            "`goals` in the policy; their conversions wait",
        )
    return Preflight(targets)


def _clocks_differ(context: UploadContext, answered_at: datetime | None) -> str | None:
    """Under a wrong clock conversions would be refused as future ones, or expired for good."""
    if not context.tells_real_time or answered_at is None:
        return None
    ahead = context.now() - answered_at
    if abs(ahead) <= CLOCK_TOLERANCE:
        return None
    reason = f"our clock differs from Metrica's by {round(ahead.total_seconds() / 60)} minutes"
    context.log.error("clocks_differ", reason=reason, what_to_do="set this machine's clock (NTP); the conversions wait")
    return reason


def _refused(context: UploadContext, refusal: Refused) -> Preflight:
    reason = str(refusal)
    if is_token_fault(refusal):
        what_to_do = "set LEADLOOP_METRICA_TOKEN to a valid OAuth token; the conversions wait"
        context.log.error("metrica_token_refused", reason=reason, what_to_do=what_to_do)
        return Preflight(trouble=reason)
    if refusal.error_type == "invalid_parameter":
        # Seen on the wire for a counter that does not exist, although the pages promise 404.
        what_to_do = "correct site.counter in the policy; the conversions wait"
        context.log.error("counter_unknown", counter=context.metrica.counter, reason=reason, what_to_do=what_to_do)
        return Preflight(trouble=reason)
    context.log.warning("goals_not_verified", reason=reason)
    return Preflight()
