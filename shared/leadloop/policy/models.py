"""The policy as typed, documented models. ``leadloop.yaml`` is read into ``Policy`` and nothing else.

Secrets never stand here; they come from the environment only (``leadloop.secrets``).
"""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from datetime import timedelta
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from leadloop.policy.agreement import (
    Contradiction,
    client_contradictions,
    crm_contradictions,
    goal_contradictions,
    refuse,
)
from leadloop.policy.call_tracker import CallTracker, Statuses
from leadloop.policy.crm import AnyCrm, Crm
from leadloop.policy.duplicates import Duplicates, Identity
from leadloop.policy.forms import Forms
from leadloop.policy.fraud import Fraud
from leadloop.policy.quality import Disqualification, Qualification
from leadloop.policy.quality_agreement import (
    disqualification_contradictions,
    goal_reason_contradictions,
    qualification_contradictions,
)
from leadloop.policy.section import Section
from leadloop.policy.source_agreement import field_contradictions
from leadloop.policy.sources import Sources
from leadloop.policy.value_types import (
    CounterId,
    Country,
    Cron,
    Currency,
    Duration,
    GoalName,
    GoalTarget,
    GoalValue,
    Origin,
    SealKey,
    SitePath,
    Stage,
    Whole,
    ZoneName,
)


class Site(Section):
    """The site and its Metrica counter."""

    origins: tuple[Origin, ...] = Field(min_length=1)
    """Origins whose forms may call capture-lead from a browser, and to which it may redirect."""
    counter: CounterId
    """The number of the Metrica counter on the site."""
    time_zone: ZoneName = "Europe/Moscow"
    """Zone of the counter: days in reports are days of this zone."""
    currency: Currency = "RUB"
    """Currency of the counter and of prices in the CRM."""
    default_region: Country = "RU"
    """Country in which a phone without a country code is read."""
    thank_you: SitePath = "/"
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


class Contacts(Section):
    """How names, phones and e-mails are treated."""

    mode: ContactMode = ContactMode.HASH
    """``none``: nothing personal is accepted; ``hash``: only keyed hashes travel; ``keep``: contacts rest sealed."""
    public_key: SealKey
    """The owner's public key (base64, from ``leadloop init``): what cannot be parsed is sealed to it."""
    transit: Literal["forbidden", "allowed"] = "forbidden"
    """Mode ``hash`` in the cloud: whether a raw phone may reach the edge to be hashed there."""
    retention: Duration = timedelta(days=90)
    """Mode ``keep``: how long after the last stage, or a later submission, a sealed contact rests."""


class GoalEvent(StrEnum):
    """What reaches a goal."""

    RECEIVED = "received"
    """A lead comes from the site, or by a call, a chat or a request that a call tracker recorded."""
    STAGE = "stage"
    """Its deal reaches a stage."""
    QUALIFIED = "qualified"
    """It is qualified, and shows all that ``qualification`` requires."""
    DISQUALIFIED = "disqualified"
    """Its deal is lost."""
    FRAUD = "fraud"
    """The fraud gate finds it no human's."""

    @property
    def suppresses(self) -> bool:
        """Whether it tells of a lead that the ad system should not look for more of: no verdict holds it back."""
        return self in (GoalEvent.DISQUALIFIED, GoalEvent.FRAUD)


class Goal(Section):
    """One Metrica goal fed by leadloop. The key in ``goals`` names it."""

    on: GoalEvent
    """What reaches the goal: ``received``, ``stage``, ``qualified``, ``disqualified`` or ``fraud``."""
    stage: Stage | None = None
    """The stage, for ``on: stage``."""
    reasons: tuple[Stage, ...] = ()
    """For ``on: disqualified``: names of ``disqualification.reasons`` that count; by default those with
    ``suppress: true``, and where none has it everybody who is lost."""
    target: GoalTarget | None = None
    """Identifier of the JavaScript goal in Metrica; by default the goal's own name."""
    value: GoalValue = "none"
    """``price`` sends the deal's price and waits the settle delay; a number sends so many whole units of currency."""
    settle: Duration | None = None
    """How long to wait for the price; by default ``defaults.settle_delay`` for goals with ``price``, else nothing."""

    @model_validator(mode="after")
    def _stage_when_needed(self) -> Self:
        if self.on is GoalEvent.STAGE and self.stage is None:
            text = "missing: `on: stage` needs one of the stages in crm.pipelines; write `stage:` with its name"
            refuse([Contradiction(("stage",), text, None)])
        if self.on is not GoalEvent.STAGE and self.stage is not None:
            text = f"goes only with `on: stage`, and this goal is on `{self.on}`; change `on` or remove `stage`"
            refuse([Contradiction(("stage",), text, self.stage)])
        if self.on is not GoalEvent.DISQUALIFIED and self.reasons:
            text = (
                f"goes only with `on: disqualified`, and this goal is on `{self.on}`; change `on` or remove `reasons`"
            )
            refuse([Contradiction(("reasons",), text, self.reasons)])
        return self


class Defaults(Section):
    """Every number of the design, in one place (DESIGN §13)."""

    upload_period: Duration = timedelta(hours=2)
    """The period the upload is meant to have; the schedule itself is ``schedules.upload-conversions``."""
    pull_period: Duration = timedelta(minutes=15)
    """How often the CRM is asked for changes, as waiting times reckon with it; the schedule itself is
    ``schedules.sync-crm``."""
    pull_overlap: Duration = timedelta(minutes=10)
    """How far each pull looks back beyond the last one."""
    born_in_crm_wait: Duration = timedelta(minutes=10)
    """How long an unknown CRM entity waits for its lead before it counts as born in the CRM."""
    same_lead_repeat: Duration = timedelta(hours=1)
    """A second submission of one person within this is a repeat of the same lead."""
    key_match_window: Duration = timedelta(days=90)
    """How old a lead may be to be matched with a CRM entity by phone or e-mail."""
    settle_delay: Duration = timedelta(minutes=30)
    """How long goals with ``price`` wait for the price to be filled in."""
    fraud_hold_ends: Duration = timedelta(days=18)
    """When a lead held as suspicious is decided at the latest."""
    shared_key_persons: Whole = Field(5, ge=1)
    """A phone or e-mail seen with more persons than this is shared and identifies no one."""
    person_keys: Whole = Field(60, ge=2, le=200)
    """Phones, e-mails and UserIDs that one person may have; where more hang together, none of them joins anybody."""
    quarantine_retention: Duration = timedelta(days=30)
    """How long what could not be understood, and dead letters, are kept."""
    body_cap: Whole = Field(262_144, ge=1024, le=1_000_000)
    """Bytes; a larger form body is quarantined unread."""
    listing_grace: Duration = timedelta(hours=2)
    """How long Metrica's list of uploadings may lag behind an upload."""
    listing_gap: Duration = timedelta(minutes=10)
    """The least time between the two complete listings that prove an upload absent."""
    visit_window: Duration = timedelta(days=21)
    """Metrica links a conversion only so long after the visitor's last visit."""
    visit_margin: Duration = timedelta(hours=3)
    """Own deadline before the end of the visit window: processing takes up to two hours."""
    rows_per_upload: Whole = Field(10_000, ge=1, le=1_000_000)
    """Rows one file may hold."""
    uploads_per_run: Whole = Field(20, ge=1)
    """Calls one upload run may spend on sending files, halves included."""


class Policy(Section):
    """The whole of ``leadloop.yaml``."""

    site: Site
    """The site and its counter."""
    forms: Forms = Field(default_factory=Forms.model_construct)
    """What forms call their fields, and who must prove who they are."""
    contacts: Contacts
    """How personal data are treated."""
    crm: AnyCrm
    """The CRM: which status means which stage."""
    call_tracker: CallTracker | None = None
    """A call tracker beside the CRM."""
    goals: dict[GoalName, Goal] = Field(min_length=1)
    """Which stage reaches which Metrica goal."""
    sources: Sources = Field(default_factory=Sources.model_construct)
    """Where leads may come from."""
    identity: Identity = Field(default_factory=Identity.model_construct)
    """What joins leads to a person."""
    duplicates: Duplicates = Field(default_factory=Duplicates.model_construct)
    """Which lead repeats which."""
    qualification: Qualification = Field(default_factory=Qualification.model_construct)
    """What a good lead must show."""
    disqualification: Disqualification = Field(default_factory=Disqualification.model_construct)
    """Why a lead is not worth working on."""
    fraud: Fraud = Field(default_factory=Fraud.model_construct)
    """The fraud gate."""
    schedules: dict[str, Cron] = Field(default_factory=dict)
    """Function name → cron (UTC), replacing the manifest's."""
    defaults: Defaults = Field(default_factory=Defaults.model_construct)
    """Numbers that may be left alone."""

    @field_validator("crm")
    @classmethod
    def _crm_agrees(cls, crm: Crm, info: ValidationInfo) -> Crm:
        refuse(crm_contradictions(crm, info.data.get("contacts")))
        return crm

    @field_validator("sources")
    @classmethod
    def _sources_agree(cls, sources: Sources, info: ValidationInfo) -> Sources:
        refuse(field_contradictions(sources, info.data.get("crm")))
        return sources

    @field_validator("goals")
    @classmethod
    def _goals_agree(cls, goals: dict[str, Goal], info: ValidationInfo) -> dict[str, Goal]:
        refuse(goal_contradictions(goals, info.data.get("crm"), _tagged(info)))
        return goals

    @field_validator("duplicates")
    @classmethod
    def _clients_agree(cls, duplicates: Duplicates, info: ValidationInfo) -> Duplicates:
        refuse(client_contradictions(duplicates, info.data.get("crm"), _tagged(info)))
        return duplicates

    @field_validator("qualification")
    @classmethod
    def _qualification_agrees(cls, qualification: Qualification, info: ValidationInfo) -> Qualification:
        refuse(qualification_contradictions(qualification, info.data.get("crm"), _tagged(info)))
        return qualification

    @field_validator("disqualification")
    @classmethod
    def _disqualification_agrees(cls, disqualification: Disqualification, info: ValidationInfo) -> Disqualification:
        qualification, crm = info.data.get("qualification"), info.data.get("crm")
        refuse(disqualification_contradictions(disqualification, qualification, crm, _tagged(info)))
        return disqualification

    @model_validator(mode="after")
    def _reasons_of_goals_are_known(self) -> Self:
        refuse(goal_reason_contradictions(self.goals, self.disqualification))
        return self

    @property
    def account_names(self) -> tuple[str, ...]:
        """The kinds of account from which leads and stages are read, the CRM first: each names its references."""
        return (self.crm.kind,) if self.call_tracker is None else (self.crm.kind, self.call_tracker.kind)

    def is_tracker(self, account: str) -> bool:
        """Whether an account is the call tracker, which holds communications and no deals."""
        return self.call_tracker is not None and account == self.call_tracker.kind

    def statuses_of(self, account: str) -> Statuses:
        """What the statuses of an account mean; one that the policy no longer names is taken for the CRM."""
        tracker = self.call_tracker
        return tracker if tracker is not None and self.is_tracker(account) else self.crm

    def target_of(self, goal: str) -> str:
        """The Metrica identifier of a goal."""
        return self.goals[goal].target or goal

    def reasons_of(self, goal: str) -> tuple[str, ...]:
        """The reasons whose leads a goal ``on: disqualified`` is told of; empty where it is told of everybody lost.

        Those it names; else those with ``suppress: true``; else all, also where no reason was given.
        """
        return self.goals[goal].reasons or self.disqualification.suppressing

    def settle_of(self, goal: str) -> timedelta:
        """How long a conversion of the goal waits before it may be claimed."""
        chosen = self.goals[goal].settle
        if chosen is not None:
            return chosen
        return self.defaults.settle_delay if self.goals[goal].value == "price" else timedelta(0)


def _tagged(info: ValidationInfo) -> frozenset[str]:
    """Stages that a tag of the call tracker has."""
    tracker: CallTracker | None = info.data.get("call_tracker")
    return tracker.stages if tracker is not None else frozenset()
