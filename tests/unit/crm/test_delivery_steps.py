"""What is done next for a lead, in every state a delivery can be in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leadloop import timestamps
from leadloop.leads.delivery import Delivery, DeliveryState, Step, next_step
from leadloop.ports.store import Document
from leadloop.verdict import Verdict
from support.policies import sokol
from support.settable_clock import MORNING

NEW = Delivery(lead_id="anna")
NO = Verdict(False, "delivery.not_sent", "the account is not paid for")
MINUTE = timedelta(minutes=1)


def step(
    delivery: Delivery | None, mode: str = "keep", deal: str | None = None, after: timedelta = timedelta(0)
) -> Step:
    return next_step(sokol(mode), delivery, deal, "digest", MORNING + after)


CREATING = NEW.creating(MORNING, MORNING + 15 * MINUTE)
UNKNOWN = CREATING.unknown(MORNING + 15 * MINUTE, NO)
PENDING = CREATING.not_created(MORNING, NO)
REFUSED = CREATING.held(NO)
FIELD_MISSING = CREATING.held(NO, MORNING + 60 * MINUTE)
NOT_TO_BE_ASKED = UNKNOWN.held(NO, MORNING + 60 * MINUTE, uncertain=True)
AWAITING = NEW.awaiting()
ARRIVED = CREATING.delivered("5", MORNING)
COMPLETE = ARRIVED.attached_to("digest", NO)


@pytest.mark.parametrize(
    ("delivery", "at_once", "when_due"),
    [
        (CREATING, Step.NOTHING, Step.LOOK),
        (UNKNOWN, Step.NOTHING, Step.LOOK),
        (PENDING, Step.NOTHING, Step.CREATE),
        (FIELD_MISSING, Step.NOTHING, Step.CREATE),
        (NOT_TO_BE_ASKED, Step.NOTHING, Step.LOOK),
        (REFUSED, Step.NOTHING, Step.NOTHING),
        (UNKNOWN.absent(MORNING), Step.CREATE, Step.CREATE),
        (COMPLETE, Step.NOTHING, Step.NOTHING),
        (ARRIVED, Step.ATTACH, Step.ATTACH),
    ],
)
def test_nothing_is_done_before_it_is_due(delivery: Delivery, at_once: Step, when_due: Step) -> None:
    assert (step(delivery), step(delivery, after=60 * MINUTE)) == (at_once, when_due)


def test_what_time_alone_changes_is_seen_to_then_and_news_before_it_at_once() -> None:
    """The CRM shows ``held`` until the hold ends; nothing is written twice, and nothing waits for that end."""
    told = ARRIVED.attached_to("digest", NO, told_until=MORNING + 60 * MINUTE)
    assert (step(told, deal="5"), step(told, deal="5", after=60 * MINUTE)) == (Step.NOTHING, Step.ATTACH)
    assert next_step(sokol("keep"), told, "5", "another", MORNING) is Step.ATTACH
    again = told.put_off(MORNING, NO)
    assert next_step(sokol("keep"), again, "5", "another", MORNING) is Step.NOTHING
    assert told.attached_to("digest", NO).next_try_at is None


def test_a_lead_whose_contact_is_not_ours_is_awaited_after_the_mode_became_keep() -> None:
    """It came as hashes, for the site's integration to create; announced again, it would be created twice."""
    assert next_step(sokol("keep"), None, None, "digest", MORNING, is_contact_ours=False) is Step.AWAIT


def test_a_new_lead_is_created_or_awaited_as_the_mode_says() -> None:
    assert (step(None, "keep"), step(None, "hash"), step(None, "none")) == (Step.CREATE, Step.AWAIT, Step.AWAIT)


@pytest.mark.parametrize(
    "delivery", [None, CREATING, UNKNOWN, PENDING, REFUSED, FIELD_MISSING, AWAITING, NOT_TO_BE_ASKED]
)
@pytest.mark.parametrize("mode", ["none", "hash", "keep"])
def test_a_lead_found_in_the_crm_has_arrived_whatever_was_going_on(delivery: Delivery | None, mode: str) -> None:
    assert step(delivery, mode, deal="5") is Step.LINK


def test_fields_that_changed_are_written_again_and_the_same_ones_are_not() -> None:
    assert step(COMPLETE, deal="5") is Step.NOTHING
    assert next_step(sokol("keep"), COMPLETE, "5", "other", MORNING) is Step.ATTACH


def test_what_was_put_off_waits_even_when_fields_change() -> None:
    put_off = ARRIVED.put_off(MORNING, NO)
    assert next_step(sokol("keep"), put_off, "5", "other", MORNING) is Step.NOTHING
    assert next_step(sokol("keep"), put_off, "5", "other", MORNING + MINUTE) is Step.ATTACH


def test_no_state_that_may_hide_a_created_lead_ever_leads_to_another_creation() -> None:
    for delivery in (CREATING, UNKNOWN, NOT_TO_BE_ASKED, UNKNOWN.put_off(MORNING, NO)):
        assert delivery.uncertain
        for minutes in range(0, 3000, 7):
            assert step(delivery, after=minutes * MINUTE) is not Step.CREATE


def test_leads_left_from_the_mode_keep_are_awaited_after_it_ended() -> None:
    assert step(PENDING, "hash", after=60 * MINUTE) is Step.AWAIT


def test_a_reason_is_kept_and_cleared_when_it_is_over() -> None:
    assert (PENDING.rule, PENDING.reason) == tuple(NO[1:])
    assert (ARRIVED.rule, ARRIVED.reason) == (None, None)


def test_it_rests_and_is_read_back_as_it_was() -> None:
    for delivery in (CREATING, UNKNOWN, PENDING, REFUSED, AWAITING, ARRIVED, COMPLETE):
        write = delivery.write(None)
        assert Delivery.of(Document(delivery.key, write.fields, "1")) == delivery  # type: ignore[union-attr]


def test_what_has_nothing_to_do_is_found_by_no_query() -> None:
    for delivery in (REFUSED, AWAITING, COMPLETE):
        assert "next_try_at" not in delivery.write(None).fields  # type: ignore[union-attr]
    assert CREATING.next_try_at == timestamps.to_text(MORNING + 15 * MINUTE)
    assert CREATING.state is DeliveryState.CREATING
