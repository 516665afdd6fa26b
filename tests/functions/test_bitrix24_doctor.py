"""What `leadloop doctor` says of a Bitrix24 portal, and when its webhook's end is announced."""

from __future__ import annotations

from typing import Any

import pytest

from leadloop.doctor.account import account_checks
from leadloop.doctor.check import Check, State
from leadloop.doctor.secrets_set import secret_checks
from leadloop.outcomes import Outcome, outcome
from leadloop.verdict import Verdict
from support.bitrix24_desk import PORTAL, SEED, Bitrix24Desk, bitrix24_desk, in_portal
from support.world import World

TOLD = Verdict(True, "hint.applied", "the call tracker told of a call")


def checks(desk: Bitrix24Desk) -> dict[str, Check]:
    """By rule; the worst of several."""
    order = [State.NOT_LOOKED_AT, State.GOOD, State.WARNING, State.ERROR]
    found = sorted(account_checks(desk.world.runtime), key=lambda one: order.index(one.state))
    return {one.rule: one for one in found}


def seed(**changes: object) -> dict[str, Any]:
    return {**SEED, **changes}


def test_a_portal_that_fits_the_policy_is_found_good() -> None:
    with bitrix24_desk() as desk:
        found = checks(desk)
        told = {rule: one.state for rule, one in found.items()}
        assert told == {
            "crm.account": State.GOOD,
            "crm.token": State.GOOD,
            "crm.currency": State.GOOD,
            "crm.statuses": State.GOOD,
            "crm.loss_reasons": State.NOT_LOOKED_AT,
            "crm.fields": State.GOOD,
            "crm.hook": State.NOT_LOOKED_AT,
        }
        assert "sokol.bitrix24.ru" in found["crm.account"].found


def test_without_the_application_token_no_webhook_is_believed_and_no_host_starts() -> None:
    with bitrix24_desk() as desk:
        here = {**desk.world.runtime.environment, "LEADLOOP_BITRIX24_APPLICATION_TOKEN": ""}
        world = World(desk.world.runtime.policy, environment=here)
        [found] = secret_checks(world.runtime)
    assert (found.state, found.found) == (
        State.ERROR,
        "LEADLOOP_BITRIX24_APPLICATION_TOKEN is not set; read by receive-crm-event",
    )


class TestItsWebhooks:
    """An inbound webhook may not list the outgoing ones: whether they come is seen by those that came."""

    @staticmethod
    def hook(desk: Bitrix24Desk, *, has_store: bool = True) -> Check:
        [found] = [one for one in account_checks(desk.world.runtime, has_store=has_store) if one.rule == "crm.hook"]
        return found

    def test_that_never_came_are_to_be_created(self) -> None:
        with bitrix24_desk() as desk:
            found = self.hook(desk)
            assert (found.state, found.found.split(";")[0]) == (
                State.WARNING,
                "no webhook of bitrix24 came in 30 days",
            )
            assert ".../receive-crm-event/bitrix24/ and the secret" in found.what_to_do

    def test_that_come_are_good_until_they_cease(self) -> None:
        with bitrix24_desk() as desk:
            desk.open()
            desk.carry_hooks()
            desk.clock.advance(days=3)
            desk.world.store.commit([outcome("c-1", "hint", Outcome.APPLIED, TOLD, desk.clock.now(), "comagic-call-1")])
            found = self.hook(desk)
            assert found.state is State.GOOD
            assert "the last one at 2026-09-01" in found.found
            assert self.hook(desk, has_store=False).state is State.NOT_LOOKED_AT
            desk.clock.advance(days=28)
            assert self.hook(desk).state is State.WARNING


def test_stages_without_a_meaning_are_named_of_leads_too() -> None:
    policy = in_portal(crm={"ignored": ["0/NEW", "1/C1:NEW", "leads/NEW"]})
    with bitrix24_desk(policy) as desk:
        said = checks(desk)["crm.statuses"]
        assert said.state is State.WARNING
        assert "leads/CONVERTED" in said.found
        assert "leads/PROCESSED" in said.found


def test_a_stage_of_another_pipeline_is_not_there() -> None:
    policy = in_portal(crm={"pipelines": {**PORTAL["pipelines"], "1": {"C1:WON": "sold", "C1:EXECUTING": "sold"}}})
    with bitrix24_desk(policy) as desk:
        gone = [one.found for one in account_checks(desk.world.runtime) if one.state is State.ERROR]
        assert ["1/C1:EXECUTING" in one for one in gone] == [True]


def test_a_portal_without_leads_has_no_statuses_of_theirs() -> None:
    with bitrix24_desk() as desk:
        desk.settings(crm_mode="simple")
        said = checks(desk)["crm.statuses"]
        assert said.state is State.ERROR
        assert "leads/IN_PROCESS" in said.found


@pytest.mark.parametrize(("kinds", "state"), [(("deal", "lead"), State.GOOD), (("deal",), State.ERROR)])
def test_our_field_is_missing_unless_every_kind_that_is_read_has_it(kinds: tuple[str, ...], state: State) -> None:
    codes = ("LEADLOOP_ID", "YM_CLIENT_ID", "YCLID", "GCLID")
    fields = [{"kind": kind, "code": code} for kind in kinds for code in codes]
    with bitrix24_desk(seed=seed(user_fields=fields)) as desk:
        assert checks(desk)["crm.fields"].state is state


def test_loss_reasons_are_the_lost_stages_or_the_field_s_entries() -> None:
    reasons = {"reasons": {"not_ours": {"loss_reasons": ["LOSE", "APOLOGY", "C1:LOSE"]}}}
    with bitrix24_desk(in_portal(disqualification=reasons)) as desk:
        assert "JUNK" in checks(desk)["crm.loss_reasons"].found
    fields = [{"kind": kind, "code": code} for kind in ("deal", "lead") for code in ("LEADLOOP_ID", "YCLID")]
    why = {"kind": "deal", "code": "WHY", "type": "enumeration", "choices": ["Дорого", "Не наш район"]}
    policy = in_portal(disqualification=reasons, crm={"fields": {"loss_reason": "UF_CRM_WHY"}})
    with bitrix24_desk(policy, seed(user_fields=[*fields, why])) as desk:
        gone = [one.found for one in account_checks(desk.world.runtime) if one.rule == "crm.loss_reasons"]
        assert any("LOSE" in one for one in gone)
        assert any("Дорого" in one for one in gone)


def test_another_currency_is_an_error() -> None:
    portal = [{**SEED["portal"][0], "currency": "KZT"}]
    with bitrix24_desk(seed=seed(portal=portal)) as desk:
        assert checks(desk)["crm.currency"].state is State.ERROR


def test_a_portal_that_does_not_let_in_says_why() -> None:
    with bitrix24_desk() as desk:
        desk.act("regenerate_webhook", code="code0of0olga0000", new_code="another0code0000")
        said = checks(desk)["crm.account"]
        assert said.state is State.ERROR
        assert "LEADLOOP_BITRIX24_WEBHOOK" in said.found
        assert "code0of0olga" not in said.found


def test_an_address_with_a_letter_that_only_looks_latin_is_told_before_the_portal_is_asked() -> None:
    with bitrix24_desk() as desk:
        written = desk.world.runtime.environment["LEADLOOP_BITRIX24_WEBHOOK"].replace("code", "сode")
        world = World(desk.world.runtime.policy, environment={"LEADLOOP_BITRIX24_WEBHOOK": written})
        [found] = list(account_checks(world.runtime))
    assert (found.rule, found.state) == ("crm.account", State.ERROR)
    assert "LEADLOOP_BITRIX24_WEBHOOK holds a letter that is not Latin" in found.found


class TestTheEndOfItsWebhook:
    @pytest.mark.parametrize(
        ("last_day", "state"), [("2026-08-20", State.ERROR), ("2026-09-10", State.WARNING), ("2027-09-10", State.GOOD)]
    )
    def test_is_told_by_the_doctor(self, last_day: str, state: State) -> None:
        with bitrix24_desk(in_portal(crm={"webhook_expires": last_day})) as desk:
            assert checks(desk)["crm.token"].state is state

    def test_is_announced_by_the_pull_once_a_day(self) -> None:
        with bitrix24_desk(in_portal(crm={"webhook_expires": "2026-09-10"})) as desk:
            for _ in range(3):
                desk.sync()
            [said] = desk.said("token_expires")
            assert (said["crm"], said["at"]) == ("bitrix24", "2026-09-11T00:00:00.000000Z")
            assert "webhook_expires" in str(said["what_to_do"])

    def test_is_not_where_the_policy_names_none(self) -> None:
        with bitrix24_desk() as desk:
            desk.sync()
            assert desk.said("token_expires") == []
