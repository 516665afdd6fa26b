"""What people do besides working on leads: contacts, "unsorted", settings of the account."""

from typing import Literal

from ...faults import InstructionRefused
from ..crm.account import Account
from ..crm.contact_edits import edit_contact
from ..crm.entities import Stamp
from ..crm.patches import ContactPatch
from ..crm.unsorted import UnsortedRequest
from ..crm.unsorted_edits import accept_unsorted, decline_unsorted
from .action import Action, Outcome, stage_named
from .office import DeskOffice
from .orders import contact_named, lead_named, party_fields


class EditContact(Action):
    """Changes a contact's name, phone or e-mail."""

    action: Literal["edit_contact"]
    contact_id: int
    name: str | None = None
    phone: str | None = None
    email: str | None = None

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:
        """One edit."""
        contact = contact_named(office.account, self.contact_id)
        fields = party_fields(office.account, self.phone, self.email)
        edit_contact(office.account, contact, ContactPatch(name=self.name, fields=fields), stamp)
        return {"contact_id": contact.id}


class _UnsortedAction(Action):
    """Names a waiting request by its uid or by its lead."""

    uid: str | None = None
    lead_id: int | None = None

    def request(self, account: Account) -> UnsortedRequest:
        """The request; InstructionRefused when it is unknown or settled."""
        waiting = [one for one in account.unsorted.values() if one.outcome == "waiting"]
        found = next((one for one in waiting if self.uid == one.uid or self.lead_id == one.lead_id), None)
        if found is None:
            known = ", ".join(f"{one.uid} (lead {one.lead_id})" for one in waiting) or "none"
            raise InstructionRefused(f"No such request waits in unsorted. Waiting: {known}.")
        return found


class AcceptUnsorted(_UnsortedAction):
    """Takes a request to work, or joins it to the existing lead `into`."""

    action: Literal["accept_unsorted"]
    status_id: int | None = None
    into: int | None = None

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:
        """Its lead becomes an ordinary one."""
        request = self.request(office.account)
        stage = stage_named(office.account, request.pipeline_id, self.status_id)
        into = lead_named(office.account, self.into) if self.into is not None else None
        lead = accept_unsorted(office.account, request, stage, into, stamp)
        return {"lead_id": lead.id, "uid": request.uid}


class DeclineUnsorted(_UnsortedAction):
    """Throws a request away."""

    action: Literal["decline_unsorted"]

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:
        """Its lead is deleted."""
        request = self.request(office.account)
        decline_unsorted(office.account, request, stamp)
        return {"lead_id": request.lead_id, "uid": request.uid}


class RenameStatus(Action):
    """Gives a stage another name; ids stay, which is why code must go by ids."""

    action: Literal["rename_status"]
    pipeline_id: int
    status_id: int
    name: str

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:  # noqa: ARG002 - nothing is stamped
        """No event and no hook tell of it."""
        stage = stage_named(office.account, self.pipeline_id, self.status_id)
        office.account.pipelines[stage.pipeline_id].statuses[stage.status_id].name = self.name
        return {"pipeline_id": stage.pipeline_id, "status_id": stage.status_id}


class EnableWebhook(Action):
    """Turns a webhook on again, or all of them."""

    action: Literal["enable_webhook"]
    destination: str | None = None

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:  # noqa: ARG002 - nothing is stamped
        """What happened meanwhile is not sent."""
        known = office.subscriptions.by_destination
        chosen = list(known) if self.destination is None else [self.destination]
        return {"enabled": sum(office.subscriptions.enable(one) for one in chosen)}


class IssueCode(Action):
    """Presses the integration's button: an authorisation code, good once and for 20 minutes."""

    action: Literal["issue_code"]
    client_id: str
    code: str

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:
        """The code begins to live now."""
        office.tokens.add_code(self.client_id, self.code, stamp.at)
        return {"client_id": self.client_id}


class RevokeToken(Action):
    """Makes a token worthless."""

    action: Literal["revoke_token"]
    token: str

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:  # noqa: ARG002 - nothing is stamped
        """Of any kind."""
        office.tokens.revoke(self.token)
        return {}


class SendHook(Action):
    """Sends a body as it is to every webhook that is on: for shapes that no action here produces."""

    action: Literal["send_hook"]
    body: str

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:
        """The loss, delay and doubling switches apply."""
        webhooks = [one for one in office.subscriptions.by_destination.values() if not one.disabled]
        for webhook in webhooks:
            office.deliveries.queue_body(webhook, self.body, ["as given"], stamp.at)
        return {"queued": len(webhooks)}
