"""A person accepts or declines a request that waits in "unsorted"."""

from .account import Account, Change
from .contact_edits import announce_contact
from .entities import Lead, Stamp
from .lead_edits import move_lead
from .merging import merge_leads
from .pipelines import Stage
from .unsorted import UnsortedRequest


def accept_unsorted(
    account: Account, request: UnsortedRequest, stage: Stage | None, into: Lead | None, stamp: Stamp
) -> Lead:
    """Makes the lead an ordinary one, or joins it to the lead `into`, whose id is then the one that lives."""
    lead = account.leads[request.lead_id]
    pipeline = account.pipelines[request.pipeline_id]
    move_lead(account, lead, stage or Stage(pipeline.id, pipeline.first_status.id), stamp)
    lead.touch(stamp)
    request.outcome = "accept"
    account.changes.append(Change("unsorted", "delete", request.uid))
    account.changes.append(Change("leads", "add", lead.id))
    _show_parties(account, lead, stamp)
    if into is not None:
        merge_leads(account, into, lead, stamp, fill_gaps=account.switches.on("merge_fills_gaps"))
    request.accepted_lead_id = (into or lead).id
    return into or lead


def decline_unsorted(account: Account, request: UnsortedRequest, stamp: Stamp) -> None:
    """Deletes the lead; only `unsorted[delete]` tells of it."""
    lead = account.leads[request.lead_id]
    lead.is_deleted = True
    lead.touch(stamp)
    account.feed.write("lead_deleted", ("lead", lead.id), stamp)
    request.outcome = "decline"
    account.changes.append(Change("unsorted", "delete", request.uid))


def _show_parties(account: Account, lead: Lead, stamp: Stamp) -> None:
    party_ids = [*lead.contact_ids, *([lead.company_id] if lead.company_id else [])]
    for contact in (account.contacts[party_id] for party_id in party_ids):
        if contact.is_unsorted:
            contact.is_unsorted = False
            announce_contact(account, contact, stamp)
