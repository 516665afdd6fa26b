"""What happens to a lead: it is added, edited, moved, deleted, restored. The stamp says when and by whom."""

from dataclasses import replace

from .account import Account, Change
from .entities import Lead, Stamp
from .links import link_company, link_contact
from .patches import LeadPatch
from .pipelines import CLOSED, LOST, Stage
from .shared_edits import birth_stamp, edit_shared, fill_field, retag


def add_lead(account: Account, patch: LeadPatch, stamp: Stamp) -> Lead:
    """A new lead, born in the named stage or in the first of the main pipeline, with its links made."""
    birth = birth_stamp(patch, stamp)
    lead_id = account.ids.take("lead")
    lead = Lead(lead_id, patch.name or f"Сделка #{lead_id}", birth.at, birth.at, birth.by, birth.by)
    account.leads[lead_id] = lead
    _place(account, lead, patch, birth.at)
    lead.price = patch.price or 0
    lead.responsible_user_id = patch.responsible_user_id or next(iter(account.users), 0)
    birth_note = [{"note": {"id": account.ids.take("note")}}]
    account.feed.write("lead_added", ("lead", lead_id), birth, (), birth_note)
    for field_id, values in patch.fields.items():
        fill_field(account, lead, field_id, values, birth)
    retag(account, lead, patch.tags, birth)
    account.changes.append(Change("leads", "add", lead_id))
    _link(account, lead, patch, birth)
    return lead


def edit_lead(account: Account, lead: Lead, patch: LeadPatch, stamp: Stamp) -> None:
    """Applies a patch. The stamp and the hook come even when nothing differs, so that loops of one's own edits show."""
    old_status, old_responsible = lead.status_id, lead.responsible_user_id
    moved = patch.stage is not None and patch.stage != stage_of(lead)
    if patch.stage is not None:
        move_lead(account, lead, patch.stage, stamp)
    lead.closed_at = lead.closed_at if patch.closed_at is None else patch.closed_at
    if patch.loss_reason_id is not None:
        lead.loss_reason_id = patch.loss_reason_id
    reprice_lead(account, lead, patch.price, stamp)
    edit_shared(account, lead, patch, stamp)
    update = Change("leads", "update", lead.id)
    if moved:
        account.changes.append(Change("leads", "status", lead.id, old_status_id=old_status))
        update = replace(update, old_status_id=old_status)
    if old_responsible != lead.responsible_user_id:
        update = replace(update, old_responsible_user_id=old_responsible)
        account.changes.append(replace(update, action="responsible", old_status_id=None))
    account.changes.append(update)


def move_lead(account: Account, lead: Lead, stage: Stage, stamp: Stamp) -> None:
    """Changes the stage and writes when; closing sets `closed_at`, reopening clears it and the reason of loss."""
    present = stage_of(lead)
    if stage == present:
        return
    before, after = (
        [{"lead_status": {"id": one.status_id, "pipeline_id": one.pipeline_id}}] for one in (present, stage)
    )
    account.feed.write("lead_status_changed", ("lead", lead.id), stamp, before, after)
    lead.pipeline_id, lead.status_id = stage.pipeline_id, stage.status_id
    lead.closed_at = stamp.at if stage.status_id in CLOSED else None
    lead.loss_reason_id = lead.loss_reason_id if stage.status_id == LOST else None


def reprice_lead(account: Account, lead: Lead, price: int | None, stamp: Stamp) -> None:
    """Sets the budget, if one is asked for."""
    if price is None or price == lead.price:
        return
    before, after = (
        [{"sale_field_value": {"sale": sum_, "sale_with_minor_units": float(sum_)}}] for sum_ in (lead.price, price)
    )
    account.feed.write("sale_field_changed", ("lead", lead.id), stamp, before, after)
    lead.price = price


def delete_lead(account: Account, lead: Lead, stamp: Stamp) -> None:
    """Moves the lead to the bin, from which it can be restored."""
    lead.is_deleted = True
    lead.touch(stamp)
    account.feed.write("lead_deleted", ("lead", lead.id), stamp)
    account.changes.append(Change("leads", "delete", lead.id))


def restore_lead(account: Account, lead: Lead, stamp: Stamp) -> None:
    """Takes the lead out of the bin."""
    lead.is_deleted = False
    lead.touch(stamp)
    account.feed.write("lead_restored", ("lead", lead.id), stamp)
    account.changes.append(Change("leads", "restore", lead.id))


def stage_of(lead: Lead) -> Stage:
    """Where the lead stands."""
    return Stage(lead.pipeline_id, lead.status_id)


def _place(account: Account, lead: Lead, patch: LeadPatch, at: int) -> None:
    main = account.main_pipeline
    stage = patch.stage or Stage(main.id, main.first_status.id)
    lead.pipeline_id, lead.status_id = stage.pipeline_id, stage.status_id
    if stage.status_id in CLOSED:
        lead.closed_at = at if patch.closed_at is None else patch.closed_at
        lead.loss_reason_id = patch.loss_reason_id


def _link(account: Account, lead: Lead, patch: LeadPatch, stamp: Stamp) -> None:
    for contact_id in patch.contact_ids:
        link_contact(account, lead, account.contacts[contact_id], stamp)
    if patch.company_id is not None:
        link_company(account, lead, account.contacts[patch.company_id], stamp)
