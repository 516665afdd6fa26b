"""Do leadloop's own books add up: outcomes to the intake, totals to the leads, uploads to what Metrica has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Protocol, cast

from leadloop.conversions.context import UploadContext
from leadloop.conversions.leaves import leaf_of
from leadloop.conversions.ledger import UploadLedger
from leadloop.leads.lead import Lead
from leadloop.messages import Message
from leadloop.policy import Policy
from leadloop.ports.store import Document
from leadloop.runtime import Runtime


class Audited(Protocol):
    """What an auditor is shown of a company."""

    policy: Policy

    def documents(self, collection: str) -> Iterable[Document]:
        """Every document of a collection."""
        ...

    def published(self) -> Iterable[Message]:
        """Every message that was ever on the bus."""
        ...

    def answered_events(self) -> Iterable[str]:
        """Event ids of the forms that were answered 2xx."""
        ...

    def metrica_book(self) -> dict[str, Any]:
        """Metrica's own ledger."""
        ...

    def onlooker(self) -> Runtime:
        """A runtime that nothing happens to."""
        ...


_INTAKE = {
    "submission": {"lead_captured", "submission_unreadable"},
    "hint": {"crm_entity_touched", "hint_unreadable"},
}
_REST = ("terminal", "released", "split", "refused")


def faults(company: Audited) -> list[str]:
    """Everything that does not add up; to be asked when nothing is left to do."""
    checks = (_outcomes, _totals, _conversions, _uploads, _metrica)
    return [fault for check in checks for fault in check(company)]


def _outcomes(company: Audited) -> Iterator[str]:
    """Every event that was taken in has ended in exactly one way, and nothing has ended that was not taken in."""
    ended = {one.key.id: str(one.fields["kind"]) for one in company.documents("outcome")}
    for kind, intake in _INTAKE.items():
        taken = {one.event_id for one in company.published() if one.type in intake}
        found = {event_id for event_id, ended_kind in ended.items() if ended_kind == kind}
        yield from (f"{kind} {event_id} has no outcome" for event_id in sorted(taken - found))
        yield from (f"{kind} {event_id} has an outcome and was never taken in" for event_id in sorted(found - taken))
    yield from (f"{one} was answered and has no outcome" for one in company.answered_events() if one not in ended)
    for collection in ("spool", "dead_letter", "dirty_mark"):
        rest = (one for one in company.documents(collection) if not one.fields.get("replayed_at"))
        yield from (f"{collection} {one.key.id} is left" for one in rest)


def _totals(company: Audited) -> Iterator[str]:
    counted, recounted = totals(company), recount(company)
    for place in sorted((counted - recounted) + (recounted - counted)):
        yield f"total {place}: counted {counted[place]}, recounted {recounted[place]}"


def totals(company: Audited) -> Counter[tuple[str, str, str]]:
    """Day, source and counter, as the daily totals have them."""
    found: Counter[tuple[str, str, str]] = Counter()
    for document in company.documents("daily_total"):
        day, _, source = document.key.id.partition("--")
        for name, value in document.fields.items():
            if isinstance(value, int):
                found[day, source, name] += value
            elif isinstance(value, dict):
                found.update({(day, source, f"{name}.{inner}"): cast(int, one) for inner, one in value.items()})
    return +found


def recount(company: Audited) -> Counter[tuple[str, str, str]]:
    """The same, counted anew from the leads."""
    found: Counter[tuple[str, str, str]] = Counter()
    for lead in leads(company):
        state = lead.state(company.policy)
        [place] = lead.counted
        day, _, source = place.partition("--")
        names = ["leads", *(f"stages.{stage}" for stage in state.stages)]
        names += [*(f"claims.{goal}" for goal in lead.claims), *(f"expired.{goal}" for goal in lead.expired)]
        found.update((day, source, name) for name in names)
    return found


def leads(company: Audited) -> list[Lead]:
    """Every lead that rests."""
    return [Lead.of(document) for document in company.documents("lead")]


def _conversions(company: Audited) -> Iterator[str]:
    """Every conversion that its lead's facts amount to is claimed or expired, and its row came to an end."""
    ledger = UploadLedger(UploadContext.of(company.onlooker(), "check-uploads"))
    for lead in leads(company):
        for goal in lead.pending(company.policy):
            yield f"lead {lead.id}: {goal} is neither claimed nor expired"
        for goal, expiry in lead.expired.items():
            if not (expiry.rule.startswith("expired.") and expiry.reason):
                yield f"lead {lead.id}: {goal} expired without saying why"
        for goal, claim in lead.claims.items():
            if claim.token is None:
                yield f"lead {lead.id}: the row of {goal} is in no upload"
            elif (upload := leaf_of(ledger, claim.token, claim.index).upload).state != "terminal":
                yield f"lead {lead.id}: the row of {goal} rests in an upload that is {upload.state}: {upload.reason}"


def _uploads(company: Audited) -> Iterator[str]:
    for document in company.documents("upload"):
        state, totals = document.fields["state"], cast(dict[str, int], document.fields["totals"])
        if state not in _REST:
            yield f"upload {document.key.id} is {state}"
        if state == "terminal" and totals.get("source_quantity") != document.fields["count"]:
            yield f"upload {document.key.id} has {document.fields['count']} rows, Metrica read {totals}"


def _metrica(company: Audited) -> Iterator[str]:
    """Metrica has each upload once, and no row twice."""
    book = company.metrica_book()
    comments = Counter(one["comment"] for one in book["uploadings"])
    ours = {one.key.id for one in company.documents("upload") if one.fields["state"] == "terminal"}
    yield from (f"Metrica has upload {token} {number} times" for token, number in comments.items() if number != 1)
    yield from (f"Metrica has an upload that we do not: {token}" for token in comments.keys() - ours)
    yield from (f"Metrica does not have upload {token}" for token in ours - comments.keys())
    yield from (f"sent twice: {row}" for row in book["resent_rows"])
