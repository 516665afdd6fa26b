"""The constructors of facts: the only places where a fact's values and id are made."""

from __future__ import annotations

from datetime import datetime

from leadloop import timestamps
from leadloop.digests import digest
from leadloop.facts import Fact, FactKind, Feed
from leadloop.json_types import Json, JsonObject, json_list
from leadloop.messages import Submission, VerdictReceived

_NOT_SAID = ("contact_sealed", "bot_signs", "phone_block", "network", "device", "first_landing", "first_referrer")
"""What may differ between two sendings of one form, and makes no other fact of the second."""


def submission(sent: Submission) -> Fact:
    """A site lead was submitted. A resend of the same content with the same ids is the same fact."""
    values: JsonObject = sent.model_dump(mode="json", exclude={"occurred_at", "received_at", "lead_id", "trial"})
    said = {name: value for name, value in values.items() if name not in _NOT_SAID}
    return _fact(FactKind.SUBMITTED, sent.occurred_at, Feed.SITE, values, digest("submitted", sent.lead_id, said))


def visit(client_id: str, at: datetime) -> Fact:
    """The browser of a ClientID was on the site at ``at``.

    One fact a day (UTC): a second beacon of the day is the same fact, and of the two the earlier stays.
    """
    day = timestamps.utc_day(at)
    values: JsonObject = {"day": day, "client_id": client_id}
    return _fact(FactKind.VISITED, at, Feed.SITE, values, digest("visited", client_id, day))


def crm_link(crm: str, external_id: str, by: str, at: datetime) -> Fact:
    """The lead is this CRM lead entity; ``by`` says how it was found (created, field, client_id, key …)."""
    values: JsonObject = {"crm": crm, "external_id": external_id, "by": by}
    return _fact(FactKind.CRM_LINKED, at, Feed.CRM, values, digest("crm_linked", crm, external_id))


def contact(crm: str, external_id: str, medium: str, at: datetime, *, incoming: bool, answered: bool) -> Fact:
    """Somebody called, chatted or asked (``medium``), as the call tracker ``crm`` recorded it."""
    values: JsonObject = {
        "crm": crm,
        "external_id": external_id,
        "medium": medium,
        "incoming": incoming,
        "answered": answered,
    }
    return _fact(FactKind.CONTACTED, at, Feed.CRM, values, digest("contacted", crm, external_id))


def stage_entry(crm: str, external_id: str, pipeline_id: str, status_id: str, at: datetime, exact: bool) -> Fact:
    """The CRM entity entered a status at the vendor's transition time (``exact``), or at its last edit."""
    values: JsonObject = {
        "crm": crm,
        "external_id": external_id,
        "pipeline_id": pipeline_id,
        "status_id": status_id,
        "exact": exact,
    }
    identity = digest("stage_entered", crm, external_id, pipeline_id, status_id, timestamps.to_text(at))
    return _fact(FactKind.STAGE_ENTERED, at, Feed.CRM, values, identity)


def price(crm: str, external_id: str, amount: int, currency: str, at: datetime) -> Fact:
    """The deal's price, in minor units, as last edited at ``at``."""
    values: JsonObject = {"crm": crm, "external_id": external_id, "amount": amount, "currency": currency}
    identity = digest("price_observed", crm, external_id, amount, currency, timestamps.to_text(at))
    return _fact(FactKind.PRICE_OBSERVED, at, Feed.CRM, values, identity)


def observed_ids(crm: str, external_id: str, ids: dict[str, str], key_ids: tuple[str, ...], at: datetime) -> Fact:
    """Ad ids and contact keys read from the CRM entity."""
    found: dict[str, Json] = dict(sorted(ids.items()))
    values: JsonObject = {"crm": crm, "external_id": external_id, "ids": found, "key_ids": json_list(sorted(key_ids))}
    identity = digest("ids_observed", crm, external_id, found, json_list(sorted(key_ids)))
    return _fact(FactKind.IDS_OBSERVED, at, Feed.CRM, values, identity)


def deal_view(crm: str, external_id: str, shown: JsonObject, at: datetime) -> Fact:
    """What the deal's other fields show; ``shown``: filled, responsible, loss_reason, source (``DealView``)."""
    values: JsonObject = {"crm": crm, "external_id": external_id, **shown}
    identity = digest("deal_observed", crm, external_id, shown, timestamps.to_text(at))
    return _fact(FactKind.DEAL_OBSERVED, at, Feed.CRM, values, identity)


def source_overwriting(crm: str, external_id: str, field: str, old: str, new: str, by: str, at: datetime) -> Fact:
    """Somebody replaced one text of a source field by another, or by none.

    ``by`` is empty when the CRM does not say who.
    """
    values: JsonObject = {"crm": crm, "external_id": external_id, "field": field, "old": old, "new": new, "by": by}
    identity = digest("source_overwritten", crm, external_id, field, old, new, timestamps.to_text(at))
    return _fact(FactKind.SOURCE_OVERWRITTEN, at, Feed.CRM, values, identity)


def crm_entity_lost(crm: str, external_id: str, how: str, into: str | None, at: datetime) -> Fact:
    """The CRM entity is gone; ``into`` is the entity that took it over, if known."""
    values: JsonObject = {"crm": crm, "external_id": external_id, "how": how, "into": into}
    identity = digest("crm_entity_lost", crm, external_id, how, into, timestamps.to_text(at))
    return _fact(FactKind.CRM_ENTITY_LOST, at, Feed.CRM, values, identity)


def crm_entity_restored(crm: str, external_id: str, at: datetime) -> Fact:
    """The CRM entity that was deleted is there again."""
    values: JsonObject = {"crm": crm, "external_id": external_id}
    identity = digest("crm_entity_restored", crm, external_id, timestamps.to_text(at))
    return _fact(FactKind.CRM_ENTITY_RESTORED, at, Feed.CRM, values, identity)


def outside_verdict(said: VerdictReceived) -> Fact:
    """An antifraud service judged the lead. The same word sent again is the same fact; a reversal is another one.

    The raw words rest: what they mean is for the policy, which may change, to say.
    """
    values: JsonObject = {
        "provider": said.provider,
        "verdict": said.verdict,
        "reason": said.reason,
        "verdict_id": said.verdict_id,
        "reattributed_to": said.reattributed_to,
    }
    identity = digest("verdict_received", values, timestamps.to_text(said.detected_at))
    return _fact(FactKind.VERDICT_RECEIVED, said.detected_at, Feed.SITE, values, identity)


def release(at: datetime) -> Fact:
    """A person said at ``at`` that the lead is no bot's."""
    return _fact(FactKind.RELEASED, at, Feed.OPERATOR, {}, digest("released", timestamps.to_text(at)))


def _fact(kind: FactKind, at: datetime, feed: Feed, values: JsonObject, identity: str) -> Fact:
    return Fact(id=identity, kind=kind, occurred_at=at, feed=feed, values=values)
