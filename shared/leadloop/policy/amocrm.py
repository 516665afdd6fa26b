"""The section ``crm`` of an amoCRM or Kommo account."""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from typing import ClassVar, Literal

from pydantic import Field

from leadloop.policy.amocrm_oauth import AmoCrmOAuth
from leadloop.policy.crm import Crm, CrmFields, NewLead
from leadloop.policy.value_types import Account, AmoCrmField, AmoCrmId, AmoCrmStatusPath, Stage, Written, written_form
from leadloop.secrets import AMOCRM_TOKEN

WON, LOST = "142", "143"
"""Statuses that every pipeline ends in: https://www.amocrm.ru/developers/content/crm_platform/leads_pipelines"""


class AmoCrmFields(CrmFields):
    """Where ids live in an amoCRM lead: a tracking field's code, or the numeric id of a custom field."""

    leadloop_id: AmoCrmField = "LEADLOOP_ID"
    """Our own id of the lead; the field is made by ``leadloop init``."""
    client_id: AmoCrmField = "_YM_UID"
    """Metrica's ClientID."""
    yclid: AmoCrmField = "YCLID"
    """Click id of Yandex Direct."""
    gclid: AmoCrmField = "GCLID"
    """Click id of Google Ads."""
    user_id: AmoCrmField | None = None
    """The site's own id of a signed-in visitor."""
    submission_id: AmoCrmField | None = None
    """The id the site gave the form submission."""
    utm_source: AmoCrmField = "UTM_SOURCE"
    """Tag utm_source."""
    utm_medium: AmoCrmField = "UTM_MEDIUM"
    """Tag utm_medium."""
    utm_campaign: AmoCrmField = "UTM_CAMPAIGN"
    """Tag utm_campaign."""
    utm_content: AmoCrmField = "UTM_CONTENT"
    """Tag utm_content."""
    utm_term: AmoCrmField = "UTM_TERM"
    """Tag utm_term."""
    referrer: AmoCrmField = "REFERRER"
    """The page the visitor came from."""
    source: AmoCrmField | None = None
    """Where the CRM or a person says that the lead came from; read as a sign of its source."""
    called_number: AmoCrmField | None = None
    """The number of yours that was called; read as a sign of the source."""
    call_seconds: AmoCrmField | None = None
    """How long a call lasted, as the call tracker writes it: seconds or ``mm:ss``; read as a sign of a bot."""
    known_ids: AmoCrmField | None = None
    """A long text in which leadloop keeps all ids known of the lead, those learnt later too."""
    duplicate: AmoCrmField | None = None
    """A text in which leadloop keeps its verdict: ``unique``, ``duplicate`` or ``client``."""
    quality: AmoCrmField | None = None
    """A text in which leadloop keeps the standing of the lead and why."""
    fraud: AmoCrmField | None = None
    """A text in which leadloop keeps what the fraud gate says."""


class AmoCrmNewLead(NewLead):
    """How leadloop creates a lead in amoCRM (mode ``keep``)."""

    pipeline: AmoCrmId
    """Pipeline the lead is created in."""
    status: AmoCrmId
    """Status the lead is created in."""


class AmoCrm(Crm):
    """An amoCRM or Kommo account."""

    kind: Literal["amocrm"] = "amocrm"
    """Which CRM it is."""
    account: Account
    """Subdomain (``sokol`` for sokol.amocrm.ru) or the whole host (``sokol.kommo.com``)."""
    pipelines: dict[AmoCrmId, dict[AmoCrmId, Stage]] = Field(min_length=1)
    """Pipeline id → status id → stage. 142 is won and 143 is lost in every pipeline."""
    ignored: tuple[AmoCrmStatusPath, ...] = ()
    """Statuses (``pipeline/status``) that are known and mean nothing."""
    new_lead: AmoCrmNewLead | None = None
    """Where leads are created; needed by contacts mode ``keep``."""
    fields: AmoCrmFields = Field(default_factory=AmoCrmFields.model_construct)
    """Where ids live in a lead."""
    requests_per_second: float = Field(6, gt=0, le=50, strict=True)
    """amoCRM allows 7 a second for one integration; one is left for others."""
    oauth: AmoCrmOAuth | None = None
    """Tokens by OAuth instead of a long-lived one; needs ``leadloop authorise``."""

    credential: ClassVar[str] = AMOCRM_TOKEN
    field_form: ClassVar[Written] = written_form(AmoCrmField)
    id_form: ClassVar[Written] = written_form(AmoCrmId)

    @property
    def host(self) -> str:
        """The account's host name."""
        return self.account if "." in self.account else f"{self.account}.amocrm.ru"

    def ends_of(self, pipeline_id: str) -> tuple[str, ...]:
        """See ``Crm``."""
        del pipeline_id
        return (WON, LOST)
