"""Where leads may come from, by policy: the dictionary of sources and the rules that find one."""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from leadloop.policy.agreement import refuse
from leadloop.policy.section import Section
from leadloop.policy.source_agreement import rule_contradictions, source_contradictions
from leadloop.policy.value_types import Written, YesOrNo
from leadloop.sources.referrers import NAMED

STATIC_POOL = "static_pool"

SourceLabel = Annotated[
    str,
    Written(
        r"(?!none$)(?=.{1,60}$)[^\W_A-ZА-ЯЁ]+(?:_[^\W_A-ZА-ЯЁ]+)*",
        "a label of small letters, digits and single _ between them, at most 60, such as yandex_direct, and not none",
    ),
]
OwnNumber = Annotated[str, Written(r"\+[0-9]{8,15}", "a phone of your own with its country code, such as +74950000001")]
CalledNumber = Annotated[
    str,
    Written(rf"\+[0-9]{{8,15}}|{STATIC_POOL}", f"a phone of your own such as +74950000001, or {STATIC_POOL}"),
]
Host = Annotated[str, Written(r"[^\s/:?#*.]+(\.[^\s/:?#*.]+)+", "a host such as pay.sokol.example, without https://")]
Referrer = Annotated[
    str,
    Written(
        rf"[^\s/:?#*.]+(\.[^\s/:?#*.]+)+|{'|'.join(NAMED)}", f"a host such as avito.ru, or one of {', '.join(NAMED)}"
    ),
]
FieldName = Annotated[str, Written(r"[a-z][a-z0-9_]{0,40}", "the name of a field in crm.fields, such as source")]
ClickId = Literal["yclid", "gclid", "ymclid", "fbclid", "rb_clickid", "vk_clickid", "msclkid", "erid"]


class Connection(StrEnum):
    """How leads of a source come to be counted: the four kinds of connection."""

    CHANNEL_KNOWN = "channel_known"
    """Its channel must be known beforehand: digital advertising, advertising offline, aggregators."""
    AUTOMATIC = "automatic"
    """Detected by itself: search, social networks, links on other sites."""
    CRM = "crm"
    """Made in the CRM by its own logic or by an integration."""
    MANUAL = "manual"
    """Entered in the CRM by hand."""


class SourceEntry(Section):
    """One source in the dictionary. The key in ``sources.dictionary`` is its label."""

    title: str = ""
    """What people call it; by default its label."""
    channel: str = ""
    """The channel it belongs to, in your own words: ``context``, ``aggregator``, ``offline``."""
    connection: Connection = Connection.CHANNEL_KNOWN
    """How it is connected: ``channel_known``, ``automatic``, ``crm`` or ``manual``."""
    contractor: str = ""
    """Who runs it for you."""
    line: SourceLabel | None = None
    """The source in whose line of reports it is counted, where several contractors are one line; by default its own."""
    names: tuple[str, ...] = ()
    """Other spellings in tags, referrers and the CRM; letter case and separators mean nothing."""


class SourceRule(Section):
    """One sign and the source it means. In texts ``*`` stands for anything; letter case means nothing."""

    label: SourceLabel
    """The source in the dictionary that a lead with this sign is of."""
    click_id: ClickId | None = None
    """The lead came with this click id, whatever it holds."""
    utm_source: str | None = Field(None, min_length=1)
    """Tag utm_source."""
    utm_medium: str | None = Field(None, min_length=1)
    """Tag utm_medium; only together with ``utm_source``."""
    utm_campaign: str | None = Field(None, min_length=1)
    """Tag utm_campaign; only together with ``utm_source``."""
    referrer: Referrer | None = None
    """A host, its subdomains included, or a class of hosts: ``search``, ``social``, ``messenger``, ``email``,
    ``aggregator``, ``assistant``, ``referral``."""
    called_number: CalledNumber | None = None
    """The number of yours that was called, or ``static_pool`` for all in ``sources.static_pool``."""
    crm_field: FieldName | None = None
    """A field of the deal by its name in ``crm.fields``; together with ``value``."""
    value: str | None = Field(None, min_length=1)
    """What stands in ``crm_field``."""
    created_by: Literal["user", "integration"] | None = None
    """Who made the deal: ``user``, a person by hand; ``integration``, the CRM's own logic or another program."""
    form: str | None = Field(None, min_length=1)
    """Name or id of the form."""

    @model_validator(mode="after")
    def _has_one_sign(self) -> Self:
        refuse(rule_contradictions(self))
        return self


class Sources(Section):
    """The dictionary of sources, and what is done when the CRM says otherwise."""

    dictionary: dict[SourceLabel, SourceEntry] = Field(default_factory=dict)
    """Sources by label: they add to the built-in ones and replace those of the same label."""
    rules: tuple[SourceRule, ...] = ()
    """Signs and what they mean, the first that fits decides; after them come the built-in ones."""
    unknown: Literal["own_line", "none"] = "own_line"
    """A tag utm_source or a source in the CRM that the dictionary does not know: ``own_line`` counts it under its own
    label, ``none`` counts it as a lead without source."""
    static_pool: tuple[OwnNumber, ...] = ()
    """Numbers of yours that everybody is shown: a call to one of them does not tell its source."""
    own_hosts: tuple[Host, ...] = ()
    """Hosts that are nobody's source, besides those in ``site.origins``: other sites of yours, pages of payment."""
    apart: tuple[Annotated[tuple[SourceLabel, ...], Field(min_length=2)], ...] = ()
    """Labels that look alike and are not: ``leadloop sources review`` proposes them no more."""
    restore: YesOrNo = False
    """Whether a source field that somebody overwrote in the CRM is given back what it held first."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        refuse(source_contradictions(self))
        return self
