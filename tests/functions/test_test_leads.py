"""A test lead counts nowhere: what rests with it is, to the byte, what rests without it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from leadloop import timestamps
from leadloop.forms.test_codes import PARAMETER, new_code
from leadloop.identity.keys import KeyRing
from leadloop.leads.trials import KEPT, MOST, read_trials
from leadloop.ports.store import Write
from support.crm_desk import ANNA, BORIS, CrmAccount, CrmDesk, crm_account
from support.policies import HMAC_KEY, ORIGIN, sokol

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)", "Accept-Language": "ru", "X-Forwarded-For": "203.0.113.7"}
PHONE, ANOTHERS_PHONE = "8 999 000-00-03", "8 999 000-00-77"
COUNTED = ("lead", "key", "crm_ref", "delivery", "daily_total", "dirty_mark", "visit", "verdict", "upload")


@pytest.fixture(scope="module")
def account() -> Iterator[CrmAccount]:
    with crm_account() as account:
        yield account


@pytest.fixture(params=["none", "hash", "keep"])
def policy_mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def send(desk: CrmDesk, page: str = f"{ORIGIN}/", **fields: str) -> str:
    lead_id = send_unheard(desk, page, **fields)
    desk.settle()
    return lead_id


def send_unheard(desk: CrmDesk, page: str = f"{ORIGIN}/", **fields: str) -> str:
    """The edge took it, and its message is on the way."""
    form = {"phone": PHONE, "ym_client_id": ANNA, "page": page, **fields}
    headers = {**BROWSER, "Origin": ORIGIN, "Accept": "application/json"}
    answer = desk.world.client("capture-lead").post("/", json=form, headers=headers)
    assert answer.status_code == 200, answer.text
    return str((answer.json or {})["lead_id"])


def page_with_code(desk: CrmDesk, name: str = "1") -> str:
    code = new_code(KeyRing.read(HMAC_KEY), f"test{name:0>22}"[:4] + f"{name:0>6}", desk.clock.now())
    return f"{ORIGIN}/?{PARAMETER}={code}"


def a_day(desk: CrmDesk, *, tests: int) -> dict[str, object]:
    """One person comes, tests from the same browser go before, between and after, and everything is counted."""

    def test(number: int) -> None:
        for part in range(tests):
            send(desk, page_with_code(desk, f"{number}{part:02d}"), submission_id=f"t-{number}-{part}")

    test(1)
    send(desk, submission_id="s-1")
    test(2)
    desk.clock.advance(hours=2)
    send(desk, submission_id="s-2", ym_client_id=BORIS)
    test(3)
    desk.sync()
    desk.clock.advance(minutes=20)
    desk.sync()
    return {
        f"{one.key.collection}/{one.key.id}": unsealed(one.fields)
        for name in COUNTED
        for one in desk.world.documents(name)
    }


def unsealed(fields: object) -> object:
    """Without sealed boxes, of which no two are alike."""
    if isinstance(fields, dict):
        return {name: unsealed(value) for name, value in fields.items() if name != "contact_sealed"}
    return [unsealed(one) for one in fields] if isinstance(fields, list) else fields


def test_what_counts_is_to_the_byte_the_same_with_tests_and_without(account: CrmAccount, policy_mode: str) -> None:
    with account.desk(sokol(policy_mode)) as desk:
        without = a_day(desk, tests=0)
        deals = len(desk.ledger()["leads"])
        announced = len(desk.world.memory_bus.on("leads"))
    with account.desk(sokol(policy_mode)) as desk:
        assert a_day(desk, tests=12) == without
        assert len(desk.ledger()["leads"]) == deals
        assert len(desk.world.memory_bus.on("leads")) == announced
        assert len(read_trials(desk.world.store)) == MOST


def test_its_form_post_ends_held_and_is_counted_among_the_posts(account: CrmAccount) -> None:
    with account.desk(sokol()) as desk:
        lead_id = send(desk, page_with_code(desk))
        ended = desk.world.the("outcome").fields
        assert (ended["outcome"], ended["rule"], ended["about"]) == ("held", "submission.test", lead_id)
        assert desk.world.documents("lead") == []


def test_a_contact_rests_only_sealed_and_no_longer_than_in_leads(account: CrmAccount) -> None:
    with account.desk(sokol("keep", contacts={"retention": "7d"})) as desk:
        send(desk, page_with_code(desk), name="Анна")
        ledger, posted = desk.world.documents("trial")
        [trial] = read_trials(desk.world.store)
        assert trial.fact.values["contact_sealed"] is None
        assert "9990000003" not in str([ledger.fields, posted.fields])
        terms = [timestamps.from_text(str(one.fields["expires_at"])) - desk.clock.now() for one in (ledger, posted)]
        assert terms == [KEPT, timedelta(days=7)]


def test_a_redelivery_changes_nothing(account: CrmAccount) -> None:
    with account.desk(sokol()) as desk:
        send(desk, page_with_code(desk))
        before = desk.world.documents("trial"), desk.world.the("outcome")
        [captured] = desk.world.memory_bus.on("submissions")
        assert desk.world.push("register-lead", captured).status_code == 204
        assert (desk.world.documents("trial"), desk.world.the("outcome")) == before


def test_sent_again_under_its_code_it_is_the_same_test(account: CrmAccount) -> None:
    """The owner presses twice, or loads the page anew."""
    with account.desk(sokol()) as desk:
        page = page_with_code(desk)
        first = send(desk, page, submission_id="s-1")
        send(desk, page, submission_id="s-2")
        assert [one.lead_id for one in read_trials(desk.world.store)] == [first]
        assert (desk.world.documents("lead"), len(desk.world.documents("outcome"))) == ([], 2)


class TestTheLinkIsShared:
    """The owner tries the form, and sends the page's address to somebody with the code still in it."""

    def test_whoever_opens_it_is_a_lead_and_it_says_so(self, account: CrmAccount, policy_mode: str) -> None:
        with account.desk(sokol(policy_mode)) as desk:
            page = page_with_code(desk)
            send(desk, page, submission_id="s-1")
            desk.clock.advance(minutes=1)
            real = send(desk, page, submission_id="s-2", phone=ANOTHERS_PHONE, ym_client_id=BORIS)
            again = desk.world.memory_bus.on("submissions")[-1]
            announced = desk.world.memory_bus.on("leads")
            assert desk.world.push("register-lead", again).status_code == 204
            assert desk.world.memory_bus.on("leads") == 2 * announced
            assert desk.world.the("lead").key.id == real
            assert "used up its code" in str(desk.lead(real).facts[0].values["left_out"])
            assert (desk.world.totals("leads"), len(read_trials(desk.world.store))) == (1, 1)

    def test_without_anything_of_a_person_another_submission_is_a_lead(self, account: CrmAccount) -> None:
        with account.desk(sokol("none")) as desk:
            page = page_with_code(desk)
            send(desk, page, submission_id="s-1", ym_client_id="")
            real = send(desk, page, submission_id="s-2", ym_client_id="")
            assert desk.world.the("lead").key.id == real

    def test_of_two_at_once_one_is_a_lead(self, account: CrmAccount, monkeypatch: pytest.MonkeyPatch) -> None:
        with account.desk(sokol()) as desk:
            page, store = page_with_code(desk), desk.world.store
            send_unheard(desk, page, submission_id="s-1")
            send_unheard(desk, page, submission_id="s-2", phone=ANOTHERS_PHONE, ym_client_id=BORIS)
            first, second = desk.world.memory_bus.on("submissions")
            commit = store.commit

            def overtaken(writes: Sequence[Write]) -> None:
                monkeypatch.setattr(store, "commit", commit)
                assert desk.world.push("register-lead", second).status_code == 204
                commit(writes)

            monkeypatch.setattr(store, "commit", overtaken)
            assert desk.world.push("register-lead", first).status_code == 204
            assert (len(read_trials(store)), desk.world.totals("leads")) == (1, 1)


def test_the_latest_tests_are_remembered(account: CrmAccount) -> None:
    with account.desk(sokol()) as desk:
        for number in range(MOST + 3):
            send(desk, page_with_code(desk, str(number)), submission_id=f"s-{number}")
            desk.clock.advance(seconds=1)
        names = [one.name for one in read_trials(desk.world.store)]
        assert names == [f"test{number:06d}" for number in range(3, MOST + 3)]


def test_a_lead_whose_code_is_over_counts(account: CrmAccount) -> None:
    """What is not surely a test is a lead: nothing real is ever hidden."""
    with account.desk(sokol()) as desk:
        page = page_with_code(desk)
        desk.clock.advance(minutes=16)
        send(desk, page)
        assert desk.world.totals("leads") == 1


class TestTheDealThatTheSiteMadeOfIt:
    """The site's own integration knows nothing of tests."""

    @pytest.mark.parametrize(
        ("mode", "shown"), [("none", {"fields": {"_YM_UID": ANNA}}), ("hash", {"phone": PHONE}), ("hash", {})]
    )
    def test_it_is_nobodys_whatever_becomes_of_it(
        self, account: CrmAccount, mode: str, shown: dict[str, object]
    ) -> None:
        with account.desk(sokol(mode)) as desk:
            send(desk, page_with_code(desk), submission_id="s-1")
            deal = desk.deal(**shown)
            self.wait(desk)
            for stage in ("qualified", "sold"):
                desk.move(deal, stage)
                desk.carry_hooks()
                self.wait(desk)
            born = 1 if not shown else 0  # a deal with nothing in common is somebody's
            assert [len(desk.world.documents(name)) for name in ("lead", "daily_total", "delivery")] == [born, born, 0]
            assert (desk.ref(deal).of_trial is None, desk.ref(deal).waits_until) == (bool(born), None)
            assert desk.marks() == []

    def test_it_is_the_tests_though_an_older_lead_of_the_same_browser_waits_for_a_deal(
        self, account: CrmAccount
    ) -> None:
        with account.desk(sokol()) as desk:
            older = send(desk, submission_id="s-0")
            desk.clock.advance(hours=1)
            send(desk, page_with_code(desk), submission_id="s-1")
            deal = desk.deal(fields={"_YM_UID": ANNA})
            self.wait(desk)
            assert desk.ref(deal).of_trial is not None
            assert desk.lead(older).state(desk.world.runtime.policy).crm_ref is None

    def test_a_lead_that_comes_from_the_same_browser_soon_after_does_not_take_it(self, account: CrmAccount) -> None:
        with account.desk(sokol()) as desk:
            send(desk, page_with_code(desk), submission_id="s-1")
            deal = desk.deal(fields={"_YM_UID": ANNA})
            desk.sync()
            desk.clock.advance(minutes=5)
            later = send(desk, submission_id="s-2")
            desk.move(deal, "qualified")
            self.wait(desk)
            assert (desk.ref(deal).leads, desk.state(later).crm_ref) == ({}, None)

    def test_a_later_lead_that_is_nearer_to_the_deal_takes_it(self, account: CrmAccount) -> None:
        with account.desk(sokol()) as desk:
            send(desk, page_with_code(desk), submission_id="s-1")
            desk.clock.advance(minutes=5)
            later = send(desk, submission_id="s-2")
            desk.clock.advance(minutes=2)
            deal = desk.deal(fields={"_YM_UID": ANNA})
            self.wait(desk)
            assert (desk.ref(deal).owner, desk.ref(deal).of_trial) == (later, None)

    def test_a_deal_first_seen_late_is_the_tests_though_a_lead_of_the_same_browser_came_meanwhile(
        self, account: CrmAccount
    ) -> None:
        with account.desk(sokol()) as desk:
            send(desk, page_with_code(desk), submission_id="s-1")
            deal = desk.deal(fields={"_YM_UID": ANNA})
            desk.clock.advance(minutes=5)
            later = send(desk, submission_id="s-2")
            self.wait(desk)
            assert (desk.ref(deal).of_trial is None, desk.state(later).crm_ref) == (False, None)

    def test_a_deal_that_came_much_later_is_not(self, account: CrmAccount) -> None:
        with account.desk(sokol()) as desk:
            send(desk, page_with_code(desk), submission_id="s-1")
            desk.clock.advance(minutes=11)
            deal = desk.deal(fields={"_YM_UID": ANNA})
            self.wait(desk)
            assert (desk.ref(deal).of_trial, desk.world.totals("leads")) == (None, 1)

    def test_the_log_says_so(self, account: CrmAccount) -> None:
        with account.desk(sokol()) as desk:
            send(desk, page_with_code(desk), submission_id="s-1")
            deal = desk.deal(fields={"_YM_UID": ANNA})
            self.wait(desk)
            said = [entry for entry in desk.world.log.entries if entry.event == "crm_entity_unmatched"]
            assert said[-1].details["rule"] == "match.test_lead"
            desk.move(deal, "qualified")
            self.wait(desk)
            assert [entry for entry in desk.world.log.entries if entry.event == "crm_entity_unmatched"] == said

    def wait(self, desk: CrmDesk) -> None:
        desk.sync()
        desk.clock.advance(minutes=16)
        desk.sync()
