"""What the last leads say of the site: whether it passes what Metrica can link."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from leadloop import timestamps
from leadloop.doctor.check import Check, Stage, State
from leadloop.leads.lead import Lead
from leadloop.leads.state import LeadState
from leadloop.policy import Policy
from leadloop.ports.store import Store
from leadloop.queries import every_document, leads_from

LOOKED_AT = 100
FEW = 20
"""Of fewer nothing is said."""
WORTH_A_LOOK = 0.7
"""Blockers keep the counter from some visitors; where more leads come without its id, a form does not pass it."""
_WINDOWS = tuple(timedelta(hours=hours) for hours in (1, 6, 24, 24 * 7, 24 * 30))
"""The leads of the shortest that holds enough are read: on a busy site an hour's, not a month's."""
_NAMES = {"client_id": "ClientID", "yclid": "yclid"}


def lead_checks(store: Store, policy: Policy, now: datetime) -> Iterator[Check]:
    """Read the last leads that the site sent. Raises ``StoreUnavailable``."""
    states = _last_from_site(store, policy, now)
    rule, total = "leads.client_id", len(states)
    if total < FEW:
        few = f"the site sent {total} leads in {_WINDOWS[-1].days} days, too few to say what they bring along"
        yield Check(Stage.SOURCES, rule, State.NOT_LOOKED_AT, few)
        return
    shares = {role: sum(role in state.ids for state in states) / total for role in _NAMES}
    told = ", ".join(f"{round(100 * shares[role])} % with {name}" for role, name in _NAMES.items())
    found = f"of the last {total} leads of the site {told}"
    if shares["client_id"] >= WORTH_A_LOOK:
        yield Check(Stage.SOURCES, rule, State.GOOD, found)
        return
    state = State.WARNING if shares["client_id"] else State.ERROR
    what_to_do = "see that every form carries ym_client_id: the tag fills it in, Tilda sends it with its cookies"
    yield Check(Stage.SOURCES, rule, state, found, what_to_do)


def _last_from_site(store: Store, policy: Policy, now: datetime) -> list[LeadState]:
    since = [leads_from(timestamps.to_text(now - window)) for window in _WINDOWS]
    enough = next((query for query in since if store.count(query) >= LOOKED_AT), since[-1])
    states = (Lead.of(document).state(policy) for document in every_document(store, enough))
    return [state for state in states if state.submitted_at is not None][-LOOKED_AT:]
