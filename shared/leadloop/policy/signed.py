"""The section ``crm`` of any other system, which tells of its deals by signed webhooks."""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from typing import ClassVar, Literal

from leadloop.policy.crm import Crm, CrmFields
from leadloop.policy.value_types import CrmName, SystemName, Written, written_form
from leadloop.secrets import SIGNED_SECRET

MEMBERS = CrmFields.model_construct(
    leadloop_id="ids.lead_id",
    client_id="ids.client_id",
    yclid="ids.yclid",
    gclid="ids.gclid",
    user_id="ids.user_id",
    submission_id="ids.submission_id",
    utm_source="source.utm_source",
    utm_medium="source.utm_medium",
    utm_campaign="source.utm_campaign",
    utm_content="source.utm_content",
    utm_term="source.utm_term",
    referrer="source.referrer",
    source="source.source",
    called_number="source.called_number",
    call_seconds="call_seconds",
)
"""Where a webhook says what fields of a deal say elsewhere. None is leadloop's own: nothing is written back."""


class Signed(Crm):
    """A system of whichever make that posts signed JSON (docs/en/signed-webhooks.md) and is never asked."""

    kind: Literal["signed"]
    """Which CRM it is."""
    account: SystemName
    """What you call the system; it appears in reports of `leadloop doctor` and nowhere else."""

    credential: ClassVar[str] = SIGNED_SECRET
    field_form: ClassVar[Written] = written_form(CrmName)
    id_form: ClassVar[Written] = written_form(CrmName)

    @property
    def fields(self) -> CrmFields:
        """See ``Crm``: the members of the JSON, by themselves."""
        return MEMBERS

    @property
    def creates_leads(self) -> bool:
        """See ``Crm``: it is not written to."""
        return False

    @property
    def is_heard(self) -> bool:
        """See ``Crm``."""
        return True
