"""Joining two leads into one, by hand or by duplicate control; the losing id disappears.

Source: https://www.amocrm.ru/developers/content/crm_platform/duplication-control. Which card's values stay
is the manager's choice there; here the winner's do, and the loser's fill its gaps if the account says so.
"""

from .account import Account, Change
from .entities import FieldValues, Lead, Stamp
from .lead_edits import reprice_lead
from .links import link_company, link_contact
from .patches import TagChange
from .shared_edits import fill_field, retag


def merge_leads(account: Account, winner: Lead, loser: Lead, stamp: Stamp, *, fill_gaps: bool) -> None:
    """The winner takes over contacts, company and tags; the loser is gone for good: 204 for its id, `leads[delete]`."""
    _take_links(account, winner, loser, stamp)
    retag(account, winner, TagChange(add=account.tag_names("leads", loser.tag_ids)), stamp)
    if fill_gaps:
        fill_gaps_from(account, winner, loser.fields, stamp)
        reprice_lead(account, winner, winner.price or loser.price, stamp)
    winner.touch(stamp)
    loser.merged_into = winner.id
    loser.touch(stamp)
    account.feed.write("entity_merged", ("lead", winner.id), stamp)
    account.feed.write("lead_deleted", ("lead", loser.id), stamp)
    account.changes.append(Change("leads", "delete", loser.id))
    account.changes.append(Change("leads", "update", winner.id))


def fill_gaps_from(account: Account, lead: Lead, fields: FieldValues, stamp: Stamp) -> None:
    """Copies the values of fields that are empty on the lead."""
    for field_id, values in fields.items():
        if field_id not in lead.fields:
            fill_field(account, lead, field_id, values, stamp)


def _take_links(account: Account, winner: Lead, loser: Lead, stamp: Stamp) -> None:
    for contact_id in loser.contact_ids:
        if contact_id not in winner.contact_ids:
            link_contact(account, winner, account.contacts[contact_id], stamp)
    if winner.company_id is None and loser.company_id is not None:
        link_company(account, winner, account.contacts[loser.company_id], stamp)
