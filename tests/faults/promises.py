"""What must hold in the end, whatever died on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from faults.company import Company
from leadloop.leads.lead import Lead
from leadloop_host.demo.player import Player
from leadloop_host.demo.proof import prove
from simulation import books

Folded: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Lead → what it has become."""
AS_SALES_MOVED = ("staged_at", "claimed_at")
"""What is later when sales had to wait for a deal to be made."""
_MADE_IN = "new"
"""The stage in which the story's deals are made."""


def broken(company: Company, player: Player) -> list[str]:
    """Every promise that does not hold, in words; nothing when all is well."""
    company.read_afresh()
    checks = (
        _oracle(company, player),
        _answered(company, player),
        books.faults(company),
        unrest(company),
        company.machine.defects(),
    )
    return [fault for check in checks for fault in check]


def _oracle(company: Company, player: Player) -> Iterator[str]:
    """Promise 3, by the story's hand-written oracle and both vendors' own ledgers."""
    ledgers = company.metrica_book(), company.stand_ins["amocrm"].ledger()
    yield from prove(player.story, company.policy, *ledgers, player.lead_ids).differences
    doubled = ledgers[1]["doubled_field_values"].get("LEADLOOP_ID", {})
    yield from (f"lead {lead_id} was made in the CRM as {deals}" for lead_id, deals in doubled.items())


def _answered(company: Company, player: Player) -> Iterator[str]:
    """Promise 1: each form that was answered 2xx is one lead, and it is in the CRM."""
    leads = {lead.id: lead for lead in books.leads(company)}
    state = {lead_id: lead.state(company.policy) for lead_id, lead in leads.items()}
    for who, lead_ids in player.lead_ids.items():
        for lead_id in lead_ids:
            if lead_id not in leads:
                yield f"{who}: lead {lead_id} was answered 2xx and is not there"
            elif not state[lead_id].crm_refs:
                yield f"{who}: lead {lead_id} is not in the CRM"
    born = [lead_id for lead_id, one in state.items() if one.born_in == "crm"]
    walked_in = [person.who for person in player.story.cast if person.born_in_crm]
    if len(born) != len(walked_in):
        yield f"leads born in the CRM: {len(born)}; people who walked in: {walked_in}"
    expected = len(walked_in) + sum(map(len, player.lead_ids.values()))
    if len(leads) != expected:
        yield f"{len(leads)} leads of {expected} forms and people"


def unrest(company: Company) -> Iterator[str]:
    """What is still to be done: nothing, when enough time has passed."""
    counts = company.machine.messages.deliveries.counts(company.clock.now())
    if counts.pending or counts.leased:
        yield f"{counts.pending + counts.leased} messages wait"
    for collection in ("spool", "dirty_mark"):
        yield from (f"{collection} {one.key.id} is left" for one in company.documents(collection))
    yield from undelivered(company)
    for ref in company.documents("crm_ref"):
        if ref.fields.get("waits_until"):
            yield f"{ref.key.id} waits for its lead"
    for upload in company.documents("upload"):
        if upload.fields["state"] not in ("terminal", "released", "split"):
            yield f"upload {upload.key.id} is {upload.fields['state']}"
    for lead_id, ends in company.open_ends():
        yield from (f"lead {lead_id}: {goal} waits" for goal in ends.pending)
        if ends.contact_term_from and ends.contact_term_from + company.policy.contacts.retention < company.now:
            yield f"lead {lead_id}: the contact rests beyond its term"


def undelivered(company: Company) -> Iterator[str]:
    """Leads that the CRM does not have yet, as far as leadloop knows."""
    for delivery in company.documents("delivery"):
        if delivery.fields.get("next_try_at") or delivery.fields["state"] != "delivered":
            yield f"the delivery of {delivery.key.id} is {delivery.fields['state']}: {delivery.fields}"


def folded(company: Company) -> Folded:
    """What every lead has become, but for what depends on when we got round to it: when its deal was made."""
    named = {lead.id: _folded(company, lead) for lead in books.leads(company)}
    # The id of one that was born in the CRM is made of the CRM's, which counts in the order of arrival.
    born = [lead_id for lead_id, one in named.items() if one["born_in"] == "crm"]
    born.sort(key=lambda lead_id: str(named[lead_id]["staged_at"]))
    return {f"walk-in {born.index(name)}" if name in born else name: one for name, one in named.items()}


def _folded(company: Company, lead: Lead) -> dict[str, Any]:
    state = lead.state(company.policy)
    stages = {stage: entry.at for stage, entry in state.stages.items() if stage != _MADE_IN}
    return {
        "source": state.source,
        "born_in": state.born_in,
        "repeat_of": lead.repeat_of,
        "ids": state.ids,
        "weak_ids": state.weak_ids,
        "keys": state.key_ids,
        "price": state.price,
        "stage": state.stage,
        "stages": sorted(stages),
        "staged_at": stages,
        "claims": {goal: (one.identifier_kind, one.identifier, one.price) for goal, one in lead.claims.items()},
        "claimed_at": {goal: one.date_time for goal, one in lead.claims.items()},
        "expired": {goal: one.rule for goal, one in lead.expired.items()},
    }
