"""What a reading of a deal tells each lead on it. Pure, and the same for the same reading, deal and lead.

Everything that the CRM's feed can date is dated by it, so that it makes no difference how often the deal was read
meanwhile: with all webhooks, with some or with none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from leadloop.crm.deal_signs import heard_of, source_of, view_of
from leadloop.crm.deals import Deal
from leadloop.crm.overwritings import read_overwritings
from leadloop.crm.port import CrmLead, FieldChange, History
from leadloop.crm.prices import Card, Priced, read_prices
from leadloop.crm.stages import Entry, entered
from leadloop.facts import Fact, FactKind
from leadloop.leads import facts_of
from leadloop.leads.family import submitted_at
from leadloop.leads.lead import Lead
from leadloop.leads.state import DELETED
from leadloop.policy import Policy


class Told(NamedTuple):
    """What a lead is told of its deal."""

    facts: list[Fact]
    is_settled: bool
    """Whether the CRM's feed of changes explains all that the deal shows; otherwise read the deal again."""


def facts_about(
    policy: Policy,
    deal: Deal,
    lead_id: str,
    entity: CrmLead,
    entries: Iterable[Entry],
    history: History,
    changes: Sequence[FieldChange],
    now: datetime,
) -> Told:
    """Stages, prices, losses, ids, fields and source of the deal for one of its leads.

    A lead is told only what came after it: stages that an older deal had reached before are not its
    doing, nor may they make it an older lead.
    """
    crm, external_id, lead = deal.ref.crm, deal.ref.external_id, deal.leads[lead_id]
    since = _told_since(policy, lead)
    read = [facts_of.stage_entry(crm, external_id, *entry.status, entry.at, entry.exact) for entry in entries]
    # What other leads on the deal were told earlier too: a deal that has not moved since is not told anew.
    stages = [*read, *deal.held(FactKind.STAGE_ENTERED)]
    heard, source = heard_of(crm, external_id, lead.facts), source_of(policy, entity)
    reading = read_overwritings(policy, crm, entity, lead.facts, heard, source, changes, now)
    dated = [*stages, *reading.overwritings, *losses_of(crm, external_id, history)]
    facts = [fact for fact in dated if since is None or fact.occurred_at >= since]
    met_at = deal.met_at(lead_id) or entity.created_at
    if entity.ids:
        shown_at = met_at if heard.view is None else entity.updated_at
        facts.append(facts_of.observed_ids(crm, external_id, dict(entity.ids), (), shown_at))
    facts += prices_of(policy, crm, external_id, _prices(deal, lead_id, entity, history, met_at))
    view = view_of(crm, entity, heard, reading.source, met_at)
    return Told([*facts, view] if view is not None else facts, reading.is_settled)


def facts_before_loss(policy: Policy, deal: Deal, lead_id: str, history: History) -> list[Fact]:
    """What a lead was not told of its deal before it was lost: the feed is all that is left of it."""
    crm, external_id, lead = deal.ref.crm, deal.ref.external_id, deal.leads[lead_id]
    known = deal.held(FactKind.STAGE_ENTERED)
    since = known[-1].occurred_at if known else None
    entries = [one for one in entered(history.moves) if since is None or one.at > since]
    read = [facts_of.stage_entry(crm, external_id, *entry.status, entry.at, entry.exact) for entry in entries]
    told_since, met_at = _told_since(policy, lead), deal.met_at(lead_id)
    # The last loss may have been a merge, and is told as that.
    before = history._replace(losses=(history.losses or ())[:-1])
    facts = [*read, *known, *losses_of(crm, external_id, before)]
    told = [fact for fact in facts if told_since is None or fact.occurred_at >= told_since]
    if not history.prices or met_at is None:
        return told
    last = history.prices[-1]
    prices = read_prices(Card(last.after, last.at), history.prices, met_at, None)
    return [*told, *prices_of(policy, crm, external_id, prices)]


def losses_of(crm: str, external_id: str, history: History) -> list[Fact]:
    """That a deal was deleted, and that it came back."""
    return [
        facts_of.crm_entity_restored(crm, external_id, one.at)
        if one.is_back
        else facts_of.crm_entity_lost(crm, external_id, DELETED, None, one.at)
        for one in history.losses or ()
    ]


def prices_of(policy: Policy, crm: str, external_id: str, prices: Iterable[Priced]) -> list[Fact]:
    """What a deal cost, and since when."""
    return [facts_of.price(crm, external_id, one.amount, policy.site.currency, one.at) for one in prices]


def _told_since(policy: Policy, lead: Lead) -> datetime | None:
    """From when on a deal's stages are the lead's; a CRM may be told of a site's lead a little before we are."""
    submitted = submitted_at(lead)
    if submitted is not None:
        return submitted - policy.defaults.born_in_crm_wait
    return lead.state(policy).occurred_at


def _prices(deal: Deal, lead_id: str, entity: CrmLead, history: History, met_at: datetime) -> tuple[Priced, ...]:
    last = deal.last(FactKind.PRICE_OBSERVED, [lead_id])
    amount = last.values.get("amount") if last is not None else None
    known = Priced(last.occurred_at, amount) if last is not None and isinstance(amount, int) else None
    if known is None and deal.last(FactKind.DEAL_OBSERVED, [lead_id]) is not None:
        known = Priced(met_at, 0)
    return read_prices(Card(entity.price or 0, entity.updated_at), history.prices, met_at, known)
