"""From the CRM's book to the goals: what sales do with a deal decides what its lead counts for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from leadloop.leads.quality import Standing
from support.crm_desk import ANNA, SEED, CrmDesk, crm_desk
from support.policies import sokol
from support.settable_clock import MORNING

LOCATION, BUDGET, SPAM, TOO_DEAR, BOT = 752911, 752912, 4203011, 4203012, 4203013
MARAT = 2852002
POLICY = sokol(
    "keep",
    goals={"lead_good": {"on": "qualified"}, "lead_bad": {"on": "disqualified"}, "lead_fraud": {"on": "fraud"}},
    qualification={"profile": "warm", "fields": {"location": str(LOCATION), "budget": str(BUDGET)}},
    disqualification={
        "reasons": {"spam": {"loss_reasons": [str(SPAM)]}, "bot": {"loss_reasons": [str(BOT)], "fraud": True}}
    },
)


def seed() -> dict[str, Any]:
    fields = [{"id": LOCATION, "name": "Локация"}, {"id": BUDGET, "name": "Бюджет"}]
    reasons = [{"id": SPAM, "name": "Спам"}, {"id": TOO_DEAR, "name": "Дорого"}, {"id": BOT, "name": "Бот"}]
    users = [{"id": MARAT, "name": "Марат"}]
    return {**SEED, "users": users, "fields": [*SEED["fields"], *fields], "loss_reasons": reasons}


@pytest.fixture
def desk() -> Iterator[CrmDesk]:
    with crm_desk(POLICY, seed()) as desk:
        yield desk


@pytest.fixture
def anna(desk: CrmDesk) -> tuple[str, int]:
    """Her lead and its deal, which Marat works on."""
    lead = desk.submit("anna", phone="+7 999 000-00-03", client_id=ANNA)
    desk.settle()
    [deal] = desk.deals_of(lead)
    desk.act("set_responsible", lead_id=deal, user_id=MARAT)
    desk.carry_hooks()
    return lead, deal


def fill(desk: CrmDesk, deal: int, field: int, text: str = "Сокол, 12 млн") -> None:
    desk.clock.advance(hours=1)
    desk.act("edit_field", lead_id=deal, field=str(field), value=text, by=MARAT)
    desk.carry_hooks()


def move(desk: CrmDesk, deal: int, stage: str) -> None:
    desk.clock.advance(hours=1)
    desk.move(deal, stage)
    desk.carry_hooks()


def lose(desk: CrmDesk, deal: int, reason: int | None) -> None:
    desk.clock.advance(hours=1)
    said = {"loss_reason_id": reason} if reason is not None else {}
    desk.act("move", lead_id=deal, pipeline_id=7001, status_id=143, **said)
    desk.carry_hooks()


def goals(desk: CrmDesk, lead: str) -> set[str]:
    return set(desk.lead(lead).pending(POLICY))


def test_a_lead_is_qualified_when_the_last_field_is_filled_in(desk: CrmDesk, anna: tuple[str, int]) -> None:
    lead, deal = anna
    fill(desk, deal, LOCATION)
    move(desk, deal, "qualified")
    quality = desk.state(lead).quality
    assert (quality.standing, quality.missing) == (Standing.QUALIFIED_INCOMPLETE, ("budget",))
    assert quality.responsible == str(MARAT)
    assert goals(desk, lead) == {"lead_received", "lead_qualified"}
    fill(desk, deal, BUDGET)
    quality = desk.state(lead).quality
    assert (quality.standing, quality.at) == (Standing.QUALIFIED, MORNING + timedelta(hours=3))
    assert goals(desk, lead) == {"lead_received", "lead_qualified", "lead_good"}
    assert desk.world.totals("quality.qualified") == 1
    assert desk.world.totals("quality.qualified_incomplete") == 0
    assert "12 млн" not in repr(desk.resting())


def test_a_field_of_blanks_is_not_filled(desk: CrmDesk, anna: tuple[str, int]) -> None:
    lead, deal = anna
    fill(desk, deal, LOCATION)
    fill(desk, deal, BUDGET, " ")
    move(desk, deal, "qualified")
    assert desk.state(lead).quality.missing == ("budget",)


@pytest.mark.parametrize(
    ("reason", "name", "counts_for"),
    [
        (SPAM, "spam", {"lead_received", "lead_bad"}),
        (TOO_DEAR, "unmapped", {"lead_received", "lead_bad"}),
        (None, "missing", {"lead_received", "lead_bad"}),
        (BOT, "bot", {"lead_received", "lead_bad", "lead_fraud"}),
    ],
)
def test_a_lost_lead_counts_for_the_crms_reason(
    desk: CrmDesk, anna: tuple[str, int], reason: int | None, name: str, counts_for: set[str]
) -> None:
    lead, deal = anna
    lose(desk, deal, reason)
    quality = desk.state(lead).quality
    assert (quality.standing, quality.reason) == (Standing.DISQUALIFIED, name)
    assert goals(desk, lead) == counts_for
    assert desk.world.totals(f"reasons.{name}") == 1


def test_once_a_reason_suppresses_only_such_leads_reach_a_goal_that_lists_none() -> None:
    reasons = {"spam": {"loss_reasons": [str(SPAM)], "suppress": True}, "too_dear": {"loss_reasons": [str(TOO_DEAR)]}}
    policy = sokol("keep", goals={"lead_bad": {"on": "disqualified"}}, disqualification={"reasons": reasons})
    with crm_desk(policy, seed()) as desk:
        for number, (reason, is_told) in enumerate([(SPAM, True), (TOO_DEAR, False), (BOT, False), (None, False)]):
            lead = desk.submit(f"lead-{number}", phone=f"+7 999 000-00-1{number}", client_id=f"{ANNA[:-1]}{number}")
            desk.settle()
            [deal] = desk.deals_of(lead)
            lose(desk, deal, reason)
            assert ("lead_bad" in desk.lead(lead).pending(policy)) is is_told, reason


def test_a_reopened_deal_is_pending_again(desk: CrmDesk, anna: tuple[str, int]) -> None:
    lead, deal = anna
    lose(desk, deal, SPAM)
    move(desk, deal, "meeting")
    quality = desk.state(lead).quality
    assert (quality.standing, quality.reason) == (Standing.PENDING, "")
    assert "lead_bad" not in goals(desk, lead)
    assert desk.world.totals("reasons.spam") == 0


def test_every_fold_of_the_story_says_the_same(desk: CrmDesk, anna: tuple[str, int]) -> None:
    """The state rests nowhere: a lead read anew is judged anew, whatever order its facts came in."""
    lead, deal = anna
    fill(desk, deal, BUDGET)
    move(desk, deal, "qualified")
    lose(desk, deal, BOT)
    known = desk.lead(lead)
    anew = known.model_copy(update={"facts": ()})
    for fact in reversed(known.facts):
        anew = anew.with_facts((fact,))
    assert anew.state(POLICY).quality == desk.state(lead).quality
