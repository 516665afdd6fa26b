"""Pub/Sub's bus: what goes over the wire, and what becomes of every way to fail; within the promised second."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from grpc import StatusCode

from leadloop.adapters.pubsub_bus import LARGEST_MESSAGE, PubsubBus
from leadloop.adapters.pubsub_connection import EMULATOR, open_publisher
from leadloop.messages import LeadCaptured, LeadRegistered, Submission, decode
from leadloop.ports.bus import PublishFailed
from support.publisher_server import TOLD_BY_THE_SERVER, publisher_server
from support.settable_clock import MORNING
from unit.adapters.raw_server import Connection, RawServer

REGISTERED = LeadRegistered(event_id="e1", lead_id="anna")
BusAt = Callable[..., PubsubBus]


@pytest.fixture
def bus_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[BusAt]:
    opened: list[PubsubBus] = []

    def bus(address: str, prefix: str = "") -> PubsubBus:
        monkeypatch.setenv(EMULATOR, address)
        opened.append(PubsubBus("sokol", ["leads", "submissions"], prefix))
        return opened[-1]

    yield bus
    for one in opened:
        one.close()


def keep_silent(connection: Connection) -> None:
    connection.stall()


def test_a_message_goes_to_the_topic_of_its_bundle_with_what_a_subscriber_may_sort_by(bus_at: BusAt) -> None:
    with publisher_server("17") as server:
        assert bus_at(server.address, prefix="staging-").publish("leads", REGISTERED) == "17"
        [request] = server.requests
    assert request.topic == "projects/sokol/topics/staging-leads"
    [sent] = request.messages
    assert decode(sent.data) == REGISTERED
    assert dict(sent.attributes) == {"event_id": "e1", "type": "lead_registered"}


@pytest.mark.parametrize(
    ("code", "found", "to_do"),
    [
        (StatusCode.NOT_FOUND, "no such topic", "apply infra/terraform, or correct LEADLOOP_PROJECT"),
        (StatusCode.PERMISSION_DENIED, "does not let this account publish", "give .* roles/pubsub.publisher"),
        (StatusCode.UNAUTHENTICATED, "does not accept the credentials", "correct the function's service account"),
        (StatusCode.RESOURCE_EXHAUSTED, "quota is used up", "publish it again later"),
        (StatusCode.INVALID_ARGUMENT, "calls the request wrong", "correct the names"),
        (StatusCode.UNAVAILABLE, "could not be reached", "publish it again later"),
        (StatusCode.DATA_LOSS, "Pub/Sub failed", "publish it again later"),
    ],
)
def test_a_refusal_says_what_to_do_and_nothing_that_the_server_said(
    bus_at: BusAt, code: StatusCode, found: str, to_do: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadloop.adapters.pubsub_bus.PUBLISH_WAIT", 3.0)  # a busy machine may take a second to refuse
    with publisher_server(code) as server, pytest.raises(PublishFailed) as failed:
        bus_at(server.address).publish("leads", REGISTERED)
    failed.match(f"^lead_registered is not on leads: .*{found}.*projects/sokol/topics/leads.*; {to_do}")
    assert TOLD_BY_THE_SERVER not in "".join(traceback.format_exception(failed.value))


def test_what_fails_in_passing_is_tried_again_under_the_same_event(bus_at: BusAt) -> None:
    with publisher_server(StatusCode.UNAVAILABLE, StatusCode.ABORTED, StatusCode.INTERNAL, "18") as server:
        assert bus_at(server.address).publish("leads", REGISTERED) == "18"
        events = [request.messages[0].attributes["event_id"] for request in server.requests]
    assert events == ["e1"] * 4


@pytest.mark.parametrize("code", [StatusCode.NOT_FOUND, StatusCode.PERMISSION_DENIED, StatusCode.RESOURCE_EXHAUSTED])
def test_what_will_fail_again_is_tried_once(bus_at: BusAt, code: StatusCode) -> None:
    with publisher_server(code) as server, pytest.raises(PublishFailed):
        bus_at(server.address).publish("leads", REGISTERED)
    assert len(server.requests) == 1


def test_all_tries_together_have_one_second(bus_at: BusAt) -> None:
    with publisher_server(StatusCode.UNAVAILABLE) as server, pytest.raises(PublishFailed):
        bus_at(server.address).publish("leads", REGISTERED)
    left = server.seconds_left
    assert len(left) > 1
    assert left[0] < 1
    assert all(later < earlier for earlier, later in pairwise(left))


def test_an_answer_that_does_not_come_within_the_second_may_be_on_the_bus_all_the_same(bus_at: BusAt) -> None:
    with publisher_server(None) as server, pytest.raises(PublishFailed) as failed:
        bus_at(server.address).publish("leads", REGISTERED)
    failed.match("found none, so it may be there all the same; publish it again later under the same event id")
    [left] = server.seconds_left
    assert left < 1


def test_a_server_that_takes_the_connection_and_never_speaks_is_given_up(bus_at: BusAt) -> None:
    with RawServer(keep_silent) as server, pytest.raises(PublishFailed, match="lead_registered is not on leads"):
        bus_at(f"127.0.0.1:{server.port}").publish("leads", REGISTERED)


def test_a_message_larger_than_pubsub_takes_is_not_sent(bus_at: BusAt) -> None:
    submission = Submission(
        lead_id="anna",
        fingerprint="f",
        occurred_at=MORNING,
        received_at=MORNING,
        fields={"city": "м" * LARGEST_MESSAGE},
    )
    with publisher_server("19") as server, pytest.raises(PublishFailed, match=r"at most 10000000 bytes.* found 20000"):
        bus_at(server.address).publish("submissions", LeadCaptured(event_id="e2", submission=submission))
    assert server.requests == []


def test_without_credentials_the_message_is_not_lost_in_a_crash(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {"NO_GCE_CHECK": "true", "CLOUDSDK_CONFIG": str(tmp_path), "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    for name in (EMULATOR, "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
    bus = PubsubBus("sokol", ["leads"])
    with pytest.raises(PublishFailed, match=r"no credentials were found.*give the function a service account"):
        bus.publish("leads", REGISTERED)


def test_the_connection_to_google_is_made_with_the_machines_credentials(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    account = {"type": "authorized_user", "client_id": "olga", "client_secret": "s", "refresh_token": "r"}
    (tmp_path / "account.json").write_text(json.dumps(account))
    monkeypatch.delenv(EMULATOR, raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "account.json"))
    publisher = open_publisher()
    assert publisher.api_endpoint == "pubsub.googleapis.com"
    publisher.transport.close()  # type: ignore[no-untyped-call]


def test_a_bus_that_was_closed_opens_again(bus_at: BusAt) -> None:
    with publisher_server("20") as server:
        bus = bus_at(server.address)
        for _ in range(2):
            assert bus.publish("leads", REGISTERED) == "20"
            bus.close()
