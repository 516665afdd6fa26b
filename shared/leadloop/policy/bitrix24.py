"""The section ``crm`` of a Bitrix24 portal."""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from leadloop.policy.agreement import Contradiction
from leadloop.policy.crm import Crm, CrmFields, NewLead
from leadloop.policy.value_types import Stage, Written, unexpected, written_form
from leadloop.secrets import BITRIX24_WEBHOOK

LEADS = "leads"
"""Stands for a pipeline: that of the leads, which have statuses and no category."""


def _day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise unexpected("a day that there is, such as 2027-01-31") from None
    return text


Portal = Annotated[
    str,
    Written(
        r"[a-z0-9][a-z0-9-]{0,62}(\.[a-z0-9-]{1,63})+(:[0-9]{2,5})?",
        "the portal's whole host, such as sokol.bitrix24.ru, without https://",
    ),
]
Bitrix24Field = Annotated[
    str,
    Written(r"[A-Z][A-Z0-9_]{1,99}", "a field's code in capitals, such as UF_CRM_YCLID or SOURCE_ID"),
]
UserField = Annotated[
    str,
    Written(r"UF_CRM_[A-Z0-9_]{1,43}", "the code of a user field, such as UF_CRM_LEADLOOP_ID"),
]
Pipeline = Annotated[
    str,
    Written(r"[0-9]{1,10}|leads", "a pipeline's number (0 is the first one), or leads", unquoted=True),
]
StatusId = Annotated[
    str,
    Written(r"[A-Za-z0-9_:-]{1,50}", "the id of a stage, such as NEW or C1:WON, not its name", unquoted=True),
]
LossReasonId = Annotated[
    str,
    Written(
        r"[A-Za-z0-9_:-]{1,50}",
        "the id of a lost stage, such as LOSE or C1:APOLOGY, or with crm.fields.loss_reason the number of a value, "
        "not a name",
        unquoted=True,
    ),
]
Bitrix24StatusPath = Annotated[
    str,
    Written(
        r"([0-9]{1,10}|leads)/[A-Za-z0-9_:-]{1,50}",
        "a pipeline and the id of a stage joined by a slash, such as 0/NEW, 1/C1:NEW or leads/JUNK",
    ),
]
Day = Annotated[str, Written(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a day such as 2027-01-31"), AfterValidator(_day)]


def _misplaced(path: tuple[str | int, ...], pipeline: str, status: str) -> Iterator[Contradiction]:
    """https://apidocs.bitrix24.ru/api-reference/crm/status/crm-status-list.html: ``DEAL_STAGE_1`` holds ``C1:WON``."""
    begins = "" if pipeline in ("0", LEADS) else f"C{pipeline}:"
    found = re.match(r"C[0-9]+:", status, re.IGNORECASE)
    if (found[0].upper() if found else "") != begins:
        own = f"begin with {begins}" if begins else "have no number before them"
        bare = status[found.end() :] if found else status
        text = f"stages of the pipeline {pipeline} {own}, found {status!r}; did you mean {begins + bare!r}?"
        yield Contradiction(path, text, status)


class Bitrix24Fields(CrmFields):
    """Where ids live in a deal or a lead of Bitrix24: codes of fields, the same for both."""

    leadloop_id: UserField = "UF_CRM_LEADLOOP_ID"
    """Our own id of the lead; the field is made by ``leadloop init``."""
    client_id: Bitrix24Field = "UF_CRM_YM_CLIENT_ID"
    """Metrica's ClientID."""
    yclid: Bitrix24Field = "UF_CRM_YCLID"
    """Click id of Yandex Direct."""
    gclid: Bitrix24Field = "UF_CRM_GCLID"
    """Click id of Google Ads."""
    user_id: Bitrix24Field | None = None
    """The site's own id of a signed-in visitor."""
    submission_id: Bitrix24Field | None = None
    """The id the site gave the form submission."""
    utm_source: Bitrix24Field = "UTM_SOURCE"
    """Tag utm_source."""
    utm_medium: Bitrix24Field = "UTM_MEDIUM"
    """Tag utm_medium."""
    utm_campaign: Bitrix24Field = "UTM_CAMPAIGN"
    """Tag utm_campaign."""
    utm_content: Bitrix24Field = "UTM_CONTENT"
    """Tag utm_content."""
    utm_term: Bitrix24Field = "UTM_TERM"
    """Tag utm_term."""
    referrer: Bitrix24Field | None = None
    """The page the visitor came from."""
    source: Bitrix24Field | None = None
    """Where the CRM or a person says that the lead came from (``SOURCE_ID``); read as a sign of its source."""
    called_number: Bitrix24Field | None = None
    """The number of yours that was called; read as a sign of the source."""
    call_seconds: Bitrix24Field | None = None
    """How long a call lasted, as the call tracker writes it: seconds or ``mm:ss``; read as a sign of a bot."""
    loss_reason: UserField | None = None
    """Why it was lost: a list, whose numbers of values then stand in ``disqualification.reasons``; by default the lost
    stage itself says it (``LOSE``, ``C1:APOLOGY``)."""
    known_ids: UserField | None = None
    """A long text in which leadloop keeps all ids known of the lead, those learnt later too."""
    duplicate: UserField | None = None
    """A text in which leadloop keeps its verdict: ``unique``, ``duplicate`` or ``client``."""
    quality: UserField | None = None
    """A text in which leadloop keeps the standing of the lead and why."""
    fraud: UserField | None = None
    """A text in which leadloop keeps what the fraud gate says."""


class Bitrix24NewLead(NewLead):
    """How leadloop creates a lead in Bitrix24 (mode ``keep``)."""

    pipeline: Pipeline
    """Pipeline a deal is created in, or ``leads`` for a lead."""
    status: StatusId
    """Stage it is created in."""
    tags: tuple[str, ...] = ("leadloop",)
    """What its source description (``SOURCE_DESCRIPTION``) says: Bitrix24 has no tags."""


class Bitrix24(Crm):
    """A Bitrix24 portal."""

    kind: Literal["bitrix24"]
    """Which CRM it is."""
    account: Portal
    """The portal's whole host: sokol.bitrix24.ru."""
    pipelines: dict[Pipeline, dict[StatusId, Stage]] = Field(min_length=1)
    """Pipeline number, or ``leads`` → stage id → stage. Leads are read only if they stand here."""
    ignored: tuple[Bitrix24StatusPath, ...] = ()
    """Stages (``pipeline/stage``) that are known and mean nothing."""
    new_lead: Bitrix24NewLead | None = None
    """Where leads are created; needed by contacts mode ``keep``."""
    fields: Bitrix24Fields = Field(default_factory=Bitrix24Fields.model_construct)
    """Where ids live in a deal or a lead."""
    requests_per_second: float = Field(2, gt=0, le=50, strict=True)
    """Bitrix24 allows 2 a second, 5 on the tariff Enterprise, and 50 at once."""
    webhook_expires: Day | None = None
    """The last day of the inbound webhook, if one was set in the portal; announced two weeks before."""

    credential: ClassVar[str] = BITRIX24_WEBHOOK
    field_form: ClassVar[Written] = written_form(Bitrix24Field)
    id_form: ClassVar[Written] = written_form(LossReasonId)

    def misplaced(self) -> Iterator[Contradiction]:
        """See ``Crm``: the stages of every pipeline but the first begin with its number."""
        for pipeline, statuses in self.pipelines.items():
            for status in statuses:
                yield from _misplaced(("pipelines", pipeline, status), pipeline, status)
        for index, path in enumerate(self.ignored):
            pipeline, _, status = path.partition("/")
            yield from _misplaced(("ignored", index), pipeline, status)
        if self.new_lead is not None:
            yield from _misplaced(("new_lead", "status"), self.new_lead.pipeline, self.new_lead.status)

    @property
    def reads_leads(self) -> bool:
        """Whether the portal's leads are read, and not only its deals."""
        return LEADS in self._named

    @property
    def reads_deals(self) -> bool:
        """Whether its deals are."""
        return self._named != {LEADS}

    @property
    def _named(self) -> set[str]:
        return {*self.pipelines, *([self.new_lead.pipeline] if self.new_lead is not None else [])}
