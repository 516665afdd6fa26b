"""How often the fraud gate was wrong: leads it stopped that sales qualified."""

from __future__ import annotations

import pytest

from leadloop.leads import facts_of
from leadloop.leads.lead import Lead
from leadloop.messages import BotSigns
from leadloop.report.fraud_gate import fraud_gate
from support.lead_facts import after, entered, lead_of, linked, submitted
from support.policies import LOST, QUALIFIED, sokol
from support.sales import shown

REASONS = {"bot": {"loss_reasons": ["903"], "fraud": True}, "too_dear": {"loss_reasons": ["904"]}}
POLICY = sokol(disqualification={"reasons": REASONS})
BOT = submitted(bot_signs=BotSigns(honeypot_filled=True))
HELD = lead_of(BOT)
BY_SALES = lead_of(BOT, linked(), entered(QUALIFIED, after(days=1)))
BY_HAND = lead_of(BOT, facts_of.release(after(days=1)))
BY_HAND_AND_GOOD = lead_of(BOT, facts_of.release(after(days=2)), linked(), entered(QUALIFIED, after(days=1)))
LOST_LATER = (linked(), entered(QUALIFIED, after(days=1)), entered(LOST, after(days=2)))
A_BOT_AFTER_ALL = lead_of(BOT, *LOST_LATER, shown(at=after(days=2), loss_reason="903"))
TOO_DEAR_AFTER_ALL = lead_of(BOT, *LOST_LATER, shown(at=after(days=2), loss_reason="904"))
HONEST = lead_of(submitted(), linked(), entered(QUALIFIED, after(days=1)))


@pytest.mark.parametrize(
    ("leads", "stopped", "wrong", "rate"),
    [
        ([], 0, 0, None),
        ([HONEST], 0, 0, None),
        ([HELD, HELD, HONEST], 2, 0, 0.0),
        ([HELD, BY_SALES], 2, 1, 0.5),
        ([HELD, HELD, BY_HAND, BY_HAND_AND_GOOD], 4, 1, 0.25),
        ([HELD, A_BOT_AFTER_ALL], 2, 0, 0.0),
        ([HELD, TOO_DEAR_AFTER_ALL], 2, 1, 0.5),
    ],
)
def test_the_error_rate_is_of_those_it_stopped(leads: list[Lead], stopped: int, wrong: int, rate: float | None) -> None:
    """A lead that sales qualified is the gate's error, unless they found later that it is a bot's."""
    found = fraud_gate(POLICY, leads, after(days=30))
    assert (found.stopped, found.wrong, found.error_rate) == (stopped, wrong, rate)


def test_a_program_is_told_how_leads_stand() -> None:
    told = fraud_gate(POLICY, [HELD, BY_SALES, BY_HAND, HONEST], after(days=30)).as_json()
    assert told == {
        **{"stopped": 3, "held": 1, "fraud": 0, "later_qualified": 1, "error_rate": pytest.approx(1 / 3)},
        **{"released_by_sales": 1, "released_by_hand": 1, "released_by_service": 0, "released_at_hold_end": 0},
        "held_for": {"honeypot": 1},
    }


def test_who_was_let_go_by_time_is_not_held_any_more_and_was_stopped_all_the_same() -> None:
    policy = sokol(fraud={"at_hold_end": "release"})
    stand = {}
    for name, seconds in (("before", -1), ("then", 0)):
        told = fraud_gate(policy, [HELD, HELD, BY_SALES], after(days=18, seconds=seconds)).as_json()
        stand[name] = [told[key] for key in ("stopped", "held", "released_at_hold_end", "held_for")]
    assert stand == {"before": [3, 2, 0, {"honeypot": 2}], "then": [3, 0, 2, {}]}
    assert "by time" in "\n".join(fraud_gate(policy, [HELD], after(days=18)).text())


def test_a_person_reads_a_small_table_only_when_there_is_something_in_it() -> None:
    assert list(fraud_gate(POLICY, [HONEST], after()).text()) == []
    told = "\n".join(fraud_gate(POLICY, [HELD, BY_SALES], after()).text())
    assert "error rate: of 2 leads that it stopped, sales qualified 1" in told
    assert "50.0%" in told
    assert "held for: honeypot 1" in told
