"""Goals see the verdicts: what is held back, what is counted elsewhere, and what suppresses all the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.adapters.memory_store import MemoryStore
from leadloop.conversions.goals import derive, reached
from leadloop.conversions.planning import Plan, plan
from leadloop.conversions.selection import Choice, Selection
from leadloop.facts import Fact
from leadloop.leads import facts_of
from leadloop.leads.circumstances import Circumstances
from leadloop.leads.fraud import Gate
from leadloop.leads.lead import Lead
from leadloop.leads.writing import lead_writes
from leadloop.messages import BotSigns
from leadloop.outcomes import Outcome
from leadloop.policy import Policy
from leadloop.ports.store import Key
from support.lead_facts import ANNA, after, any_facts, entered, lead_of, linked, state_of, submitted
from support.metrica_desk import TARGETS, MetricaDesk, MetricaServer
from support.policies import LOST, QUALIFIED, WON
from support.sales import BOT, RENT, SPAM, UNKNOWN_REASON, judging, shown

GOALS: dict[str, object] = {
    "lead_good": {"on": "qualified"},
    "lead_bad": {"on": "disqualified", "reasons": ["spam", "bot"]},
    "lead_lost": {"on": "disqualified"},
    "lead_fraud": {"on": "fraud"},
}
POLICY = judging(goals=GOALS)
ORDINARY = {"lead_received", "lead_qualified", "flat_sold", "lead_good"}
NOON = after(hours=3)
HONEYPOT = BotSigns(honeypot_filled=True)


def derived(*facts: Fact, policy: Policy = POLICY) -> Mapping[str, datetime]:
    """Goal → its moment."""
    state = state_of(submitted(client_id=ANNA), linked(), *facts, policy=policy)
    return {goal: one.occurred_at for goal, one in derive(policy, state, {}).items()}


class TestEvents:
    def test_qualified_counts_once_everything_is_filled_in(self) -> None:
        story = (entered(QUALIFIED, NOON), shown("location", at=NOON))
        assert "lead_good" not in derived(*story)
        complete = derived(*story, shown("location", "budget", at=after(hours=5)))
        assert (complete["lead_good"], complete["lead_qualified"]) == (after(hours=5), NOON)

    def test_who_was_qualified_still_counts_after_the_deal_is_lost(self) -> None:
        story = (shown("location", "budget", loss_reason=SPAM), entered(QUALIFIED, NOON), entered(LOST, after(days=1)))
        assert {"lead_good", "lead_lost"} <= derived(*story).keys()

    def test_it_comes_from_the_crm_so_the_owner_of_the_deal_sends_it(self) -> None:
        lost = (entered(LOST, NOON, "7"), shown(at=NOON, deal="7", loss_reason=SPAM))
        state = state_of(submitted(), linked("7"), *lost, policy=POLICY)
        assert "lead_lost" not in derive(POLICY, state, {"amocrm-lead-7": False})
        assert derive(POLICY, state, {})["lead_lost"].crm_ref == "amocrm-lead-7"

    @pytest.mark.parametrize(
        ("loss_reason", "goals"),
        [
            (SPAM, {"lead_bad", "lead_lost"}),
            (RENT, set()),
            (UNKNOWN_REASON, set()),
            (None, set()),
            (BOT, {"lead_bad", "lead_fraud"}),
        ],
    )
    def test_a_lost_lead_counts_for_its_reason_and_without_a_list_for_one_that_suppresses(
        self, loss_reason: str | None, goals: set[str]
    ) -> None:
        story = (entered(LOST, NOON), shown(at=NOON, loss_reason=loss_reason))
        assert derived(*story).keys() - ORDINARY == goals

    @pytest.mark.parametrize("loss_reason", [SPAM, RENT, BOT, UNKNOWN_REASON, None])
    def test_everybody_who_is_lost_counts_where_no_reason_suppresses(self, loss_reason: str | None) -> None:
        policy = judging(goals=GOALS, suppressing=())
        story = (entered(LOST, NOON), shown(at=NOON, loss_reason=loss_reason))
        assert "lead_lost" in derived(*story, policy=policy)

    def test_reopened_it_is_not_lost(self) -> None:
        story = (entered(LOST, NOON), shown(at=NOON, loss_reason=SPAM))
        assert "lead_lost" in derived(*story)
        assert "lead_lost" not in derived(*story, entered(QUALIFIED, after(hours=5)))

    def test_fraud_counts_from_the_form_and_only_when_it_is_certain(self) -> None:
        suspected = state_of(submitted(NOON, bot_signs=HONEYPOT), policy=POLICY)
        assert suspected.fraud.gate is Gate.HELD
        assert "lead_fraud" not in derive(POLICY, suspected, {})
        certain = derived(entered(LOST, NOON), shown(at=NOON, loss_reason=BOT))
        assert certain["lead_fraud"] == certain["lead_received"]

    def test_without_a_profile_nobody_is_qualified(self) -> None:
        assert "lead_good" not in derived(entered(QUALIFIED, NOON), policy=judging(None, GOALS))


class TestDuplicates:
    """Circumstances as other leads make them."""

    STORY = (
        submitted(client_id=ANNA),
        linked(),
        shown(loss_reason=SPAM),
        entered(WON, NOON),
        entered(LOST, after(days=1)),
    )

    def goals_of(self, repeats: str | None, repeat_of: str | None, *counted: str) -> set[str]:
        circumstances = Circumstances(repeats=repeats, by="phone", counted=counted)
        lead = lead_of(*self.STORY).model_copy(update={"circumstances": circumstances, "repeat_of": repeat_of})
        return set(lead.pending(POLICY))

    def test_a_duplicate_within_the_window_sends_what_nobody_else_counts_and_what_suppresses(self) -> None:
        assert self.goals_of("boris", None) == {"flat_sold", "lead_bad", "lead_lost"}
        assert self.goals_of("boris", None, "flat_sold", "lead_bad") == {"lead_bad", "lead_lost"}

    def test_a_repeat_within_the_hour_keeps_its_own_deal(self) -> None:
        assert self.goals_of(None, "boris") == {"flat_sold", "lead_bad", "lead_lost"}
        assert self.goals_of("boris", "boris") == {"flat_sold", "lead_bad", "lead_lost"}

    def test_a_first_lead_sends_nothing_that_a_duplicate_of_it_has_claimed(self) -> None:
        assert self.goals_of(None, None, "flat_sold") == {"lead_received", "lead_bad", "lead_lost"}

    def test_a_repeat_of_a_duplicate_is_a_duplicate_of_the_first(self) -> None:
        assert self.goals_of("anna-in-march", "boris", "flat_sold") == {"lead_bad", "lead_lost"}


@pytest.fixture
def desk(server: MetricaServer) -> MetricaDesk:
    """Verdicts matter here, and the counter knows the goals of «Сокол» alone: two of them are put to another use."""
    bad: dict[str, object] = {"on": "disqualified", "reasons": ["spam", "bot"]}
    goals: dict[str, object] = {"lead_qualified": {"on": "fraud"}, "flat_sold": bad}
    return MetricaDesk(server, judging(None, goals))


def planned(desk: MetricaDesk) -> Plan:
    return plan(Selection(desk.world.runtime.policy, desk.now(), frozenset(TARGETS)), desk.world.store)


def change(desk: MetricaDesk, lead_id: str, *facts: Fact, **update: object) -> None:
    """The lead learns facts, or other leads say something new of it."""
    [document] = desk.world.store.get_many([Key("lead", lead_id)])
    assert document is not None
    lead = Lead.of(document).with_facts(facts).model_copy(update=update)
    desk.world.store.commit(lead_writes(desk.world.runtime.policy, lead, document.version))


def suspect(desk: MetricaDesk) -> None:
    """Anna's form was sent by somebody who fills in hidden fields."""
    desk.plant("anna", client_id=ANNA, deal="7", bot_signs=HONEYPOT)


def lose(desk: MetricaDesk, loss_reason: str, lead_id: str = "anna", deal: str = "7") -> None:
    facts = (entered(LOST, desk.now(), deal), shown(at=desk.now(), deal=deal, loss_reason=loss_reason))
    change(desk, lead_id, *facts)


def sent(desk: MetricaDesk) -> set[str]:
    return {target for _, _, target, _ in desk.conversions()}


class TestTheGate:
    def test_a_suspected_lead_waits_and_a_persons_word_lets_it_go(self, desk: MetricaDesk) -> None:
        suspect(desk)
        desk.upload()
        assert planned(desk).withheld == {"held.fraud_suspected": 1}
        assert sent(desk) == set()
        desk.pass_time(days=2)
        change(desk, "anna", facts_of.release(desk.now()))
        desk.upload()
        assert sent(desk) == {"lead_received"}

    def test_nobody_decided_and_it_is_kept_to_the_end_of_its_window(self, desk: MetricaDesk) -> None:
        suspect(desk)
        desk.pass_time(days=19)
        assert desk.upload().withheld == {"held.fraud_suspected": 1}
        desk.pass_time(days=2, seconds=1)
        assert desk.upload().withheld == {"expired.fraud_suspected": 1}
        assert sent(desk) == set()
        assert planned(desk).withheld == {}, "it is done with"

    def test_nobody_decided_and_the_policy_lets_it_go(self, desk: MetricaDesk) -> None:
        fraud = desk.world.runtime.policy.fraud.model_copy(update={"at_hold_end": "release"})
        desk.world.runtime.policy = desk.world.runtime.policy.model_copy(update={"fraud": fraud})
        suspect(desk)
        desk.pass_time(days=18, seconds=-1)
        desk.upload()
        assert sent(desk) == set()
        [held] = planned(desk).examples["held.fraud_suspected"]
        assert "until a person decides, or else 2026-09-19T" in held.verdict.reason
        desk.pass_time(seconds=1)
        desk.upload()
        assert sent(desk) == {"lead_received"}

    def test_fraud_sends_what_suppresses_and_nothing_else(self, desk: MetricaDesk) -> None:
        suspect(desk)
        desk.pass_time(hours=1)
        lose(desk, BOT)
        assert planned(desk).withheld == {"held.fraud": 1}
        desk.upload()
        assert sent(desk) == {"lead_qualified", "flat_sold"}, "the goals on fraud and on disqualified"
        desk.pass_time(days=21)
        assert desk.upload().withheld == {"expired.fraud": 1}

    def test_what_suppresses_needs_an_identifier_and_a_window_as_all_do(self, desk: MetricaDesk) -> None:
        desk.plant("vera", deal="8")
        lose(desk, BOT, "vera", "8")
        assert planned(desk).withheld == {"held.fraud": 1, "held.no_identifier": 2}
        desk.pass_time(days=21, seconds=1)
        assert desk.upload().withheld == {"expired.fraud": 1, "expired.never_captured": 2}

    def test_a_verdict_after_the_claim_changes_nothing_that_was_sent(self, desk: MetricaDesk) -> None:
        desk.plant("anna", client_id=ANNA, deal="7")
        desk.upload()
        before = (desk.lead("anna").claims, desk.conversions())
        lose(desk, BOT)
        change(desk, "anna", circumstances=Circumstances(repeats="boris", by="phone"))
        assert (desk.lead("anna").claims, desk.conversions()) == before
        assert planned(desk).withheld == {}


def give_back(desk: MetricaDesk) -> None:
    """Metrica takes no file at the moment: what was claimed is frozen, and certainly not sent."""
    desk.fault("quota", status=429)
    desk.upload()
    assert desk.states() == ["released"]
    assert (desk.lead("anna").released().keys(), sent(desk)) == (desk.lead("anna").claims.keys(), set())


class TestRowsThatWereGivenBack:
    """Nothing of them was sent, so what is said of their lead by now decides; what nobody knows of stays as it is."""

    @pytest.fixture
    def desk(self, desk: MetricaDesk) -> MetricaDesk:
        desk.plant("anna", client_id=ANNA, deal="7")
        return desk

    @pytest.mark.parametrize(
        ("said", "held", "expired"),
        [
            (Circumstances(client_since=after(days=-90)), "held.current_client", "expired.current_client"),
            (Circumstances(repeats="boris", by="phone"), "duplicate.of_lead", "expired.duplicate"),
            (Circumstances(velocity={"network": 20}), "held.fraud_suspected", "expired.fraud_suspected"),
        ],
        ids=["client", "duplicate", "held"],
    )
    def test_wait_for_what_other_leads_say_of_theirs(
        self, desk: MetricaDesk, said: Circumstances, held: str, expired: str
    ) -> None:
        give_back(desk)
        change(desk, "anna", circumstances=said)
        assert desk.upload().withheld == {held: 1}
        assert planned(desk).examples[held][0].outcome == (Outcome.DUPLICATE if "dup" in held else Outcome.HELD)
        assert sent(desk) == set()
        desk.pass_time(days=21, seconds=1)
        assert desk.upload().withheld == {expired: 1}
        assert (desk.lead("anna").claims, desk.lead("anna").fields(desk.world.runtime.policy)["next_deadline"]) == (
            {},
            None,
        )

    def test_go_as_they_were_frozen_once_nothing_is_said_any_more(self, desk: MetricaDesk) -> None:
        give_back(desk)
        frozen = desk.lead("anna").claims["lead_received"].row
        change(desk, "anna", circumstances=Circumstances(repeats="boris"))
        desk.upload()
        desk.learn("anna", yclid="7325873983740247041")
        change(desk, "anna", circumstances=Circumstances())
        desk.upload()
        assert desk.lead("anna").claims["lead_received"].row == frozen
        assert (sent(desk), desk.posts()) == ({"lead_received"}, 2)

    def test_of_a_lead_that_turned_out_fraud_stay_and_what_suppresses_goes(self, desk: MetricaDesk) -> None:
        give_back(desk)
        lose(desk, BOT)
        assert desk.upload().withheld == {"held.fraud": 1}
        assert sent(desk) == {"lead_qualified", "flat_sold"}, "the goals on fraud and on disqualified"

    def test_that_suppress_stay_when_the_lead_is_no_fraud_after_all(self, desk: MetricaDesk) -> None:
        desk.upload()
        desk.pass_time(hours=1)
        lose(desk, BOT)
        desk.fault("quota", status=429)
        desk.upload()
        assert desk.lead("anna").released().keys() == {"lead_qualified", "flat_sold"}
        desk.pass_time(hours=1)
        change(desk, "anna", facts_of.release(desk.now()), entered(QUALIFIED, desk.now(), "7"))
        assert desk.upload().withheld == {"held.no_longer_reached": 2}
        assert sent(desk) == {"lead_received"}
        desk.pass_time(days=20)
        assert desk.upload().near_deadline == {}
        desk.pass_time(days=2)
        assert desk.upload().withheld == {"expired.no_longer_reached": 2}

    def test_of_a_goal_that_the_policy_has_no_more_go_as_they_were(self, desk: MetricaDesk) -> None:
        give_back(desk)
        policy = desk.world.runtime.policy
        goals = {name: goal for name, goal in policy.goals.items() if name != "lead_received"}
        desk.world.runtime.policy = policy.model_copy(update={"goals": goals})
        change(desk, "anna", circumstances=Circumstances(repeats="boris"))
        desk.upload()
        assert sent(desk) == {"lead_received"}

    @pytest.mark.parametrize("fate", ["drop_before", "accept_then_drop"])
    def test_are_no_rows_whose_fate_is_unknown_those_are_counted_exactly_once(
        self, desk: MetricaDesk, fate: str
    ) -> None:
        desk.fault(fate)
        desk.fault("listing_lag", path=None, method=None, times=None, minutes=150.0)
        desk.upload()
        assert desk.states() == ["unknown"]
        lose(desk, BOT)
        change(desk, "anna", circumstances=Circumstances(repeats="boris"))
        for _ in range(4):
            desk.pass_time(hours=1)
            desk.upload()
        received = [target for _, _, target, _ in desk.conversions() if target == "lead_received"]
        assert received == ["lead_received"]
        assert desk.lead("anna").claims["lead_received"].token is not None


class TestAnnouncements:
    """Before a deadline is told what somebody may still do something about, and nothing else."""

    def test_a_suspected_lead_is_announced_while_a_person_can_still_decide(self, desk: MetricaDesk) -> None:
        suspect(desk)
        desk.pass_time(days=20)
        assert desk.upload().near_deadline == {"held.fraud_suspected": 1}
        desk.pass_time(days=1, seconds=1)
        desk.upload()
        assert "conversions_expired" in desk.log.events("WARNING")

    def test_what_is_kept_back_for_good_expires_in_silence(self, desk: MetricaDesk) -> None:
        suspect(desk)
        lose(desk, BOT)
        desk.plant("boris", client_id=ANNA)
        change(desk, "boris", circumstances=Circumstances(client_since=after(days=-90)))
        desk.pass_time(days=20)
        assert desk.upload().near_deadline == {}
        desk.pass_time(days=1, seconds=1)
        assert desk.upload().withheld == {"expired.fraud": 1, "expired.current_client": 1}
        assert desk.log.events("WARNING") == []


class TestOthers:
    def test_a_current_client_is_no_new_one(self, desk: MetricaDesk) -> None:
        desk.plant("anna", client_id=ANNA)
        change(desk, "anna", circumstances=Circumstances(client_since=after(days=-90)))
        [held] = planned(desk).examples["held.current_client"]
        assert (held.goal, held.outcome) == ("lead_received", Outcome.HELD)
        desk.pass_time(days=21, seconds=1)
        assert desk.upload().withheld == {"expired.current_client": 1}

    def test_a_duplicate_names_its_lead_and_what_they_have_in_common(self, desk: MetricaDesk) -> None:
        desk.plant("anna", client_id=ANNA, deal="7")
        lose(desk, SPAM)
        change(desk, "anna", circumstances=Circumstances(repeats="boris", by="phone"))
        [one] = planned(desk).examples["duplicate.of_lead"]
        assert (one.goal, one.outcome) == ("lead_received", Outcome.DUPLICATE)
        assert one.verdict.reason == "it is a duplicate of lead boris, with which it has the phone in common"
        desk.upload()
        assert sent(desk) == {"flat_sold"}

    def test_a_lead_that_sends_nothing_is_read_by_no_run(self, desk: MetricaDesk) -> None:
        desk.plant("anna", client_id=ANNA)
        change(desk, "anna", circumstances=Circumstances(repeats="boris"))
        assert list(Selection(desk.world.runtime.policy, desk.now()).pages(desk.world.store)) == [[]]


_CIRCUMSTANCES = st.builds(
    Circumstances,
    repeats=st.sampled_from([None, "boris", "vera"]),
    client_since=st.sampled_from([None, after(days=-1)]),
)
_SALES = st.builds(
    lambda reason, at: shown("location", "budget", at=at, loss_reason=reason),
    st.sampled_from([None, SPAM, BOT]),
    st.sampled_from([after(hours=hours) for hours in (1, 20)]),
)


def chosen(lead: Lead, at: datetime) -> Choice:
    """What becomes of a lead's conversions at an instant."""
    store = MemoryStore()
    store.commit(lead_writes(POLICY, lead, None))
    resting = [document for document in store.get_many([lead.key]) if document is not None]
    [choice] = Selection(POLICY, at).read(store, resting)
    return choice


def with_rows_given_back(lead: Lead, goals: set[str], at: datetime) -> Lead:
    """The lead after an upload with rows of these goals that certainly did not happen."""
    choice = chosen(lead, at)
    claims = {one.claim.goal: one.claim for one in choice.sendable if one.claim.goal in goals}
    return lead.model_copy(update={"claims": claims})


@given(
    facts=any_facts(8).flatmap(lambda facts: st.sampled_from([facts, [submitted(client_id=ANNA), *facts]])),
    sales=st.lists(_SALES, max_size=2),
    circumstances=_CIRCUMSTANCES,
    repeat_of=st.sampled_from([None, "boris"]),
    given_back=st.sets(st.sampled_from(sorted(ORDINARY | {"lead_bad", "lead_lost", "lead_fraud"}))),
    days=st.sampled_from([0, 19, 40]),
)
def test_every_goal_that_was_reached_has_exactly_one_end(
    facts: list[Fact],
    sales: list[Fact],
    circumstances: Circumstances,
    repeat_of: str | None,
    given_back: set[str],
    days: int,
) -> None:
    update = {"circumstances": circumstances, "repeat_of": repeat_of}
    before = with_rows_given_back(lead_of(*facts, *sales), given_back, after(hours=20))
    lead = before.model_copy(update=update)
    choice = chosen(lead, after(days=days))
    ends = [one.claim.goal for one in choice.sendable] + [one.goal for one in choice.withheld]
    assert sorted(ends) == sorted(reached(POLICY, lead.state(POLICY)))
    unclaimed = chosen(lead.model_copy(update={"claims": {}}), after(days=days))
    over = {one.goal for one in choice.withheld if one.outcome is Outcome.EXPIRED}
    judged_now = {goal: rule for goal, rule in kept_back(unclaimed).items() if goal not in over}
    assert kept_back(choice) == judged_now, "what was given back is judged as if it were claimed only now"


def kept_back(choice: Choice) -> dict[str, str]:
    """By goal the rule that keeps it back while its window is open."""
    return {one.goal: one.verdict.rule for one in choice.withheld if one.outcome is not Outcome.EXPIRED}
