"""The indexes that Firestore must have, written down by hand; and that nothing else is indexed or left to rise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import leadloop
from contract.queries import visits_of_source_having
from leadloop import queries
from leadloop.indexes import (
    COLLECTIONS,
    EXPIRING,
    Index,
    IndexedField,
    composite_indexes,
    rising_and_indexed,
    single_field_indexes,
)
from leadloop.ports.store import Query, Where

NEEDED = {
    queries.leads_awaiting_upload(): ["lead: next_deadline"],
    queries.leads_of_upload(""): ["lead: upload_tokens[]"],
    queries.leads_with_weak_id(""): ["lead: weak_ids[]"],
    queries.leads_with_weak_id_between("", "", ""): ["lead: weak_ids[], submitted_at"],
    queries.visits_of_client("", ""): ["visit: client_id, day"],
    queries.leads_of_submission(""): ["lead: submission_id"],
    queries.leads_in_order(): ["lead: occurred_at"],
    queries.leads_from(""): ["lead: occurred_at"],
    queries.leads_with_contact_term_from(""): ["lead: contact_term_from"],
    queries.uploads_in_state("", ""): ["upload: channel, state, created_at"],
    queries.uploads_in_order(): ["upload: created_at"],
    queries.dirty_marks("", ""): ["dirty_mark: crm, due_at"],
    queries.deliveries_due(""): ["delivery: next_try_at"],
    queries.crm_refs_waiting("", ""): ["crm_ref: crm, waits_until"],
    queries.crm_refs_of_contact(""): ["crm_ref: contact_ids[]"],
    queries.told_deals(): [],
    queries.spooled_messages(): ["spool: spooled_at"],
    queries.daily_totals(): ["daily_total: day"],
    queries.lessened_totals(): ["daily_total: lessened"],
    queries.outcomes_of(""): ["outcome: kind, at"],
    queries.hints_from(""): ["outcome: kind, at"],
    queries.quarantined(): ["quarantine: received_at"],
    queries.dead_letters(): ["dead_letter: received_at"],
}


def written(index: Index) -> str:
    return f"{index.collection}: " + ", ".join(
        field.path + ("[]" if field.mode == "contains" else "") for field in index.fields
    )


def all_indexes(*asked: Query) -> list[str]:
    return [written(index) for index in (*composite_indexes(asked), *single_field_indexes(asked))]


@pytest.mark.parametrize("query", queries.EVERY_QUERY, ids=str)
def test_every_query_has_the_index_it_needs(query: Query) -> None:
    assert all_indexes(query) == NEEDED[query]


def test_nothing_is_indexed_that_no_query_needs() -> None:
    needed = {index for indexes in NEEDED.values() for index in indexes}
    assert {written(index) for index in composite_indexes()} == {index for index in needed if ", " in index}
    assert {written(index) for index in single_field_indexes()} == {index for index in needed if ", " not in index}


def test_queries_that_share_an_index_have_one() -> None:
    assert all_indexes(Query("lead", order_by="occurred_at"), Query("lead", (Where("occurred_at", ">", ""),))) == [
        "lead: occurred_at"
    ]


@pytest.mark.parametrize(
    ("query", "indexes"),
    [
        (Query("lead"), []),
        (Query("lead", (Where("b", "==", 1), Where("a", "==", 1))), ["lead: a", "lead: b"]),
        (Query("lead", (Where("a", "==", 1),), order_by="a"), ["lead: a"]),
        (visits_of_source_having("", ""), ["visit: source.channel, goals[], depth"]),
    ],
    ids=["by id", "equalities are merged", "ordered by what is equal", "all together"],
)
def test_the_indexes_of_other_shapes(query: Query, indexes: list[str]) -> None:
    assert all_indexes(query) == indexes


def test_an_index_is_told_in_words_that_terraform_knows() -> None:
    [index] = composite_indexes([queries.dirty_marks("", "")])
    assert index == Index("dirty_mark", (IndexedField("crm", "ascending"), IndexedField("due_at", "ascending")))


def test_what_rises_is_indexed_only_where_the_oldest_are_asked_for() -> None:
    assert rising_and_indexed() == (
        ("crm_ref", "waits_until"),
        ("daily_total", "day"),
        ("dead_letter", "received_at"),
        ("delivery", "next_try_at"),
        ("dirty_mark", "due_at"),
        ("lead", "contact_term_from"),
        ("lead", "next_deadline"),
        ("lead", "occurred_at"),
        ("lead", "submitted_at"),
        ("outcome", "at"),
        ("quarantine", "received_at"),
        ("spool", "spooled_at"),
        ("upload", "created_at"),
        ("visit", "day"),
    )


def sources() -> Iterator[str]:
    package = Path(leadloop.__file__).parent
    for path in (*package.rglob("*.py"), *(package.parent.parent / "functions").rglob("*.py")):
        if "adapters" not in path.parts:
            yield path.read_text()


def test_every_collection_is_listed() -> None:
    assert {name for source in sources() for name in re.findall(r'Key\("(\w+)"', source)} == set(COLLECTIONS)
    assert {query.collection for query in queries.EVERY_QUERY} <= set(COLLECTIONS)


def test_every_collection_whose_documents_end_is_listed() -> None:
    ending = [source for source in sources() if '"expires_at":' in source]
    assert {name for source in ending for name in re.findall(r'Key\("(\w+)"', source)} == set(EXPIRING)
