"""Which signs of a bot weigh how much, from what sum on a lead is held, and what outside services' reasons mean."""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from leadloop.policy.section import Section
from leadloop.policy.value_types import Duration, Whole, Written

ProviderName = Annotated[
    str, Written(r"[a-z0-9][a-z0-9_.-]{0,63}", "a service's name of small Latin letters, digits, -, _ and .")
]
Meaning = Literal["fraud", "suspicious", "clean", "stolen_attribution"]
"""What a reason means for the lead. ``stolen_attribution``: a real person, credited to the wrong source."""

_STOLEN: Meaning = "stolen_attribution"

KNOWN_REASONS: dict[str, dict[str, Meaning]] = {
    # https://support.appsflyer.com/hc/en-us/articles/360015179337
    "appsflyer": {
        **{"bots": "fraud", "behavioral_anomalies": "fraud", "store_install_validation": "fraud"},
        **{"install_hijacking": _STOLEN, "ctit_anomalies": _STOLEN, "click_flood": _STOLEN},
    },
    # https://help.adjust.com/en/article/rejected-install-or-reattribution-callbacks
    "adjust": {
        **{"anonymous_traffic": "fraud", "malformed_advertising_id": "fraud", "incorrect_signature": "fraud"},
        **{"engagement_injection": _STOLEN, "distribution_outlier": _STOLEN, "too_many_engagements": _STOLEN},
    },
    # https://help.fraudscore.dev/en/action/reasons/extended
    "fraudscore": {
        **{"emulator": "fraud", "fake device": "fraud", "datacenter": "fraud", "tor": "fraud"},
        **{"low tti": _STOLEN, "clickspam": _STOLEN, "flat tti": _STOLEN, "overall flat tti": _STOLEN},
    },
}
"""What the published reasons of services mean, in small letters; ``fraud.providers.*.reasons`` says otherwise."""


class Weights(Section):
    """What each sign of a bot adds to a lead's score; 0 leaves a sign out."""

    honeypot: Whole = Field(100, ge=0)
    """The field that people do not see was filled in."""
    too_fast: Whole = Field(60, ge=0)
    """The form was filled in within ``fraud.too_fast``."""
    automation: Whole = Field(60, ge=0)
    """The User-Agent is that of a browser without a screen or of a program's HTTP library."""
    foreign_origin: Whole = Field(30, ge=0)
    """A browser sent the form from a page of an origin that ``site.origins`` does not name."""
    phone_pattern: Whole = Field(40, ge=0)
    """The phone is a valid number that people type to get past a form: one digit, a row, or a group repeated."""
    velocity: Whole = Field(50, ge=0)
    """So many other leads with the same ClientID, device or network as ``fraud.velocity`` names; once for each time."""
    phone_block: Whole = Field(0, ge=0)
    """So many other leads with phones of one block as ``fraud.velocity.phone_block`` names; once for each time. 0 as
    long as nobody says otherwise: who tries forms out types one number after another."""
    short_call: Whole = Field(40, ge=0)
    """No call of the lead's deals lasted as long as ``fraud.short_call``; one that nobody answered says nothing."""
    suspicious: Whole = Field(60, ge=0)
    """An outside service's latest word is ``suspicious``, or a reason that nobody has given a meaning."""


class Velocity(Section):
    """How many leads with other contacts, in the busiest period around a lead, are one sign; twice as many are two."""

    client_id: Whole = Field(3, ge=1)
    """With the same ClientID."""
    device: Whole = Field(4, ge=1)
    """From the same network with the same browser and language."""
    network: Whole = Field(10, ge=1)
    """From the same network: 256 addresses of IPv4, or the first 48 bits of IPv6."""
    phone_block: Whole = Field(2, ge=1)
    """With phones that differ in their last three digits alone, within ``fraud.phone_period``."""


class Provider(Section):
    """An antifraud service whose verdicts are taken."""

    reasons: dict[str, Meaning] = Field(default_factory=dict)
    """The service's own reason → ``fraud``, ``suspicious``, ``clean`` or ``stolen_attribution`` (a real person credited
    to the wrong source); a reason that stands nowhere is ``suspicious``."""


class Fraud(Section):
    """The fraud gate."""

    hold_from: Whole = Field(100, ge=1)
    """From this score on a lead is held: nothing of it is sent, and nothing of it is lost."""
    at_hold_end: Literal["keep", "release"] = "keep"
    """What becomes of a held lead that nobody decided about by ``defaults.fraud_hold_ends``."""
    too_fast: Duration = timedelta(seconds=3)
    """A form that was filled in within less than this was filled in by no person."""
    short_call: Duration = timedelta(seconds=5)
    """A call that was answered and lasted less was no talk. The field is ``crm.fields.call_seconds``."""
    period: Duration = timedelta(hours=1)
    """Within which time other leads are counted for ``fraud.velocity``."""
    phone_period: Duration = timedelta(days=1)
    """The same for phones of one block."""
    velocity: Velocity = Field(default_factory=Velocity.model_construct)
    """Leads in quick succession."""
    weights: Weights = Field(default_factory=Weights.model_construct)
    """What each sign weighs."""
    providers: dict[ProviderName, Provider] = Field(default_factory=dict)
    """Antifraud services by the name they give themselves in a verdict."""
