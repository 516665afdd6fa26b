"""What a reading of a deal tells each lead on it. Pure, and the same for the same reading, deal and lead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from leadloop.crm.deal_signs import heard_of, source_of, view_of
from leadloop.crm.deals import Deal
from leadloop.crm.overwritings import read_overwritings
from leadloop.crm.port import CrmLead, FieldChange
from leadloop.crm.stages import Entry
from leadloop.facts import Fact, FactKind
from leadloop.leads import facts_of
from leadloop.leads.family import submitted_at
from leadloop.leads.lead import Lead
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
    changes: Sequence[FieldChange],
    now: datetime,
) -> Told:
    """Stages, price, ids, fields and source of the deal for one of its leads.

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
    facts = [fact for fact in (*stages, *reading.overwritings) if since is None or fact.occurred_at >= since]
    if entity.ids:
        facts.append(facts_of.observed_ids(crm, external_id, dict(entity.ids), (), entity.updated_at))
    price = entity.price or 0
    if price != _known_price(deal, lead_id):
        facts.append(facts_of.price(crm, external_id, price, policy.site.currency, entity.updated_at))
    view = view_of(crm, entity, heard, reading.source)
    return Told([*facts, view] if view is not None else facts, reading.is_settled)


def _told_since(policy: Policy, lead: Lead) -> datetime | None:
    """From when on a deal's stages are the lead's; a CRM may be told of a site's lead a little before we are."""
    submitted = submitted_at(lead)
    if submitted is not None:
        return submitted - policy.defaults.born_in_crm_wait
    return lead.state(policy).occurred_at


def _known_price(deal: Deal, lead_id: str) -> int:
    known = deal.last(FactKind.PRICE_OBSERVED, [lead_id])
    amount = known.values.get("amount") if known is not None else 0
    return amount if isinstance(amount, int) else 0
