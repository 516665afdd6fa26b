"""The policy as typed, documented models. ``leadloop.yaml`` is read into ``Policy`` and nothing else.

Secrets never stand here; they come from the environment only (``leadloop.secrets``).
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from leadloop.policy.durations import read_duration

Duration = Annotated[timedelta, BeforeValidator(read_duration)]
"""A length of time written as ``30m``, ``2h``, ``90d`` or ``1h 30m``."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"expected an IANA time zone such as Europe/Moscow, found {name!r}") from None
    return name


def _origin(text: str) -> str:
    scheme, separator, host = text.partition("://")
    if scheme not in ("https", "http") or not separator or not host or "/" in host or "*" in host:
        raise ValueError(f"expected an origin such as https://sokol.example, without a path, found {text!r}")
    return text.lower()


ZoneName = Annotated[str, AfterValidator(_known_zone)]
Origin = Annotated[str, AfterValidator(_origin)]
CounterId = Annotated[str, Field(pattern=r"^\d{1,20}$")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
GoalTarget = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,64}$")]
"""Metrica refuses ``/ & = ? #`` in a JavaScript goal's identifier; letters, digits and _ are always safe."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Site(_Section):
    """The site and its Metrica counter."""

    origins: tuple[Origin, ...] = Field(min_length=1)
    """Origins whose forms may call capture-lead from a browser, and to which it may redirect."""
    counter: CounterId
    """The number of the Metrica counter on the site."""
    time_zone: ZoneName = "Europe/Moscow"
    """Zone of the counter: days in reports are days of this zone."""
    currency: Currency = "RUB"
    default_region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "RU"
    """Country in which a phone without a country code is read."""
    thank_you: str = "/"
    """Path on the form's own origin where a plain HTML form is sent after a lead."""
    mapped_fields: tuple[str, ...] = ()
    """Form fields that are not personal and may cross the bus (a product, a city). All others stay out."""
    url_params: tuple[str, ...] = ()
    """Parameters kept in stored URLs besides utm_* and click ids."""


class ContactMode(StrEnum):
    """Where personal data may go."""

    NONE = "none"
    HASH = "hash"
    KEEP = "keep"


class Contacts(_Section):
    """How names, phones and e-mails are treated."""

    mode: ContactMode = ContactMode.HASH
    public_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$")]
    """The owner's public key (base64, from ``leadloop init``): what cannot be parsed is sealed to it."""
    transit: Literal["forbidden", "allowed"] = "forbidden"
    """Mode ``hash`` in the cloud: whether a raw phone may reach the edge to be hashed there."""
    retention: Duration = timedelta(days=90)
    """Mode ``keep``: how long after the last stage a sealed contact rests."""


class AmoCrmFields(_Section):
    """Where ids live in an amoCRM lead: a tracking field's code, or the numeric id of a custom field."""

    leadloop_id: str = "LEADLOOP_ID"
    client_id: str = "_YM_UID"
    yclid: str = "YCLID"
    gclid: str = "GCLID"
    user_id: str | None = None
    submission_id: str | None = None
    utm_source: str = "UTM_SOURCE"
    utm_medium: str = "UTM_MEDIUM"
    utm_campaign: str = "UTM_CAMPAIGN"
    utm_content: str = "UTM_CONTENT"
    utm_term: str = "UTM_TERM"
    referrer: str = "REFERRER"


class NewLead(_Section):
    """How leadloop creates a lead in the CRM (mode ``keep``)."""

    pipeline: str
    status: str
    name: str = "Заявка с сайта"
    tags: tuple[str, ...] = ("leadloop",)


StatusMap = dict[Annotated[str, Field(pattern=r"^\d+$")], Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]]


class AmoCrm(_Section):
    """An amoCRM or Kommo account."""

    kind: Literal["amocrm"] = "amocrm"
    account: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}(\.[a-z0-9.-]+)?$")]
    """Subdomain (``sokol`` for sokol.amocrm.ru) or the whole host (``sokol.kommo.com``)."""
    pipelines: dict[Annotated[str, Field(pattern=r"^\d+$")], StatusMap] = Field(min_length=1)
    """Pipeline id → status id → stage. 142 is won and 143 is lost in every pipeline."""
    ignored: tuple[str, ...] = ()
    """Statuses (``pipeline/status``) that are known and mean nothing."""
    new_lead: NewLead | None = None
    fields: AmoCrmFields = AmoCrmFields()
    requests_per_second: float = Field(6, gt=0, le=50)
    """amoCRM allows 7 a second for one integration; one is left for others."""

    @property
    def stages(self) -> frozenset[str]:
        """Every stage some status maps to."""
        return frozenset(stage for statuses in self.pipelines.values() for stage in statuses.values())

    def stage_of(self, pipeline_id: str, status_id: str) -> str | None:
        """The stage of a status; ``None`` when the policy does not map it."""
        return self.pipelines.get(pipeline_id, {}).get(status_id)


class GoalEvent(StrEnum):
    """What reaches a goal."""

    RECEIVED = "received"
    STAGE = "stage"


class Goal(_Section):
    """One Metrica goal fed by leadloop. The key in ``goals`` names it."""

    on: GoalEvent
    stage: str | None = None
    target: GoalTarget | None = None
    """Identifier of the JavaScript goal in Metrica; by default the goal's own name."""
    value: Literal["none", "price"] | Annotated[int, Field(ge=0)] = "none"
    """``price`` sends the deal's price and waits the settle delay; a number sends so many whole units of currency."""
    settle: Duration | None = None
    """How long to wait for the price; by default ``defaults.settle_delay`` for goals with ``price``, else nothing."""

    @model_validator(mode="after")
    def _stage_when_needed(self) -> Self:
        if (self.on is GoalEvent.STAGE) != (self.stage is not None):
            raise ValueError("`stage` goes with `on: stage` and only with it")
        return self


class Defaults(_Section):
    """Every number of the design, in one place (DESIGN §13)."""

    upload_period: Duration = timedelta(hours=2)
    pull_period: Duration = timedelta(minutes=15)
    pull_overlap: Duration = timedelta(minutes=10)
    born_in_crm_wait: Duration = timedelta(minutes=10)
    same_lead_repeat: Duration = timedelta(hours=1)
    key_match_window: Duration = timedelta(days=90)
    duplicate_window: Duration = timedelta(days=180)
    settle_delay: Duration = timedelta(minutes=30)
    fraud_hold_ends: Duration = timedelta(days=18)
    shared_key_persons: int = Field(5, ge=1)
    quarantine_retention: Duration = timedelta(days=30)
    body_cap: int = Field(262_144, ge=1024, le=1_000_000)
    """Bytes; a larger form body is quarantined unread."""
    listing_grace: Duration = timedelta(hours=2)
    """How long Metrica's list of uploadings may lag behind an upload."""
    listing_gap: Duration = timedelta(minutes=10)
    """The least time between the two complete listings that prove an upload absent."""
    visit_window: Duration = timedelta(days=21)
    """Metrica links a conversion only so long after the visitor's last visit."""
    visit_margin: Duration = timedelta(hours=3)
    """Own deadline before the end of the visit window: processing takes up to two hours."""
    rows_per_upload: int = Field(10_000, ge=1, le=1_000_000)
    uploads_per_run: int = Field(20, ge=1)
    """Calls one upload run may spend on sending files, halves included."""


class Policy(_Section):
    """The whole of ``leadloop.yaml``."""

    site: Site
    contacts: Contacts
    crm: AmoCrm
    goals: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")], Goal] = Field(min_length=1)
    schedules: dict[str, str] = Field(default_factory=dict)
    """Function name → cron (UTC), replacing the manifest's."""
    defaults: Defaults = Defaults()

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        for name, goal in self.goals.items():
            if goal.stage is not None and goal.stage not in self.crm.stages:
                raise ValueError(
                    f"goals.{name}.stage: {goal.stage!r} is the stage of no CRM status; "
                    f"crm.pipelines knows {sorted(self.crm.stages)}"
                )
        targets = [self.target_of(name) for name in self.goals]
        for target in targets:
            if targets.count(target) > 1:
                raise ValueError(f"goals: two goals have the target {target!r}; one conversion would count twice")
        if self.contacts.mode is ContactMode.KEEP and self.crm.new_lead is None:
            raise ValueError(
                "crm.new_lead: contacts.mode `keep` creates leads in the CRM; say in which pipeline and status"
            )
        return self

    def target_of(self, goal: str) -> str:
        """The Metrica identifier of a goal."""
        return self.goals[goal].target or goal

    def settle_of(self, goal: str) -> timedelta:
        """How long a conversion of the goal waits before it may be claimed."""
        chosen = self.goals[goal].settle
        if chosen is not None:
            return chosen
        return self.defaults.settle_delay if self.goals[goal].value == "price" else timedelta(0)
