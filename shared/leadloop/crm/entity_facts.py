"""What a reading of a deal tells each lead on it. Pure, and the same for the same reading, deal and lead."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from leadloop.crm.deals import Deal
from leadloop.crm.port import CrmLead
from leadloop.crm.stages import Entry
from leadloop.facts import Fact, FactKind
from leadloop.leads import facts_of
from leadloop.leads.family import submitted_at
from leadloop.leads.lead import Lead
from leadloop.policy import Policy


def facts_about(policy: Policy, deal: Deal, lead_id: str, entity: CrmLead, entries: Iterable[Entry]) -> list[Fact]:
    """Stages, price and ids of the deal for one of its leads.

    A lead is told only what came after it: stages that an older deal had reached before are not its
    doing, nor may they make it an older lead.
    """
    crm, external_id = deal.ref.crm, deal.ref.external_id
    since = _told_since(policy, deal.leads[lead_id])
    read = [facts_of.stage_entry(crm, external_id, *entry.status, entry.at, entry.exact) for entry in entries]
    # What other leads on the deal were told earlier too: a deal that has not moved since is not told anew.
    stages = [*read, *deal.held(FactKind.STAGE_ENTERED)]
    facts = [stage for stage in stages if since is None or stage.occurred_at >= since]
    if entity.ids:
        facts.append(facts_of.observed_ids(crm, external_id, dict(entity.ids), (), entity.updated_at))
    price = entity.price or 0
    if price != _known_price(deal, lead_id):
        facts.append(facts_of.price(crm, external_id, price, policy.site.currency, entity.updated_at))
    return facts


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
