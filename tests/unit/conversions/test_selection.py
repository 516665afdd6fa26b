"""What would be sent and what not: every conversion has a verdict, and the verdicts cover them all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leadloop.conversions.planning import Plan, plan
from leadloop.conversions.selection import Selection
from leadloop.leads import facts_of
from leadloop.leads.lead import Lead
from leadloop.leads.writing import lead_writes
from leadloop.outcomes import Outcome
from support.metrica_desk import ANNA, BORIS, TARGETS, VERA, YCLID, MetricaDesk


def planned(desk: MetricaDesk, targets: frozenset[str] | None = frozenset(TARGETS)) -> Plan:
    return plan(Selection(desk.world.runtime.policy, desk.now(), targets), desk.world.store)


def reasons(found: Plan) -> dict[str, int]:
    return dict(found.withheld)


def test_the_plan_is_what_the_run_does(desk: MetricaDesk) -> None:
    desk.plant("anna", client_id=ANNA, stages={"qualified": desk.now(), "sold": desk.now()}, price=100)
    desk.plant("boris", yclid=YCLID)
    desk.plant("vera")
    before = planned(desk)
    assert {(form.identifier_kind, file.rows) for form, file in before.files.items()} == {
        ("client_id", 2),
        ("yclid", 1),
    }
    summary = desk.upload()
    assert summary.rows["accepted"] == before.rows == 3
    assert summary.withheld == before.withheld == {"held.settling": 1, "held.no_identifier": 1}


def test_planning_changes_nothing(desk: MetricaDesk) -> None:
    desk.plant("anna", client_id=ANNA)
    desk.plant("vera", at=desk.now() - timedelta(days=30))
    writes = desk.world.store.usage.writes
    planned(desk)
    assert desk.world.store.usage.writes == writes


def test_without_an_identifier_it_waits_and_may_still_learn_one(desk: MetricaDesk) -> None:
    desk.plant("vera", deal="77")
    desk.upload()
    assert desk.conversions() == set()
    assert desk.lead("vera").expired == {}
    learnt = facts_of.observed_ids("amocrm", "77", {"yclid": YCLID}, (), desk.now())
    [document] = [one for one in desk.world.documents("lead") if one.key.id == "vera"]
    lead = Lead.of(document).with_facts((learnt,))
    desk.world.store.commit(lead_writes(desk.world.runtime.policy, lead, document.version))
    desk.upload()
    assert {(kind, identifier) for kind, identifier, _, _ in desk.conversions()} == {("Yclid", YCLID)}


def test_without_an_identifier_to_the_end_it_expires_as_never_captured(desk: MetricaDesk) -> None:
    desk.plant("vera")
    desk.pass_time(days=21)
    desk.upload()
    assert desk.lead("vera").expired == {}
    desk.pass_time(seconds=1)
    summary = desk.upload()
    assert summary.withheld == {"expired.never_captured": 1}
    assert desk.lead("vera").expired["lead_received"].rule == "expired.never_captured"
    assert "conversions_expired" in desk.log.events("WARNING")
    assert desk.upload().withheld == {}, "an expired conversion is done with"
    assert desk.world.totals("expired.lead_received") == 1


def test_what_cannot_be_sent_is_announced_before_its_deadline(desk: MetricaDesk) -> None:
    desk.plant("vera")
    desk.pass_time(days=19, hours=20)
    assert desk.upload().near_deadline == {}
    desk.pass_time(hours=2)
    assert desk.upload().near_deadline == {"held.no_identifier": 1}
    assert "conversions_near_deadline" in desk.log.events("WARNING")


def test_when_metrica_is_down_what_is_about_to_be_lost_is_announced(desk: MetricaDesk) -> None:
    desk.plant("anna", client_id=ANNA)
    desk.plant("boris", client_id=BORIS, at=desk.now() + timedelta(days=20))
    desk.pass_time(days=20)
    desk.fault("backend_error", path="/goals", method="GET", times=None)
    summary = desk.upload()
    assert summary.near_deadline["not_sent.run_stopped"] == 1


def test_a_conversion_older_than_every_window_is_not_sent(desk: MetricaDesk) -> None:
    desk.plant("anna", client_id=ANNA, at=desk.now() - timedelta(days=21, seconds=1))
    desk.plant("boris", client_id=BORIS, at=desk.now() - timedelta(days=21))
    desk.upload()
    assert {identifier for _, identifier, _, _ in desk.conversions()} == {BORIS}
    assert desk.lead("anna").expired["lead_received"].rule == "expired.window_closed"


def test_a_late_sale_after_an_old_visit_is_sent_all_the_same(desk: MetricaDesk) -> None:
    """Metrica may know a later visit; sending costs nothing."""
    desk.plant("anna", client_id=ANNA, at=desk.now() - timedelta(days=60), stages={"qualified": desk.now()})
    [qualified] = [one for file in planned(desk).files.values() for one in file.shown]
    assert (qualified.claim.goal, qualified.verdict.rule) == ("lead_qualified", "window.may_link")
    desk.upload()
    assert {target for _, _, target, _ in desk.conversions()} == {"lead_qualified"}


def test_a_transition_in_the_future_is_held_until_it_is_past(desk: MetricaDesk) -> None:
    desk.plant("anna", client_id=ANNA, stages={"qualified": desk.now() + timedelta(minutes=5)})
    assert reasons(planned(desk)) == {"held.in_the_future": 1}
    desk.upload()
    desk.pass_time(minutes=5)
    assert reasons(planned(desk)) == {}
    desk.upload()
    assert {target for _, _, target, _ in desk.conversions()} == {"lead_received", "lead_qualified"}


class TestDeals:
    """Two leads on one deal: the deal counts once."""

    @pytest.fixture
    def pair(self, desk: MetricaDesk) -> MetricaDesk:
        desk.plant("boris", client_id=BORIS, stages={"qualified": desk.now()}, deal="555")
        desk.plant("vera", client_id=VERA, stages={"qualified": desk.now()}, deal="555")
        return desk

    def test_only_the_owner_sends_it(self, pair: MetricaDesk) -> None:
        assert reasons(planned(pair)) == {"duplicate.touch_of_deal": 1}
        pair.upload()
        assert {one for _, one, target, _ in pair.conversions() if target == "lead_qualified"} == {BORIS}

    def test_the_first_claim_freezes_the_owner(self, pair: MetricaDesk) -> None:
        pair.upload()
        pair.plant("anna", client_id=ANNA, at=pair.now() - timedelta(days=1), deal="555")
        pair.enter("anna", "qualified")
        pair.upload()
        assert {one for _, one, target, _ in pair.conversions() if target == "lead_qualified"} == {BORIS}

    def test_a_lead_that_believes_it_owns_the_deal_is_told_by_the_deal(self, pair: MetricaDesk) -> None:
        [document] = [one for one in pair.world.documents("lead") if one.key.id == "vera"]
        mistaken = Lead.of(document).model_copy(update={"ownership": {}})
        pair.world.store.commit(lead_writes(pair.world.runtime.policy, mistaken, document.version))
        pair.upload()
        assert {one for _, one, target, _ in pair.conversions() if target == "lead_qualified"} == {BORIS}
        assert reasons(planned(pair)) == {"held.touch_of_deal": 1}
        pair.pass_time(days=22)
        pair.upload()
        assert reasons(planned(pair)) == {}, "it does not wait for ever"
        assert pair.lead("vera").expired["lead_qualified"].rule == "expired.touch_of_deal"

    def test_a_deal_nobody_registered_holds_its_goals(self, desk: MetricaDesk) -> None:
        lead = desk.plant("anna", client_id=ANNA)
        link = facts_of.crm_link("amocrm", "9", "field", desk.now())
        entry = facts_of.stage_entry("amocrm", "9", "7001", "70012", desk.now(), exact=True)
        [document] = desk.world.documents("lead")
        desk.world.store.commit(
            lead_writes(desk.world.runtime.policy, lead.with_facts((link, entry)), document.version)
        )
        assert reasons(planned(desk)) == {"held.deal_unknown": 1}


def test_every_conversion_ends_somewhere(desk: MetricaDesk) -> None:
    """Sent, held, expired or a duplicate: the verdicts add up to the goals reached."""
    now = desk.now()
    desk.plant("anna", client_id=ANNA, stages={"qualified": now, "sold": now}, price=100)
    desk.plant("boris", client_id=BORIS, stages={"qualified": now}, deal="555")
    desk.plant("vera", client_id=VERA, stages={"qualified": now}, deal="555")
    desk.plant("old", at=now - timedelta(days=30))
    desk.plant("nobody")
    found = planned(desk)
    assert found.rows + found.withheld.total() == 3 + 2 + 2 + 1 + 1
    outcomes = {one.outcome for group in found.examples.values() for one in group}
    assert outcomes == {Outcome.HELD, Outcome.EXPIRED, Outcome.DUPLICATE}
