"""register-lead at its front door: what is acknowledged, what comes again, what is set aside."""

from __future__ import annotations

from leadloop.identity.sealing import unseal
from leadloop.messages import LeadRegistered, SubmissionUnreadable
from leadloop.ports.store import Document, Key, StoreUnavailable, Write
from support.form_desk import FormDesk
from support.policies import SEAL_PRIVATE_KEY
from support.settable_clock import MORNING
from support.world import World

ANNA = {"phone": "8 999 000-00-03", "submission_id": "s-1", "ym_client_id": "1700000000123456789"}
UNREADABLE = SubmissionUnreadable(
    event_id="e-unreadable",
    received_at=MORNING,
    reason="broken JSON at character 1",
    content_type="application/json",
    size=1,
    body_sealed="c2VhbGVk",
)


class LockedStore:
    """A store that cannot be reached."""

    def get_many(self, keys: list[Key]) -> list[Document | None]:
        raise StoreUnavailable("database is locked")

    def commit(self, writes: list[Write]) -> None:
        raise StoreUnavailable("database is locked")


def announced(world: World) -> list[LeadRegistered]:
    return [message for message in world.memory_bus.on("leads") if isinstance(message, LeadRegistered)]


def test_a_captured_lead_is_registered_and_announced(world: World) -> None:
    captured = FormDesk().captured(ANNA)
    assert world.push("register-lead", captured).status_code == 204
    assert world.the("lead").key.id == captured.submission.lead_id
    assert world.the("outcome").fields["rule"] == "submission.registered"
    assert world.totals("leads") == 1
    assert [message.lead_id for message in announced(world)] == [captured.submission.lead_id]


def test_a_redelivery_changes_nothing_and_repeats_the_announcement_under_its_id(world: World) -> None:
    captured = FormDesk().captured(ANNA)
    for attempt in (1, 2, 3):
        assert world.push("register-lead", captured, attempt).status_code == 204
    assert (world.totals("leads"), len(world.documents("outcome"))) == (1, 1)
    assert len(announced(world)) == 3
    assert len({message.event_id for message in announced(world)}) == 1


def test_a_bus_that_fails_after_the_commit_brings_the_delivery_back_until_the_lead_is_announced(world: World) -> None:
    captured = FormDesk().captured(ANNA)
    world.memory_bus.failing = True
    assert world.push("register-lead", captured).status_code == 503
    world.memory_bus.failing = False
    assert world.push("register-lead", captured).status_code == 204
    assert (world.totals("leads"), len(announced(world))) == (1, 1)


def test_a_store_that_cannot_be_reached_brings_the_delivery_back(world: World) -> None:
    world.store = LockedStore()  # type: ignore[assignment]
    assert world.push("register-lead", FormDesk().captured(ANNA)).status_code == 503
    assert world.log.events("WARNING") == ["delivery_put_off"]


def test_an_unreadable_submission_is_quarantined_and_counted_once(world: World) -> None:
    for _ in range(2):
        assert world.push("register-lead", UNREADABLE).status_code == 204
    kept = world.the("quarantine")
    assert kept.key.id == UNREADABLE.event_id
    assert {name: kept.fields[name] for name in ("kind", "reason", "body_sealed", "content_type", "size")} == {
        "kind": "submission",
        "reason": UNREADABLE.reason,
        "body_sealed": UNREADABLE.body_sealed,
        "content_type": "application/json",
        "size": 1,
    }
    outcome = world.the("outcome")
    assert (outcome.fields["outcome"], outcome.fields["rule"]) == ("quarantined", "submission.unreadable")
    assert (announced(world), world.totals("leads")) == ([], 0)
    told = world.log.entries[-1]
    assert (told.severity, told.event) == ("WARNING", "submission_quarantined")
    assert told.details["reason"] == UNREADABLE.reason
    assert "leadloop quarantine" in str(told.details["what_to_do"])


def test_a_message_that_is_not_ours_is_sealed_and_acknowledged(world: World) -> None:
    answer = world.push_bytes("register-lead", b'{"phone": "89990000003"}')
    assert answer.status_code == 204
    kept = world.the("quarantine")
    assert "8999" not in str(kept.fields)
    assert b"publishTime" in unseal(SEAL_PRIVATE_KEY, str(kept.fields["body_sealed"]))
    assert world.log.events("ERROR") == ["message_quarantined"]


def test_a_request_that_is_no_delivery_is_sealed_and_acknowledged(world: World) -> None:
    answer = world.client("register-lead").post("/", data=b"phone=89990000003")
    assert answer.status_code == 204
    sealed = str(world.the("quarantine").fields["body_sealed"])
    assert unseal(SEAL_PRIVATE_KEY, sealed) == b"phone=89990000003"


def test_a_message_of_another_topic_does_not_come_again_for_ever(world: World) -> None:
    stray = LeadRegistered(event_id="e-1", lead_id="lead-1")
    assert world.push("register-lead", stray).status_code == 204
    assert "expected a submission, found lead_registered" in str(world.the("quarantine").fields["reason"])
    assert world.push("register-lead", stray).status_code == 204
