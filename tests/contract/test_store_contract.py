"""Every store: reading, and writing all or nothing under preconditions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from leadloop.json_types import Json, JsonObject
from leadloop.ports.store import (
    MAX_DOCUMENT_BYTES,
    CommitTooLarge,
    Create,
    Delete,
    Document,
    DocumentTooLarge,
    Increment,
    Key,
    PreconditionFailed,
    Query,
    Store,
    Update,
    Write,
)

ANNA = Key("lead", "anna")
BORIS = Key("lead", "boris")
VERA = Key("lead", "vera")
DAY = Key("daily_total", "2026-09-01-direct")


def the(store: Store, key: Key) -> Document:
    [document] = store.get_many([key])
    assert document is not None
    return document


def fields(store: Store, key: Key) -> JsonObject | None:
    [document] = store.get_many([key])
    return document.fields if document else None


def stored(store: Store) -> dict[Key, JsonObject]:
    collections = ("lead", "daily_total")
    return {document.key: document.fields for name in collections for document in store.query(Query(name)).documents}


def test_a_created_document_is_read_back_as_it_was_written(store: Store) -> None:
    lead: JsonObject = {
        "form": "Заявка «Солнечный квартал» 🏡\u0000\n",
        "client_id": "17000000001234567890",
        "price": 12_500_000_00,
        "share": 0.1,
        "whole": 2.0,
        "spam": False,
        "source": None,
        "stages": [{"name": "принят", "tags": ["a", 1, None]}, {}],
        "empty": [],
        "поле": {"Ё": {}},
    }
    store.commit([Create(ANNA, lead)])
    found = the(store, ANNA)
    assert found.key == ANNA
    assert found.fields == lead
    assert isinstance(found.fields["whole"], float)
    assert isinstance(found.fields["price"], int)


@pytest.mark.parametrize(
    "expires_at",
    [
        "2026-09-01T09:00:00.000000Z",
        "2026-09-01T09:00:00.000001Z",
        "0001-01-01T00:00:00.000000Z",
        "9999-12-31T23:59:59.999999Z",
        "2026-09-01T09:00:00Z",
        "2026-09-01T12:00:00.000000+03:00",
        "никогда",
        "",
        None,
        1_788_253_200,
        ["2026-09-01T09:00:00.000000Z"],
    ],
    ids=str,
)
def test_a_time_of_expiry_is_read_back_as_it_was_written(store: Store, expires_at: Json) -> None:
    store.commit([Create(ANNA, {"expires_at": expires_at}), Increment(DAY, {"leads": 1}, {"expires_at": expires_at})])
    assert fields(store, ANNA) == {"expires_at": expires_at}
    assert fields(store, DAY) == {"leads": 1, "expires_at": expires_at}


def test_documents_are_given_in_the_order_asked_and_none_where_there_is_none(store: Store) -> None:
    store.commit([Create(ANNA, {"n": 1}), Create(DAY, {"n": 2})])
    found = store.get_many([DAY, BORIS, ANNA, DAY])
    assert [document and document.fields for document in found] == [{"n": 2}, None, {"n": 1}, {"n": 2}]
    assert store.get_many([]) == []


def test_thousands_of_keys_are_read_at_once(store: Store) -> None:
    keys = [Key("lead", f"lead-{number:04}") for number in range(2500)]
    store.commit([Create(key, {"n": number}) for number, key in enumerate(keys)])
    assert [document and document.fields["n"] for document in store.get_many(keys[::-1])] == [*range(2499, -1, -1)]


def test_the_same_id_in_another_collection_is_another_document(store: Store) -> None:
    store.commit([Create(ANNA, {"n": 1}), Create(Key("delivery", "anna"), {"n": 2})])
    assert fields(store, ANNA) == {"n": 1}
    assert fields(store, Key("delivery", "anna")) == {"n": 2}


def test_creating_what_exists_names_the_write_and_what_was_found(store: Store) -> None:
    store.commit([Create(ANNA, {"n": 1})])
    with pytest.raises(PreconditionFailed) as failed:
        store.commit([Create(BORIS, {"n": 2}), Create(ANNA, {"n": 3})])
    assert failed.value.key == ANNA
    assert failed.value.expected == "no document"
    assert the(store, ANNA).version in failed.value.found
    assert stored(store) == {ANNA: {"n": 1}}


def test_an_update_replaces_the_whole_document(store: Store) -> None:
    store.commit([Create(ANNA, {"n": 1, "old": True})])
    store.commit([Update(ANNA, {"n": 2}, the(store, ANNA).version)])
    assert fields(store, ANNA) == {"n": 2}


def test_an_update_of_another_version_is_refused(store: Store) -> None:
    store.commit([Create(ANNA, {"n": 1})])
    read = the(store, ANNA)
    store.commit([Update(ANNA, {"n": 2}, read.version)])
    with pytest.raises(PreconditionFailed) as failed:
        store.commit([Update(ANNA, {"n": 3}, read.version)])
    assert read.version in failed.value.expected
    assert the(store, ANNA).version in failed.value.found
    assert fields(store, ANNA) == {"n": 2}


def test_an_update_of_nothing_is_refused(store: Store) -> None:
    store.commit([Create(BORIS, {})])
    with pytest.raises(PreconditionFailed, match="no document"):
        store.commit([Update(ANNA, {"n": 1}, the(store, BORIS).version)])
    assert fields(store, ANNA) is None


def test_a_version_never_returns_not_even_for_equal_content(store: Store) -> None:
    versions = []
    for _ in range(3):
        store.commit([Create(ANNA, {"n": 1})])
        versions.append(the(store, ANNA).version)
        store.commit([Update(ANNA, {"n": 1}, versions[-1])])
        versions.append(the(store, ANNA).version)
        store.commit([Increment(ANNA, {"n": 0})])
        versions.append(the(store, ANNA).version)
        store.commit([Delete(ANNA)])
    assert len(set(versions)) == 9


def test_a_version_from_outside_matches_nothing(store: Store) -> None:
    store.commit([Create(ANNA, {"n": 1})])
    inside_a_microsecond = "1700000000123456789"
    held = the(store, ANNA).version
    for version in ("", "x", f" {held}", f"{held}.0", inside_a_microsecond, "9" * 19, "1" * 19, "-1700000000000000000"):
        with pytest.raises(PreconditionFailed, match="lead/anna: expected version"):
            store.commit([Update(ANNA, {"n": 2}, version)])


def test_deleting_with_a_version_needs_that_version(store: Store) -> None:
    store.commit([Create(ANNA, {"n": 1})])
    before = the(store, ANNA).version
    store.commit([Increment(ANNA, {"n": 1})])
    with pytest.raises(PreconditionFailed):
        store.commit([Delete(ANNA, before)])
    assert fields(store, ANNA) == {"n": 2}
    store.commit([Delete(ANNA, the(store, ANNA).version)])
    assert fields(store, ANNA) is None
    with pytest.raises(PreconditionFailed, match="no document"):
        store.commit([Delete(ANNA, before)])


def test_deleting_without_a_version_takes_what_is_there_or_nothing(store: Store) -> None:
    store.commit([Create(ANNA, {"n": 1})])
    store.commit([Delete(ANNA), Delete(BORIS)])
    assert stored(store) == {}


def test_an_increment_makes_the_document_and_its_counters(store: Store) -> None:
    store.commit([Increment(DAY, {"leads": 1, "stages.sold": 2, "stages.by.day": -1}, {"day": "2026-09-01"})])
    store.commit([Increment(DAY, {"leads": 2, "stages.sold": -5, "stages.lost": 1}, {"day": "2026-09-02"})])
    assert fields(store, DAY) == {
        "day": "2026-09-02",
        "leads": 3,
        "stages": {"sold": -3, "by": {"day": -1}, "lost": 1},
    }


def test_an_increment_leaves_other_fields_alone(store: Store) -> None:
    store.commit([Create(DAY, {"source": "direct", "stages": {"sold": 1}, "kept": [1]})])
    store.commit([Increment(DAY, {"stages.sold": 1})])
    assert fields(store, DAY) == {"source": "direct", "stages": {"sold": 2}, "kept": [1]}


@pytest.mark.parametrize(
    "last",
    [
        Create(VERA, {}),
        Update(BORIS, {}, "0"),
        Delete(BORIS, "0"),
        Create(BORIS, {"text": "я" * MAX_DOCUMENT_BYTES}),
        Increment(BORIS, {"n": 1}, {"text": "я" * MAX_DOCUMENT_BYTES}),
        Create(BORIS, {"n": float("nan")}),
    ],
    ids=lambda write: type(write).__name__,
)
def test_all_or_nothing(store: Store, last: Write) -> None:
    store.commit([Create(VERA, {"n": 1, "weak_ids": ["client_id:1"]}), Create(DAY, {"leads": 7})])
    before = stored(store)
    batch: list[Write] = [
        Create(ANNA, {"n": 2}),
        Increment(DAY, {"leads": 1}),
        *([] if last.key == VERA else [Delete(VERA)]),
    ]
    with pytest.raises((PreconditionFailed, DocumentTooLarge, ValueError)):
        store.commit([*batch, last])
    assert stored(store) == before


def test_two_writes_of_one_key_are_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="lead/anna"):
        store.commit([Create(ANNA, {}), Create(BORIS, {}), Increment(ANNA, {"n": 1})])
    assert stored(store) == {}


def test_an_empty_commit_does_nothing(store: Store) -> None:
    store.commit([])
    assert stored(store) == {}


def test_thousands_of_writes_in_one_commit(store: Store) -> None:
    keys = [Key("lead", f"lead-{number}") for number in range(5000)]
    store.commit([Create(key, {"n": 1}) for key in keys])
    store.commit([Update(document.key, {"n": 2}, document.version) for document in store.get_many(keys) if document])
    assert store.count(Query("lead")) == 5000
    assert {document and document.fields["n"] for document in store.get_many(keys)} == {2}


def test_a_document_over_one_mebibyte_is_refused_by_name(store: Store) -> None:
    with pytest.raises(DocumentTooLarge, match="lead/anna") as refused:
        store.commit([Create(BORIS, {}), Create(ANNA, {"text": ["x" * 500_000, "я" * 300_000]})])
    assert refused.value.key == ANNA
    assert refused.value.size > MAX_DOCUMENT_BYTES
    store.commit([Create(ANNA, {"text": ["x" * 500_000, "я" * 270_000]})])
    with pytest.raises(DocumentTooLarge, match="lead/anna"):
        store.commit([Update(ANNA, {"text": "x" * MAX_DOCUMENT_BYTES}, the(store, ANNA).version)])
    with pytest.raises(DocumentTooLarge, match="lead/anna"):
        store.commit([Increment(ANNA, {f"counters.c{number:06}": 1 for number in range(2000)})])


def test_a_commit_over_ten_mebibytes_is_refused_whole(store: Store) -> None:
    leads: list[Write] = [Create(Key("lead", f"{number}"), {"text": "x" * 1_000_000}) for number in range(11)]
    with pytest.raises(CommitTooLarge, match=r"a commit of 11 writes is 1100\d+ bytes: expected at most 10485760"):
        store.commit(leads)
    assert stored(store) == {}
    store.commit(leads[:4])  # Google's emulator takes no more than 4 MiB
    assert len(stored(store)) == 4


@pytest.mark.parametrize(
    "write",
    [
        Create(ANNA, {"_revision": 1}),
        Increment(ANNA, {"_revision": 1}),
        Increment(ANNA, {"_revision.n": 1}),
        Increment(ANNA, {"n": 1}, {"_revision": 1}),
    ],
)
def test_the_field_that_firestores_adapter_adds_is_nobody_elses(store: Store, write: Write) -> None:
    with pytest.raises(ValueError, match="a field named _revision cannot be stored"):
        store.commit([write])
    store.commit([Increment(ANNA, {"inner._revision": 1})])
    assert fields(store, ANNA) == {"inner": {"_revision": 1}}


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), 2**63, "\ud800", [[1]], {"__reserved__": 1}, {"": 1}],
    ids=["nan", "infinity", "65-bit", "half-character", "list-in-list", "reserved-name", "empty-name"],
)
def test_what_no_store_can_hold_is_refused_by_place(store: Store, value: Json) -> None:
    with pytest.raises(ValueError, match="lead/anna/facts/0/value"):
        store.commit([Create(BORIS, {}), Create(ANNA, {"facts": [{"value": value}]})])
    assert stored(store) == {}


@pytest.mark.parametrize("value", [(1, 2), {1}, b"x", object(), {1: "x"}], ids=lambda value: type(value).__name__)
def test_what_is_not_json_is_refused_even_if_a_store_could_turn_it_into_some(store: Store, value: Json) -> None:
    with pytest.raises(ValueError, match="lead/anna/value"):
        store.commit([Create(ANNA, {"value": value})])


@pytest.mark.parametrize(
    "key", [Key("lead", ""), Key("lead", "a/b"), Key("lead", ".."), Key("lead", "__x__"), Key("lead", "я" * 751)]
)
def test_a_key_that_no_store_takes_is_refused(store: Store, key: Key) -> None:
    for write in (Create(key, {}), Increment(key, {"n": 1}), Delete(key)):
        with pytest.raises(ValueError, match="cannot be stored"):
            store.commit([write])
    with pytest.raises(ValueError, match="cannot be stored"):
        store.get_many([key])


def test_what_was_written_or_read_may_be_changed_without_changing_the_store(store: Store) -> None:
    lead: JsonObject = {"tags": ["new"], "source": {"channel": "direct"}}
    store.commit([Create(ANNA, lead)])
    for changed in (lead, the(store, ANNA).fields, store.query(Query("lead")).documents[0].fields):
        changed["tags"] = ["changed"]
        changed["source"]["channel"] = "changed"  # type: ignore[index, call-overload]
    assert fields(store, ANNA) == {"tags": ["new"], "source": {"channel": "direct"}}


def test_reads_and_writes_are_counted_as_they_are_billed(store: Store) -> None:
    def bill(work: Callable[[], object]) -> tuple[int, int]:
        before = (store.usage.reads, store.usage.writes)
        work()
        return (store.usage.reads - before[0], store.usage.writes - before[1])

    keys = [Key("lead", f"lead-{number:04}") for number in range(1001)]
    assert bill(lambda: store.commit([Create(key, {"n": 1}) for key in keys])) == (0, 1001)
    assert bill(lambda: store.commit([Increment(keys[0], {"n": 1}), Delete(keys[1]), Delete(BORIS)])) == (0, 3)
    assert bill(lambda: store.get_many([keys[0], BORIS])) == (2, 0)
    assert bill(lambda: store.query(Query("upload"))) == (1, 0)
    assert bill(lambda: store.query(Query("lead", limit=2000))) == (1000, 0)
    assert bill(lambda: store.query(Query("lead", limit=10))) == (11, 0)  # one more, to know whether there is more
    assert bill(lambda: store.count(Query("upload"))) == (1, 0)
    assert bill(lambda: store.count(Query("lead"))) == (1, 0)
    store.commit([Create(BORIS, {})])
    assert bill(lambda: store.count(Query("lead"))) == (2, 0)


def test_a_refused_commit_is_not_billed(store: Store) -> None:
    with pytest.raises(PreconditionFailed):
        store.commit([Create(ANNA, {}), Update(BORIS, {}, "1")])
    assert store.usage.writes == 0
