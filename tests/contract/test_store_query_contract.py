"""Every store: the declared queries, in order, page by page."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from contract.queries import (
    visits_between,
    visits_by_depth,
    visits_having,
    visits_of_source,
    visits_of_source_having,
    visits_where_depth,
    visits_with_depth,
)
from leadloop import queries
from leadloop.json_types import Json, JsonObject
from leadloop.ports.store import Create, Delete, Increment, Key, Query, Store, Update, Where


def put(store: Store, collection: str, documents: dict[str, JsonObject]) -> None:
    store.commit([Create(Key(collection, name), fields) for name, fields in documents.items()])


def ids(store: Store, query: Query) -> list[str]:
    page = store.query(query)
    assert page.cursor is None
    assert store.count(query) == len(page.documents)
    return [document.key.id for document in page.documents]


def pages(store: Store, query: Query) -> Iterator[list[str]]:
    cursor = None
    while True:
        page = store.query(query, cursor)
        yield [document.key.id for document in page.documents]
        cursor = page.cursor
        if cursor is None:
            return


VISITS: dict[str, JsonObject] = {
    "none": {},
    "null": {"depth": None},
    "minus": {"depth": -1},
    "zero": {"depth": 0},
    "half": {"depth": 0.5},
    "one": {"depth": 1},
    "one-as-float": {"depth": 1.0},
    "ten": {"depth": 10},
    "text-empty": {"depth": ""},
    "text-10": {"depth": "10"},
    "text-2": {"depth": "2"},
    "text-ж": {"depth": "ж"},
    "text-🏡": {"depth": "🏡"},
    "yes": {"depth": True},
    "list": {"depth": [1]},
    "map": {"depth": {"a": 1}},
}


def test_leads_awaiting_upload_come_by_deadline_and_only_those_with_one(store: Store) -> None:
    put(
        store,
        "lead",
        {
            "late": {"next_deadline": "2026-09-21T06:00:00.000000Z"},
            "done": {"next_deadline": None},
            "never": {"occurred_at": "2026-09-01T09:00:00.000000Z"},
            "soon": {"next_deadline": "2026-09-20T06:00:00.000000Z"},
            "broken": {"next_deadline": 20260920},
        },
    )
    assert ids(store, queries.leads_awaiting_upload()) == ["soon", "late"]


def test_a_range_and_equalities_together(store: Store) -> None:
    put(
        store,
        "dirty_mark",
        {
            "b": {"crm": "amocrm", "due_at": "2026-09-01T09:00:00.000000Z"},
            "a": {"crm": "amocrm", "due_at": "2026-09-01T09:00:00.000000Z"},
            "other": {"crm": "bitrix24", "due_at": "2026-09-01T09:00:00.000000Z"},
            "first": {"crm": "amocrm", "due_at": "2026-09-01T08:00:00.000000Z"},
            "later": {"crm": "amocrm", "due_at": "2026-09-01T09:00:00.000001Z"},
            "undated": {"crm": "amocrm"},
        },
    )
    assert ids(store, queries.dirty_marks("amocrm", "2026-09-01T09:00:00.000000Z")) == ["first", "a", "b"]


def test_times_of_expiry_are_compared_and_paged_as_other_times(store: Store) -> None:
    times: list[Json] = [f"2026-09-{day:02}T09:00:00.000000Z" for day in (3, 1, 2, 2)]
    put(store, "outcome", {name: {"expires_at": at} for name, at in zip("abcd", times, strict=True)})
    until = Where("expires_at", "<=", "2026-09-02T09:00:00.000000Z")
    query = Query("outcome", (until,), order_by="expires_at", limit=2)
    assert list(pages(store, query)) == [["b", "c"], ["d"]]
    assert ids(store, Query("outcome", (Where("expires_at", "==", times[0]),))) == ["a"]


def test_uploads_of_one_channel_and_state_by_age(store: Store) -> None:
    put(
        store,
        "upload",
        {
            name: {"channel": channel, "state": state, "created_at": f"2026-09-{day:02}T00:00:00.000000Z"}
            for name, channel, state, day in [
                ("t3", "offline", "accepted", 3),
                ("t1", "offline", "accepted", 1),
                ("t2", "offline", "sending", 2),
                ("t4", "orders", "accepted", 4),
            ]
        },
    )
    assert ids(store, queries.uploads_in_state("offline", "accepted")) == ["t1", "t3"]
    assert ids(store, queries.uploads_in_order()) == ["t1", "t2", "t3", "t4"]


def test_lists_are_asked_for_a_member(store: Store) -> None:
    put(
        store,
        "lead",
        {
            "anna": {"weak_ids": ["client_id:17", "yclid:5"], "upload_tokens": ["tokenA", "tokenA"]},
            "boris": {"weak_ids": ["client_id:17"], "upload_tokens": []},
            "vera": {"weak_ids": "client_id:17"},
            "gleb": {"weak_ids": ["client_id:170"]},
        },
    )
    assert ids(store, queries.leads_with_weak_id("client_id:17")) == ["anna", "boris"]
    assert ids(store, queries.leads_of_upload("tokenA")) == ["anna"]
    assert ids(store, queries.leads_of_upload("token")) == []


def test_the_visits_of_one_client_since_a_day(store: Store) -> None:
    put(
        store,
        "visit",
        {
            "before": {"client_id": "17", "day": "2026-08-31"},
            "later": {"client_id": "17", "day": "2026-09-02"},
            "that-day": {"client_id": "17", "day": "2026-09-01"},
            "of-another": {"client_id": "170", "day": "2026-09-01"},
        },
    )
    assert ids(store, queries.visits_of_client("17", "2026-09-01")) == ["that-day", "later"]
    assert list(pages(store, queries.visits_of_client("17", "", limit=2))) == [["before", "that-day"], ["later"]]


def test_members_follow_the_document_as_it_changes(store: Store) -> None:
    key = Key("lead", "anna")

    def version() -> str:
        [lead] = store.get_many([key])
        assert lead is not None
        return lead.version

    store.commit([Create(key, {"upload_tokens": ["a"]})])
    store.commit([Update(key, {"upload_tokens": ["b", "c"]}, version())])
    assert [ids(store, queries.leads_of_upload(token)) for token in "abc"] == [[], ["anna"], ["anna"]]
    store.commit([Increment(key, {"n": 1}, {"upload_tokens": ["c", "d"]})])
    assert [ids(store, queries.leads_of_upload(token)) for token in "bcd"] == [[], ["anna"], ["anna"]]
    store.commit([Delete(key)])
    assert ids(store, queries.leads_of_upload("c")) == []


@pytest.mark.parametrize(
    ("member", "found"),
    [
        ("1", ["text"]),
        (1, ["float", "int"]),
        (1.0, ["float", "int"]),
        (True, ["bool"]),
        ({"b": 1, "a": "ж"}, ["map"]),
    ],
)
def test_members_are_equal_by_type_and_value(store: Store, member: Json, found: list[str]) -> None:
    members: dict[str, Json] = {
        "text": "1", "int": 1, "float": 1.0, "bool": True, "null": None, "map": {"a": "ж", "b": 1},
    }  # fmt: skip
    put(store, "visit", {name: {"goals": [0, value]} for name, value in members.items()})
    assert ids(store, visits_having(member)) == found


def test_a_member_an_equality_and_an_order_together(store: Store) -> None:
    put(
        store,
        "visit",
        {
            "deep": {"goals": ["call", "form"], "source": {"channel": "direct"}, "depth": 9},
            "flat": {"goals": ["call"], "source": {"channel": "direct"}, "depth": 1},
            "organic": {"goals": ["call"], "source": {"channel": "organic"}, "depth": 2},
            "unmeasured": {"goals": ["call"], "source": {"channel": "direct"}},
        },
    )
    assert ids(store, visits_of_source_having("direct", "call")) == ["flat", "deep"]
    assert ids(store, visits_of_source_having("direct", "form")) == ["deep"]


def test_paths_with_dots_lead_into_maps(store: Store) -> None:
    put(
        store,
        "visit",
        {
            "in": {"source": {"channel": "direct"}, "depth": 1},
            "flat": {"source": "direct", "depth": 1},
            "elsewhere": {"channel": "direct", "depth": 1},
        },
    )
    assert ids(store, visits_of_source("direct")) == ["in"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (visits_where_depth(">", 0), ["half", "one", "one-as-float", "ten"]),
        (visits_where_depth(">=", 0), ["zero", "half", "one", "one-as-float", "ten"]),
        (visits_where_depth("<", 1), ["minus", "zero", "half"]),
        (visits_where_depth("<=", 0.5), ["minus", "zero", "half"]),
        (visits_where_depth(">", ""), ["text-10", "text-2", "text-ж", "text-🏡"]),
        (visits_where_depth(">=", ""), ["text-empty", "text-10", "text-2", "text-ж", "text-🏡"]),
        (visits_where_depth("<=", "2"), ["text-empty", "text-10", "text-2"]),
        (visits_where_depth("<", "ж"), ["text-empty", "text-10", "text-2"]),
        (visits_between(0, 1), ["half", "one", "one-as-float"]),
        (visits_between("1", "ж"), ["text-10", "text-2", "text-ж"]),
        (visits_with_depth(1), ["one", "one-as-float"]),
        (visits_with_depth(True), ["yes"]),
        (visits_with_depth(None), ["null"]),
        (visits_with_depth("10"), ["text-10"]),
    ],
    ids=lambda value: (
        " and ".join(f"{w.operator} {w.value!r}" for w in value.where) if isinstance(value, Query) else ""
    ),
)
def test_only_values_of_the_same_type_compare(store: Store, query: Query, found: list[str]) -> None:
    put(store, "visit", VISITS)
    assert ids(store, query) == found


def test_an_ordered_query_leaves_out_who_lacks_the_field_but_not_null(store: Store) -> None:
    # Firestore puts booleans before numbers; no declared query orders by one.
    put(store, "visit", {name: fields for name, fields in VISITS.items() if name != "yes"})
    found = ids(store, visits_by_depth())
    assert "none" not in found
    assert found[:9] == ["null", "minus", "zero", "half", "one", "one-as-float", "ten", "text-empty", "text-10"]
    assert len(found) == len(VISITS) - 2


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 16])
@pytest.mark.parametrize(
    "query", [visits_by_depth, lambda limit: Query("visit", limit=limit)], ids=["ordered", "by id"]
)
def test_pages_of_any_size_give_the_whole_in_order(store: Store, limit: int, query: object) -> None:
    put(store, "visit", VISITS)
    whole = ids(store, query(250))  # type: ignore[operator]
    paged = list(pages(store, query(limit)))  # type: ignore[operator]
    assert [name for page in paged for name in page] == whole
    assert all(len(page) == limit for page in paged[:-1])
    assert paged[-1]


def test_a_range_and_a_member_are_paged_too(store: Store) -> None:
    put(store, "visit", {f"{number:02}": {"depth": number // 4, "goals": ["call"]} for number in range(20)})
    assert [name for page in pages(store, visits_where_depth(">", 0, limit=3)) for name in page] == [
        f"{number:02}" for number in range(4, 20)
    ]
    assert [name for page in pages(store, visits_having("call", limit=3)) for name in page] == [
        f"{number:02}" for number in range(20)
    ]


def test_there_is_no_cursor_when_there_is_no_more(store: Store) -> None:
    put(store, "visit", {name: {"depth": 1} for name in "abcd"})
    first = store.query(visits_by_depth(2))
    assert first.cursor is not None
    assert store.query(visits_by_depth(2), first.cursor).cursor is None
    assert store.query(visits_by_depth(4)).cursor is None
    assert store.query(queries.quarantined()).cursor is None


def test_ties_are_paged_by_id_while_documents_come_and_go(store: Store) -> None:
    put(store, "visit", {f"b{number}": {"depth": 1} for number in range(6)})
    first = store.query(visits_by_depth(2))
    assert [document.key.id for document in first.documents] == ["b0", "b1"]
    put(store, "visit", {"a": {"depth": 1}, "b20": {"depth": 1}, "zz": {"depth": 0}, "c": {"depth": 2}})
    store.commit([Delete(Key("visit", "b1")), Delete(Key("visit", "b3"))])
    rest = store.query(visits_by_depth(20), first.cursor)
    assert [document.key.id for document in rest.documents] == ["b2", "b20", "b4", "b5", "c"]


def test_a_cursor_works_with_another_limit_and_after_other_bounds(store: Store) -> None:
    put(store, "visit", {f"v{number}": {"depth": number} for number in range(8)})
    cursor = store.query(visits_where_depth("<=", 5, limit=2)).cursor
    rest = store.query(visits_where_depth("<=", 6, limit=9), cursor)
    assert [document.key.id for document in rest.documents] == ["v2", "v3", "v4", "v5", "v6"]
    cursor = store.query(visits_where_depth(">", 0, limit=1)).cursor
    rest = store.query(visits_where_depth(">", 5), cursor)
    assert [document.key.id for document in rest.documents] == ["v6", "v7"]


@pytest.mark.parametrize("cursor", ["", "x", "bm90IGpzb24=", "WyJhIiwgImIiLCAiYyJd", "ж"])
def test_a_cursor_that_is_none_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        store.query(visits_by_depth(), cursor)


@pytest.mark.parametrize("id_", ["", "a/b", "..", "../../lead/x", "__x__", "\ud800", "я" * 751, None, 7, ["a"]])
def test_a_cursor_at_an_id_that_no_document_has_is_refused(store: Store, id_: Json) -> None:
    put(store, "visit", VISITS)
    asked: list[tuple[Query, Json]] = [(visits_by_depth(), [1, 2]), (Query("visit"), None)]
    for query, place in asked:
        with pytest.raises(ValueError, match="a cursor cannot be read"):
            store.query(query, cursor_at(place, id_))


@pytest.mark.parametrize(
    "place",
    [[1, "text"], [2, 5], [1, 2**63], [1, float("inf")], [1, float("nan")], [2, "\ud800"], [4, "x"], [5, [1]], [1], {}],
    ids=str,
)
def test_a_cursor_at_a_value_that_no_document_has_is_refused(store: Store, place: Json) -> None:
    put(store, "visit", VISITS)
    with pytest.raises(ValueError, match="a cursor cannot be read"):
        store.query(visits_by_depth(), cursor_at(place, "a"))


def cursor_at(place: Json, id_: Json) -> str:
    """A cursor as nobody was given it."""
    return base64.urlsafe_b64encode(json.dumps([place, id_]).encode()).decode()


def test_a_cursor_of_another_query_is_refused(store: Store) -> None:
    put(store, "visit", {name: {"depth": 1} for name in "ab"})
    by_depth = store.query(visits_by_depth(1)).cursor
    by_id = store.query(Query("visit", limit=1)).cursor
    for query, cursor in [
        (Query("visit"), by_depth),
        (visits_by_depth(), by_id),
        (visits_where_depth(">", "text"), by_depth),
    ]:
        with pytest.raises(ValueError, match="another query"):
            store.query(query, cursor)


def test_a_count_looks_past_the_limit(store: Store) -> None:
    put(store, "visit", VISITS)
    assert store.count(visits_by_depth(2)) == len(VISITS) - 1
    assert store.count(visits_where_depth(">", 0, limit=1)) == 4
    assert store.count(Query("visit", limit=1)) == len(VISITS)
    assert store.count(queries.leads_in_order()) == 0


@pytest.mark.parametrize(
    "query",
    [
        Query("lead", (Where("a", ">", 1), Where("b", ">", 1))),
        Query("lead", (Where("a", ">", 1),), order_by="b"),
        Query("lead", (Where("a", "==", [1]),)),
        Query("lead", (Where("a", "<", None),)),
        visits_having(None),
        visits_having([1]),
        visits_between(0, "ж"),
        Query("lead", (Where("a b", "==", 1),)),
        Query("lead", order_by="a..b"),
        Query("lead'", order_by="a"),
        Query("lead", limit=0),
    ],
    ids=[
        *("two ranges", "order apart", "list", "null bound", "null member", "list member"),
        *("two types", "path", "dots", "collection", "limit"),
    ],
)
def test_a_query_that_some_store_could_not_do_is_refused(store: Store, query: Query) -> None:
    with pytest.raises(ValueError, match="cannot be done"):
        store.query(query)
    if query.limit:
        with pytest.raises(ValueError, match="cannot be done"):
            store.count(query)
