"""Every query the code makes, in one place.

Terraform's composite indexes and SQLite's expression indexes are checked against this page: a query
that is not here does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator

from leadloop.ports.store import Document, Query, Store, Where


def every_document(store: Store, query: Query) -> Iterator[Document]:
    """The documents of all pages, in the query's order. Raises ``StoreUnavailable``."""
    cursor: str | None = None
    while True:
        page = store.query(query, cursor)
        yield from page.documents
        cursor = page.cursor
        if cursor is None:
            return


def leads_awaiting_upload(limit: int = 250) -> Query:
    """Leads with unclaimed conversions, the nearest deadline first."""
    return Query("lead", (Where("next_deadline", ">", ""),), order_by="next_deadline", limit=limit)


def leads_of_upload(token: str, limit: int = 250) -> Query:
    """Leads holding rows of an upload (by the root token)."""
    return Query("lead", (Where("upload_tokens", "array_contains", token),), limit=limit)


def leads_with_weak_id(weak_id: str, limit: int = 20) -> Query:
    """Leads that came with this ClientID, yclid or device id (``client_id:1700…``)."""
    return Query("lead", (Where("weak_ids", "array_contains", weak_id),), limit=limit)


def leads_with_weak_id_between(weak_id: str, after: str, until: str, limit: int = 20) -> Query:
    """Leads that the site sent with this weak id, network or device after one instant and until another."""
    where = (
        Where("weak_ids", "array_contains", weak_id),
        Where("submitted_at", ">", after),
        Where("submitted_at", "<=", until),
    )
    return Query("lead", where, order_by="submitted_at", limit=limit)


def visits_of_client(client_id: str, since_day: str, limit: int = 250) -> Query:
    """Visits of a ClientID on that day (UTC, ``2026-09-01``) and later, the oldest first."""
    where = (Where("client_id", "==", client_id), Where("day", ">=", since_day))
    return Query("visit", where, order_by="day", limit=limit)


def leads_of_submission(submission_id: str, limit: int = 20) -> Query:
    """Leads that came under one submission id; more than one is a conflict."""
    return Query("lead", (Where("submission_id", "==", submission_id),), limit=limit)


def leads_in_order(limit: int = 250) -> Query:
    """All leads, oldest first."""
    return Query("lead", order_by="occurred_at", limit=limit)


def leads_from(instant: str, limit: int = 250) -> Query:
    """Leads since an instant, oldest first."""
    return Query("lead", (Where("occurred_at", ">=", instant),), order_by="occurred_at", limit=limit)


def leads_with_contact_term_from(before: str, limit: int = 250) -> Query:
    """Leads that hold a sealed contact and whose last stage, or submission, was by then, oldest first."""
    return Query("lead", (Where("contact_term_from", "<=", before),), order_by="contact_term_from", limit=limit)


def uploads_in_state(channel: str, state: str, limit: int = 250) -> Query:
    """Uploads of a channel in one state, oldest first."""
    where = (Where("channel", "==", channel), Where("state", "==", state))
    return Query("upload", where, order_by="created_at", limit=limit)


def uploads_in_order(limit: int = 250) -> Query:
    """All uploads, oldest first."""
    return Query("upload", order_by="created_at", limit=limit)


def dirty_marks(crm: str, before: str, limit: int = 250) -> Query:
    """CRM entities that changed and are due to be read, oldest mark first."""
    where = (Where("crm", "==", crm), Where("due_at", "<=", before))
    return Query("dirty_mark", where, order_by="due_at", limit=limit)


def deliveries_due(before: str, limit: int = 250) -> Query:
    """Leads whose delivery to the CRM is to be tried (again)."""
    return Query("delivery", (Where("next_try_at", "<=", before),), order_by="next_try_at", limit=limit)


def crm_refs_waiting(crm: str, before: str, limit: int = 250) -> Query:
    """CRM entities matched to no lead, whose waiting time is over."""
    where = (Where("crm", "==", crm), Where("waits_until", "<=", before))
    return Query("crm_ref", where, order_by="waits_until", limit=limit)


def crm_refs_of_contact(contact_id: str, limit: int = 50) -> Query:
    """CRM deals known to be linked to a contact of the CRM."""
    return Query("crm_ref", (Where("contact_ids", "array_contains", contact_id),), limit=limit)


def told_deals(limit: int = 250) -> Query:
    """Deals that a system told of by itself."""
    return Query("told_deal", limit=limit)


def spooled_messages(limit: int = 100) -> Query:
    """Messages that could not be published, oldest first."""
    return Query("spool", order_by="spooled_at", limit=limit)


def daily_totals(limit: int = 250) -> Query:
    """Daily counters, oldest day first."""
    return Query("daily_total", order_by="day", limit=limit)


def lessened_totals(limit: int = 250) -> Query:
    """Daily counters that something was taken from since they were last cleared."""
    return Query("daily_total", (Where("lessened", "==", True),), limit=limit)


def outcomes_of(kind: str, limit: int = 250) -> Query:
    """How the events of one kind (``submission``, ``hint``) ended."""
    return Query("outcome", (Where("kind", "==", kind),), order_by="at", limit=limit)


def hints_from(instant: str, limit: int = 250) -> Query:
    """How webhooks of the CRM ended that were taken up since an instant, oldest first."""
    where = (Where("kind", "==", "hint"), Where("at", ">=", instant))
    return Query("outcome", where, order_by="at", limit=limit)


def quarantined(limit: int = 250) -> Query:
    """What could not be understood, oldest first."""
    return Query("quarantine", order_by="received_at", limit=limit)


def dead_letters(limit: int = 250) -> Query:
    """Messages that failed every delivery, oldest first."""
    return Query("dead_letter", order_by="received_at", limit=limit)


EVERY_QUERY: tuple[Query, ...] = (
    leads_awaiting_upload(),
    leads_of_upload(""),
    leads_with_weak_id(""),
    leads_with_weak_id_between("", "", ""),
    visits_of_client("", ""),
    leads_of_submission(""),
    leads_in_order(),
    leads_from(""),
    leads_with_contact_term_from(""),
    uploads_in_state("", ""),
    uploads_in_order(),
    dirty_marks("", ""),
    deliveries_due(""),
    crm_refs_waiting("", ""),
    crm_refs_of_contact(""),
    told_deals(),
    spooled_messages(),
    daily_totals(),
    lessened_totals(),
    outcomes_of(""),
    hints_from(""),
    quarantined(),
    dead_letters(),
)
"""One specimen of each query, for index checks and for adapters that build indexes."""
