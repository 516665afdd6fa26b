"""Firestore's store: what becomes of every way to fail, and what documents are like on the other side."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from grpc import StatusCode

from contract.firestore import firestore_store
from leadloop.adapters.document_size import NotStorable, document_size
from leadloop.adapters.firestore_store import FirestoreStore
from leadloop.adapters.firestore_values import to_fields
from leadloop.adapters.firestore_wire import EMULATOR, Wire
from leadloop.adapters.firestore_writes import escaped
from leadloop.json_types import JsonObject
from leadloop.ports.store import (
    MAX_COMMIT_BYTES,
    MAX_DOCUMENT_BYTES,
    CommitTooLarge,
    Create,
    DocumentTooLarge,
    Increment,
    Key,
    PreconditionFailed,
    Query,
    Store,
    StoreUnavailable,
    Update,
)
from support.emulators import firestore_emulator, new_project
from support.firestore_server import firestore_server
from support.publisher_server import TOLD_BY_THE_SERVER
from unit.adapters.raw_server import Connection, RawServer

ANNA = Key("lead", "anna")
ANNAS_NAME = "projects/sokol/databases/(default)/documents/lead/anna"
DAY = Key("daily_total", "2026-09-01-direct")
OK = StatusCode.OK
StoreAt = Callable[..., FirestoreStore]


@pytest.fixture
def store_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[StoreAt]:
    opened: list[FirestoreStore] = []

    def store(address: str, timeout_seconds: float = 30.0) -> FirestoreStore:
        monkeypatch.setenv(EMULATOR, address)
        opened.append(FirestoreStore("sokol", timeout_seconds=timeout_seconds))
        return opened[-1]

    yield store
    for one in opened:
        one.close()


@pytest.fixture
def emulated(tmp_path: Path) -> Iterator[Store]:
    with firestore_store(tmp_path) as store:
        yield store


def keep_silent(connection: Connection) -> None:
    connection.stall()


CODES = [
    (StatusCode.UNAUTHENTICATED, "did not accept who asks", "gcloud auth application-default login"),
    (StatusCode.PERMISSION_DENIED, "is closed to this account", "roles/datastore.user"),
    (StatusCode.RESOURCE_EXHAUSTED, "has no quota left", "see the quotas of the project"),
    (StatusCode.DATA_LOSS, "could not be reached or failed", "try again"),
]


@pytest.mark.parametrize(("code", "what", "to_do"), CODES)
def test_a_failure_says_what_to_do_and_nothing_that_the_server_said(
    store_at: StoreAt, code: StatusCode, what: str, to_do: str
) -> None:
    with firestore_server(reads=(code,), commits=(code,)) as server:
        store = store_at(server.address)
        for call in (
            lambda: store.get_many([ANNA]),
            lambda: store.query(Query("lead")),
            lambda: store.count(Query("lead")),
            lambda: store.commit([Create(ANNA, {})]),
        ):
            with pytest.raises(StoreUnavailable, match=rf"^Firestore sokol/\(default\) {what}.*{to_do}") as failed:
                call()
            assert TOLD_BY_THE_SERVER not in "".join(traceback.format_exception(failed.value))
    assert (store.usage.reads, store.usage.writes) == (0, 0)


@pytest.mark.parametrize(
    ("code", "to_do"),
    [
        (StatusCode.NOT_FOUND, "correct LEADLOOP_PROJECT and LEADLOOP_DATABASE"),
        (StatusCode.INVALID_ARGUMENT, "correct LEADLOOP_PROJECT and LEADLOOP_DATABASE"),
        (StatusCode.FAILED_PRECONDITION, "leadloop.indexes lists what is needed"),
    ],
)
def test_a_read_that_is_refused_says_what_is_missing(store_at: StoreAt, code: StatusCode, to_do: str) -> None:
    with firestore_server(reads=(code,)) as server, pytest.raises(StoreUnavailable, match=to_do):
        store_at(server.address).query(Query("lead"))
    assert len(server.seconds_left) == 1


def test_a_commit_to_a_database_that_is_not_there_is_no_conflict(store_at: StoreAt) -> None:
    missing = (StatusCode.NOT_FOUND,)
    with firestore_server(reads=missing, commits=missing) as server:
        for write in (Create(ANNA, {}), Increment(DAY, {"leads": 1})):
            with pytest.raises(StoreUnavailable, match="is not there"):
                store_at(server.address).commit([write])


def test_a_read_that_breaks_off_is_begun_again_and_nothing_is_given_twice(store_at: StoreAt) -> None:
    with firestore_server(reads=(StatusCode.UNAVAILABLE, StatusCode.INTERNAL, OK), found=(ANNAS_NAME,)) as server:
        [anna] = store_at(server.address).get_many([ANNA])
    assert anna is not None
    assert anna.fields == {"n": 3}


def test_all_attempts_of_a_read_share_its_time(store_at: StoreAt) -> None:
    with firestore_server(reads=(StatusCode.UNAVAILABLE,)) as server, pytest.raises(StoreUnavailable):
        store_at(server.address, timeout_seconds=2.0).get_many([ANNA])
    left = server.seconds_left
    assert len(left) > 1
    assert left[-1] < left[0] <= 2


@pytest.mark.parametrize("answer", [StatusCode.UNAVAILABLE, StatusCode.INTERNAL, StatusCode.UNKNOWN, None])
def test_a_commit_that_may_have_been_done_is_not_sent_again(store_at: StoreAt, answer: StatusCode | None) -> None:
    # Sent again, its own document would look like somebody else's.
    with firestore_server(commits=(answer, OK)) as server:
        store = store_at(server.address, timeout_seconds=2.0)
        with pytest.raises(StoreUnavailable, match="nothing is known to be written; try again"):
            store.commit([Create(ANNA, {})])
        assert len(server.committed) == 1
        assert store.usage.writes == 0


def test_a_commit_that_lost_its_turn_is_sent_again_because_nothing_was_written(store_at: StoreAt) -> None:
    with firestore_server(commits=(StatusCode.ABORTED, StatusCode.ABORTED, OK)) as server:
        store = store_at(server.address)
        store.commit([Increment(DAY, {"leads": 1}), Create(ANNA, {})])
        assert len(server.committed) == 3
        assert server.committed[0] == server.committed[2]
        assert store.usage.writes == 2


def test_a_commit_that_never_gets_its_turn_says_so(store_at: StoreAt) -> None:
    says = r"too busy with the same documents.*nothing was written; try again"
    with firestore_server(commits=(StatusCode.ABORTED,)) as server, pytest.raises(StoreUnavailable, match=says):
        store_at(server.address, timeout_seconds=1.5).commit([Create(ANNA, {})])


def test_a_refusal_whose_reason_has_passed_is_tried_once_more(store_at: StoreAt) -> None:
    with firestore_server(commits=(StatusCode.ALREADY_EXISTS, OK)) as server:
        store = store_at(server.address)
        store.commit([Create(ANNA, {})])
        assert (store.usage.reads, store.usage.writes) == (1, 1)


class TestWhoMayOnlyCreate:
    """The public functions, whose spool takes what the bus does not."""

    def test_learns_that_it_is_there_already(self, store_at: StoreAt) -> None:
        with (
            firestore_server(reads=(StatusCode.PERMISSION_DENIED,), commits=(StatusCode.ALREADY_EXISTS,)) as server,
            pytest.raises(PreconditionFailed, match="lead/anna: expected no document, found one"),
        ):
            store_at(server.address).commit([Create(ANNA, {})])

    @pytest.mark.parametrize("status", [StatusCode.NOT_FOUND, StatusCode.FAILED_PRECONDITION])
    def test_does_not_take_another_refusal_for_it(self, store_at: StoreAt, status: StatusCode) -> None:
        with (
            firestore_server(reads=(StatusCode.PERMISSION_DENIED,), commits=(status,)) as server,
            pytest.raises(StoreUnavailable, match="is closed to this account"),
        ):
            store_at(server.address).commit([Create(ANNA, {})])


def test_a_refusal_without_a_reason_is_a_conflict_all_the_same(store_at: StoreAt) -> None:
    with firestore_server(commits=(StatusCode.FAILED_PRECONDITION,)) as server:
        with pytest.raises(PreconditionFailed, match="lead/anna: expected no other writer, found one at every attempt"):
            store_at(server.address).commit([Create(ANNA, {}), Increment(DAY, {"leads": 1})])
        assert len(server.committed) == 2


def test_the_first_write_that_could_not_be_done_is_named(store_at: StoreAt) -> None:
    says = "lead/anna: expected version 17, found version 1000000000;"
    commits = (StatusCode.ABORTED, StatusCode.ALREADY_EXISTS)
    with (
        firestore_server(commits=commits, found=(ANNAS_NAME,)) as server,
        pytest.raises(PreconditionFailed, match=says),
    ):
        store_at(server.address).commit([Create(DAY, {}), Update(ANNA, {}, "17")])


def test_what_firestore_does_not_take_is_no_conflict(store_at: StoreAt) -> None:
    with firestore_server(commits=(StatusCode.INVALID_ARGUMENT,), found=(ANNAS_NAME,)) as server:
        with pytest.raises(NotStorable, match=r"2 writes \(daily_total, lead\).*InvalidArgument; nothing was written"):
            store_at(server.address).commit([Create(ANNA, {}), Increment(DAY, {"leads": 1})])
        assert len(server.committed) == 1


def test_more_than_a_request_holds_is_not_sent(store_at: StoreAt) -> None:
    """The request tells more than the documents hold: each field's type and length, each document's whole name."""
    many = [Create(Key("lead", f"{number}"), {f"{n:03}": None for n in range(900)}) for number in range(1500)]
    assert sum(document_size(write.key, write.fields) for write in many) < MAX_COMMIT_BYTES
    with firestore_server() as server:
        with pytest.raises(CommitTooLarge, match=r"a commit of 1500 writes is \d+ bytes: expected at most 10485760"):
            store_at(server.address).commit(many)
        assert server.committed == []
        store_at(server.address).commit(many[:100])


def test_a_port_where_nobody_listens_is_given_up(store_at: StoreAt) -> None:
    with firestore_server() as server:
        address = server.address
    store = store_at(address, timeout_seconds=0.5)
    with pytest.raises(StoreUnavailable, match=r"could not be reached.*FIRESTORE_EMULATOR_HOST"):
        store.get_many([ANNA])
    with pytest.raises(StoreUnavailable, match="nothing is known to be written"):
        store.commit([Create(ANNA, {})])


def test_a_server_that_takes_the_connection_and_never_speaks_is_given_up(store_at: StoreAt) -> None:
    with RawServer(keep_silent) as server, pytest.raises(StoreUnavailable, match=r"Firestore sokol/\(default\) "):
        store_at(f"127.0.0.1:{server.port}", timeout_seconds=0.5).get_many([ANNA])


def test_without_credentials_the_store_says_what_to_give(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {"NO_GCE_CHECK": "true", "CLOUDSDK_CONFIG": str(tmp_path), "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    for name in (EMULATOR, "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
    store = FirestoreStore("sokol")
    with pytest.raises(StoreUnavailable, match="did not accept who asks: expected a service account"):
        store.commit([Create(ANNA, {})])
    store.close()


def test_the_connection_to_google_is_made_with_the_machines_credentials(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    account = {"type": "authorized_user", "client_id": "olga", "client_secret": "s", "refresh_token": "r"}
    (tmp_path / "account.json").write_text(json.dumps(account))
    monkeypatch.delenv(EMULATOR, raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "account.json"))
    wire = Wire("sokol", "(default)", timeout_seconds=1.0)
    assert wire.connected().api_endpoint == "firestore.googleapis.com:443"
    wire.close()


def test_a_store_that_was_closed_opens_again(store_at: StoreAt) -> None:
    with firestore_server() as server:
        store = store_at(server.address)
        for _ in range(2):
            assert store.get_many([ANNA]) == [None]
            store.close()
            store.close()


@pytest.mark.parametrize(
    ("names", "path"),
    [
        (["leads"], "leads"),
        (["by_day", "n2"], "by_day.n2"),
        (["2026-09-01"], "`2026-09-01`"),
        (["цель", "заявка с сайта"], "`цель`.`заявка с сайта`"),
        (["a`b\\c", "*"], "`a\\`b\\\\c`.`*`"),
    ],
)
def test_the_path_of_a_counter_may_hold_any_character(names: list[str], path: str) -> None:
    assert escaped(*names) == path


def test_the_time_of_expiry_rests_as_the_only_type_that_a_ttl_policy_reads() -> None:
    at = to_fields({"expires_at": "2026-09-01T09:00:00.000001Z", "received_at": "2026-09-01T09:00:00.000001Z"})
    assert at["expires_at"].timestamp_value.ToNanoseconds() == 1_788_253_200_000_001_000
    assert at["received_at"].string_value == "2026-09-01T09:00:00.000001Z"


def test_what_the_adapter_adds_to_a_document_is_its_own(emulated: Store) -> None:
    emulated.commit([Increment(ANNA, {"n": 1})])
    [anna] = emulated.get_many([ANNA])
    assert anna is not None
    emulated.commit([Update(ANNA, {"n": 2}, anna.version)])
    assert [one.fields for one in emulated.query(Query("lead")).documents] == [{"n": 2}]


def test_databases_of_one_project_share_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(EMULATOR, firestore_emulator())
    project = new_project()
    default, staging = FirestoreStore(project), FirestoreStore(project, "staging")
    default.commit([Create(ANNA, {})])
    assert staging.get_many([ANNA]) == [None]
    default.close()
    staging.close()


def test_a_document_without_room_for_what_the_adapter_adds_is_too_large(emulated: Store) -> None:
    fields: JsonObject = {"text": "x" * (MAX_DOCUMENT_BYTES - 90), "and": "x" * 10}  # 11 bytes are left
    emulated.commit([Create(ANNA, fields)])
    [anna] = emulated.get_many([ANNA])
    assert anna is not None
    with pytest.raises(DocumentTooLarge, match="lead/anna"):
        emulated.commit([Update(ANNA, fields, anna.version)])


def test_an_increment_that_outgrows_a_document_is_refused_by_name(emulated: Store) -> None:
    emulated.commit([Create(ANNA, {"text": "x" * 1_048_000})])
    with pytest.raises(DocumentTooLarge, match="lead/anna"):
        emulated.commit([Increment(DAY, {"leads": 1}), Increment(ANNA, {f"c{number:03}": 1 for number in range(50)})])
    assert emulated.get_many([DAY]) == [None]
