"""The lead document: what is still to be sent, by when, and under which tokens its rows travel."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from hypothesis import given

from leadloop import timestamps
from leadloop.facts import Fact
from leadloop.json_types import JsonObject
from leadloop.leads.lead import Claim, Expiry, Lead
from leadloop.ports.store import Document, Key
from support.lead_facts import (
    ANNA,
    PHONE,
    POLICY,
    YCLID,
    after,
    any_facts,
    entered,
    lead_of,
    linked,
    observed,
    submitted,
)
from support.policies import QUALIFIED, WON
from support.settable_clock import MORNING

WINDOW = timedelta(days=21) - timedelta(hours=3)


def claim(goal: str, token: str | None, deadline: datetime = MORNING) -> Claim:
    return Claim(
        goal=goal,
        identifier_kind="client_id",
        identifier=ANNA,
        target=goal,
        date_time=1788253200,
        price=None,
        currency=None,
        deadline=timestamps.to_text(deadline),
        crm_ref=None,
        row=f"{ANNA},{goal},1788253200",
        token=token,
    )


def with_claims(lead: Lead, *claims: Claim) -> Lead:
    return lead.model_copy(update={"claims": {one.goal: one for one in claims}})


def with_expired(lead: Lead, goal: str) -> Lead:
    expiry = Expiry(goal=goal, at=timestamps.to_text(MORNING), rule="expired.window_closed", reason="too old")
    return lead.model_copy(update={"expired": {goal: expiry}})


def anna() -> Lead:
    """She came, her deal was qualified an hour later and sold after two weeks."""
    return lead_of(
        submitted(client_id=ANNA, submission_id="s-1", keys=(PHONE,), utm={"utm_source": "vk"}),
        linked("7"),
        entered(QUALIFIED, after(hours=1), "7"),
        entered(WON, after(days=14), "7"),
    )


def fields(lead: Lead) -> JsonObject:
    return lead.fields(POLICY)


@given(any_facts())
def test_a_lead_rests_as_json_and_is_the_same_lead_again(facts: list[Fact]) -> None:
    lead = with_expired(with_claims(lead_of(*facts), claim("flat_sold", "t1")), "lead_received")
    resting = json.loads(json.dumps(fields(lead)))
    assert Lead.of(Document(Key("lead", "anna"), resting, "1")) == lead


def test_fields_tell_what_queries_ask_for() -> None:
    found = fields(anna())
    assert {name: found[name] for name in ("occurred_at", "submission_id", "source", "crm_ref", "stage")} == {
        "occurred_at": "2026-09-01T09:00:00.000000Z",
        "submission_id": "s-1",
        "source": "vk",
        "crm_ref": "amocrm-lead-7",
        "stage": "sold",
    }
    assert found["weak_ids"] == [f"client_id:{ANNA}"]
    assert found["key_ids"] == [PHONE.id]
    assert "id" not in found


def test_ids_learnt_later_can_be_asked_for() -> None:
    found = fields(anna().with_facts((observed("7", after(hours=2), yclid=YCLID),)))
    assert found["weak_ids"] == [f"client_id:{ANNA}", f"yclid:{YCLID}"]


class TestPending:
    def test_every_goal_reached_and_not_claimed_is_pending(self) -> None:
        assert set(anna().pending(POLICY)) == {"lead_received", "lead_qualified", "flat_sold"}

    def test_a_claimed_or_expired_conversion_is_not_pending_any_more(self) -> None:
        lead = with_expired(with_claims(anna(), claim("flat_sold", "t1")), "lead_received")
        assert set(lead.pending(POLICY)) == {"lead_qualified"}

    def test_a_released_claim_is_not_derived_anew(self) -> None:
        lead = with_claims(anna(), claim("flat_sold", None))
        assert "flat_sold" not in lead.pending(POLICY)
        assert set(lead.released()) == {"flat_sold"}

    def test_a_repeat_was_received_already_but_its_own_deal_counts(self) -> None:
        repeat = anna().model_copy(update={"repeat_of": "an-earlier-lead"})
        assert set(repeat.pending(POLICY)) == {"lead_qualified", "flat_sold"}

    def test_a_touch_of_somebody_elses_deal_derives_nothing_from_it(self) -> None:
        touch = anna().model_copy(update={"ownership": {"amocrm-lead-7": False}})
        assert set(touch.pending(POLICY)) == {"lead_received"}


class TestNextDeadline:
    def test_it_is_the_earliest_of_what_is_pending(self) -> None:
        assert fields(anna())["next_deadline"] == timestamps.to_text(MORNING + WINDOW)

    def test_what_is_claimed_has_none(self) -> None:
        lead = with_claims(anna(), *(claim(goal, "t1") for goal in ("lead_received", "lead_qualified", "flat_sold")))
        assert fields(lead)["next_deadline"] is None

    def test_a_released_claim_keeps_the_deadline_it_was_frozen_with(self) -> None:
        early = after(days=2)
        lead = with_claims(anna(), claim("flat_sold", None, early), claim("lead_qualified", "t1", MORNING))
        assert fields(lead)["next_deadline"] == timestamps.to_text(early)

    def test_a_lead_with_nothing_to_send_is_not_asked_for_uploads(self) -> None:
        assert fields(lead_of(linked("7")))["next_deadline"] is None
        assert fields(with_expired(lead_of(submitted()), "lead_received"))["next_deadline"] is None


class TestUploadTokens:
    def test_every_token_is_there_once_and_released_ones_are_not(self) -> None:
        claims = [claim("lead_received", "t2"), claim("lead_qualified", "t1"), claim("flat_sold", None)]
        assert fields(with_claims(anna(), *claims))["upload_tokens"] == ["t1", "t2"]
        assert fields(with_claims(anna(), claim("lead_received", "t2"), claim("flat_sold", "t2")))["upload_tokens"] == [
            "t2"
        ]

    def test_without_claims_there_are_none(self) -> None:
        assert fields(anna())["upload_tokens"] == []


def test_a_fact_that_is_known_changes_nothing() -> None:
    lead = anna()
    assert lead.with_facts((linked("7"),)) is lead
    assert lead.with_facts(()) is lead
