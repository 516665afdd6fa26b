"""Promise 2: the same facts any number of times, in any order, give the same state."""

from __future__ import annotations

from collections import Counter
from itertools import permutations
from random import Random
from typing import Any

import pytest

from leadloop.json_types import JsonObject
from leadloop.leads.clearing import clear_totals
from leadloop.leads.lead import Lead
from simulation import books
from simulation.history import draw
from simulation.mail import Letter
from simulation.play import Player
from simulation.trouble import Trouble
from simulation.vendors import Vendors
from simulation.world import Company, OpenCompany
from support.policies import MEETING, NEW, QUALIFIED, WON, sokol

ANNA, BORIS = "1700000000123456789", "1700000000123456790"
FORMS: tuple[dict[str, object], ...] = (
    {"submission_id": "a", "form": "main", "phone": "8 999 000-00-03", "yclid": "777"},
    {"submission_id": "a", "form": "main", "phone": "8 999 000-00-03", "ym_client_id": ANNA},  # a resend that learnt
    {"submission_id": "a", "form": "main", "phone": "8 999 000-00-04", "utm_source": "vk"},  # a cached page
    {"submission_id": "b", "form": "price", "phone": "8 999 000-00-03"},  # a repeat within the hour
    {"submission_id": "a", "form": "main", "phone": "8 999 000-00-03", "yclid": "777"},  # the first once more
)
CALMER = {"vendor down": 0.0, "bus down": 0.0}
"""What moves creations and claims in time, and so rightly changes what is claimed, is left out."""


def test_forms_in_any_order_and_twice(open_company: OpenCompany) -> None:
    seen: list[dict[str, Any]] = []
    for order in list(permutations(range(len(FORMS))))[::9]:
        company = open_company()
        letters = _posted(company)
        company.mail.waiting = [letters[place] for place in (*order, *order)]
        company.mail.settle()
        clear_totals(company.system.store, most=9)
        seen.append(_resting(company, "lead", "key", "daily_total"))
    assert all(one == seen[0] for one in seen)
    leads = seen[0]["lead"]
    assert len(leads) == 3
    assert sum(lead["repeat_of"] is not None for lead in leads.values()) == 1


def _posted(company: Company) -> list[Letter]:
    """The posts, a minute apart, captured and not delivered yet."""
    for form in FORMS:
        company.send_form(**form)
        company.clock.advance(minutes=1)
    company.mail.collect()
    return company.mail.waiting


@pytest.mark.parametrize("mode", ["none", "hash"])
def test_webhooks_in_any_order_and_twice(mode: str, open_company: OpenCompany) -> None:
    """Deals are moved, priced and joined, and only then the webhooks come."""
    seen = []
    for seed in range(3):
        company = open_company(mode)
        company.vendors.subscribe(("add_lead", "status_lead", "delete_lead"))
        _work_of_a_day(company)
        hooks = company.vendors.take_hooks() * 2
        Random(seed).shuffle(hooks)
        for hook in hooks:
            company.post_hook(hook)
            company.mail.settle()
        company.live(hours=2)
        seen.append(_states(company))
    assert all(one == seen[0] for one in seen)
    stages = sorted(sorted(state["stages"]) for state in seen[0].values())
    assert stages == [["meeting"], ["qualified", "sold"], ["qualified", "sold"]]


def _work_of_a_day(company: Company) -> None:
    deals = {}
    for name, phone, client_id in (("anna", "3", ANNA), ("boris", "4", BORIS), ("vera", "5", None)):
        company.send_form(submission_id=name, phone=f"8 999 000-00-0{phone}", ym_client_id=client_id)
        fields = {"_YM_UID": client_id} if client_id else {"LEADLOOP_ID": company.answered[-1].lead_id}
        made = company.act("create_lead", name=name, fields=fields, status_id=int(NEW), phone=f"+7999000000{phone}")
        deals[name] = made["lead_id"]
        company.settle()
        company.clock.advance(minutes=1)
    for name, status in (("anna", QUALIFIED), ("vera", MEETING)):
        company.act("move", lead_id=deals[name], status_id=int(status))
        company.clock.advance(minutes=1)
    company.act("set_price", lead_id=deals["anna"], price=9_000_000)
    company.act("merge", winner=deals["anna"], loser=deals["boris"])
    company.clock.advance(minutes=1)
    company.act("move", lead_id=deals["anna"], status_id=int(WON))


@pytest.mark.parametrize("seed", [13, 36, 40])
def test_a_history_with_doubles_losses_and_crashes_ends_as_without(seed: int, vendors: Vendors) -> None:
    history = draw(seed)
    assert history.mode != "keep", "creations that die come later, and rightly so"
    policy = sokol(history.mode, crm={"fields": {"submission_id": "SUBMISSION_ID"}})
    calm = Company(vendors, policy)
    Player(calm, history).play()
    without = (_states(calm), books.totals(calm))
    journal: list[str] = []
    stormy = Company(vendors, policy, Trouble(Random(seed), journal, likelihoods=CALMER), journal)
    Player(stormy, history).play()
    assert any("died" in line for line in journal), "nothing went wrong, so nothing was proven"
    assert (_states(stormy), books.totals(stormy)) == without, "\n".join(journal)


class TestWhatBelongsTogetherIsFoundInAnyOrder:
    def test_two_forms_and_two_deals_minutes_apart_are_two_pairs(self, open_company: OpenCompany) -> None:
        """Whether each deal is read when it comes, or both at once when the webhooks were lost."""
        pairs = []
        for loses in (False, True):
            company = open_company()
            company.loses_webhooks = loses
            deals = []
            for form in ("price", "viewing"):
                company.send_form(form=form, phone="8 999 000-00-03", ym_client_id=ANNA)
                made = company.act("create_lead", name=form, fields={"_YM_UID": ANNA}, status_id=int(NEW))
                deals.append(str(made["lead_id"]))
                company.settle()
                company.clock.advance(minutes=4)
            company.live(hours=1)
            leads = [sent.lead_id for sent in company.answered]
            owners = {one.key.id.rpartition("-")[2]: one.fields["owner"] for one in company.system.documents("crm_ref")}
            pairs.append([owners[deal] for deal in deals] == leads)
        assert pairs == [True, True]

    @pytest.mark.parametrize("minutes", [4, 12])
    @pytest.mark.parametrize("field", ["SUBMISSION_ID", "_YM_UID"])
    def test_a_deal_that_is_read_before_its_own_form_takes_no_earlier_ones_lead(
        self, field: str, minutes: int, open_company: OpenCompany
    ) -> None:
        """The first deal's webhook is lost, so the first form's lead is free when the second deal is read."""
        company = open_company(crm={"fields": {"submission_id": "SUBMISSION_ID"}})
        company.loses_webhooks = True
        deals = []
        for form in ("price", "viewing"):
            known = {"SUBMISSION_ID": form, "_YM_UID": ANNA}
            fields = {"_YM_UID": ANNA, field: known[field]}
            made = company.act("create_lead", name=form, fields=fields, status_id=int(NEW))
            deals.append(str(made["lead_id"]))
            company.settle()
            company.send_form(form=form, submission_id=form, phone="8 999 000-00-03", ym_client_id=ANNA, yclid="777")
            company.settle()
            company.loses_webhooks = False
            company.clock.advance(minutes=minutes)
        company.live(hours=1)
        company.act("move", lead_id=int(deals[0]), status_id=int(QUALIFIED))
        company.live(hours=1)
        leads = [sent.lead_id for sent in company.answered]
        owners = {one.key.id.rpartition("-")[2]: one.fields["owner"] for one in company.system.documents("crm_ref")}
        assert [owners[deal] for deal in deals] == leads
        assert {source for _, source, _ in books.totals(company)} == {"yandex_direct"}

    def test_an_earlier_form_is_taken_when_no_nearer_one_comes_within_the_wait(self, open_company: OpenCompany) -> None:
        """A manager types in a deal hours after the form: it is the form's, only not at once."""
        company = open_company()
        company.send_form(phone="8 999 000-00-03", ym_client_id=ANNA)
        company.live(hours=5)
        made = company.act("create_lead", name="typed in", status_id=int(NEW), phone="+79990000003")
        company.settle()
        [waiting] = company.system.documents("crm_ref")
        company.live(hours=1)
        [ref] = company.system.documents("crm_ref")
        assert (waiting.fields.get("owner"), waiting.fields["external_id"]) == (None, str(made["lead_id"]))
        assert ref.fields["owner"] == company.answered[0].lead_id
        assert company.logged("crm_entity_unmatched")[0]["rule"] == "match.own_lead_awaited"

    def test_a_loss_that_is_heard_of_before_the_survivor(self, open_company: OpenCompany) -> None:
        """Without contacts a survivor is known by its own reading alone; the loser's webhook may come first."""
        company = open_company("none")
        deals = []
        for name, client_id in (("anna", ANNA), ("boris", BORIS)):
            company.send_form(submission_id=name, ym_client_id=client_id)
            fields = {"_YM_UID": client_id}
            made = company.act("create_lead", name=name, fields=fields, status_id=int(NEW), contact_name=name)
            deals.append(made["lead_id"])
        company.live(hours=3)
        company.act("merge", winner=deals[0], loser=deals[1])
        [loss] = [hook for hook in company.vendors.take_hooks() if b"delete" in hook]
        company.post_hook(loss)
        company.mail.settle()
        company.live(hours=3)
        refs = {one.key.id: one.fields for one in company.system.documents("crm_ref")}
        assert refs[f"amocrm-lead-{deals[1]}"].get("alias_of") == f"amocrm-lead-{deals[0]}"

    def test_a_lead_learns_the_stage_of_a_deal_that_never_moved_since(self, open_company: OpenCompany) -> None:
        company = open_company()
        company.send_form(phone="8 999 000-00-03", ym_client_id=ANNA)
        own = company.act(
            "create_lead", name="anna", fields={"_YM_UID": ANNA}, status_id=int(NEW), phone="+79990000003"
        )
        company.live(hours=1)
        other = company.act("create_lead", name="typed in", status_id=int(QUALIFIED), phone="+79990000004")
        company.live(hours=1)
        company.act("merge", winner=other["lead_id"], loser=own["lead_id"])
        company.live(hours=1)
        [anna] = company.answered
        assert list(company.lead(str(anna.lead_id)).state(company.policy).stages) == ["qualified"]

    def test_a_merge_makes_no_lead_older(self, open_company: OpenCompany) -> None:
        company = open_company()
        older = company.act("create_lead", name="older", status_id=int(NEW), phone="+79990000003")
        company.live(hours=26)
        newer = company.act("create_lead", name="newer", status_id=int(NEW), phone="+79990000004")
        company.live(hours=1)
        days = {document.key.id[:10] for document in company.system.documents("daily_total")}
        company.act("merge", winner=older["lead_id"], loser=newer["lead_id"])
        company.live(hours=1)
        assert len(days) == 2
        assert Counter(place[0] for place in books.totals(company) if place[2] == "leads") == Counter(days)


def _resting(company: Company, *collections: str) -> dict[str, dict[str, JsonObject]]:
    return {
        collection: {document.key.id: document.fields for document in company.system.documents(collection)}
        for collection in collections
    }


def _states(company: Company) -> dict[str, Any]:
    """What leads amount to, without the moments at which it was read."""
    return {lead.id: _state(company, lead) for lead in books.leads(company)}


def _state(company: Company, lead: Lead) -> dict[str, Any]:
    state = lead.state(company.policy)
    return {
        "occurred_at": state.occurred_at,
        "ids": state.ids,
        "visits": state.visits,
        "keys": state.key_ids,
        "source": state.source,
        "stages": state.stages,
        "stage": state.stage,
        "price": state.price,
        "lost": state.lost,
        "repeat_of": lead.repeat_of,
        "ownership": lead.ownership,
        "rows": {goal: claim.row for goal, claim in lead.claims.items()},
        "expired": {goal: expiry.rule for goal, expiry in lead.expired.items()},
    }
