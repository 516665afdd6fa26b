"""Tokens by OAuth at the real stand-in: renewed once, stored before they are used, lost loudly."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from leadloop import crm
from leadloop.adapters.memory_store import MemoryStore
from leadloop.crm.amocrm.access import TokenUnavailable
from leadloop.crm.amocrm.oauth import OAuthNotChosen
from leadloop.crm.amocrm.tokens import KEY
from leadloop.ports.http import Refused
from leadloop.ports.store import Document, Key, Store, StoreUnavailable, Write
from support.crm_desk import CLIENT_SECRET, CrmAccount, CrmDesk
from support.oauth_desk import (
    CLIENT_ID,
    CODE,
    ENDPOINT,
    another_worker,
    authorise,
    call,
    exchanges,
    oauth_account,
    oauth_policy,
    resting,
    told,
)
from support.policies import sokol
from support.settable_clock import MORNING


@pytest.fixture(scope="module")
def account() -> Iterator[CrmAccount]:
    with oauth_account() as account:
        yield account


@pytest.fixture
def desk(account: CrmAccount) -> Iterator[CrmDesk]:
    """Authorised in the morning."""
    with account.desk(oauth_policy()) as desk:
        authorise(desk)
        yield desk


def document(desk: CrmDesk) -> Document:
    [found] = desk.world.store.get_many([KEY])
    assert found is not None
    return found


class TestAuthorising:
    def test_a_code_gives_what_lets_leadloop_in(self, desk: CrmDesk) -> None:
        assert call(desk.world.runtime)
        assert exchanges(desk) == [200]

    def test_before_it_work_is_put_off_and_the_reason_says_what_to_do(self, account: CrmAccount) -> None:
        with account.desk(oauth_policy()) as desk:
            with pytest.raises(TokenUnavailable, match=r"not authorised yet; .*leadloop authorise"):
                call(desk.world.runtime)
            assert desk.sync()["outcome"] == "ran"
            assert "leadloop authorise" in told(desk, "crm_unreadable")[0]["reason"]
            assert desk.calls() == []

    def test_neither_store_nor_log_holds_a_token_in_clear(self, desk: CrmDesk) -> None:
        desk.clock.advance(hours=23)
        assert call(desk.world.runtime)
        said = json.dumps([[*document(desk).fields.values()], [entry.details for entry in desk.world.log.entries]])
        assert told(desk, "crm_token_renewed")
        for secret in (resting(desk).access, resting(desk).refresh, CLIENT_SECRET, CODE):
            assert secret not in said

    def test_a_used_code_changes_nothing(self, desk: CrmDesk) -> None:
        before = document(desk)
        with pytest.raises(Refused, match="401"):
            authorise(desk)
        assert document(desk) == before
        assert call(desk.world.runtime)

    def test_another_code_replaces_tokens_that_nobody_can_open(self, desk: CrmDesk) -> None:
        desk.world.runtime.policy = sokol(crm={"account": "kommo", "oauth": oauth_policy().crm.model_dump()["oauth"]})
        with pytest.raises(TokenUnavailable, match="sealed for another client secret, integration or account"):
            call(desk.world.runtime)
        desk.act("issue_code", client_id=CLIENT_ID, code="another")
        authorise(desk, "another")
        assert call(desk.world.runtime)

    def test_a_store_that_is_away_does_not_cost_the_code(self, account: CrmAccount) -> None:
        with account.desk(oauth_policy()) as desk:
            store, desk.world.store = desk.world.store, AwayStore(desk.world.store, range(99))
            with pytest.raises(StoreUnavailable):
                authorise(desk)
            desk.world.store = store
            authorise(desk)
            assert exchanges(desk) == [200]

    def test_without_the_client_secret_nothing_is_sent(self, desk: CrmDesk) -> None:
        del desk.world.runtime.secrets
        desk.world.runtime.environment = {}
        with pytest.raises(TokenUnavailable, match="LEADLOOP_AMOCRM_CLIENT_SECRET"):
            call(desk.world.runtime)
        with pytest.raises(TokenUnavailable, match="LEADLOOP_AMOCRM_CLIENT_SECRET"):
            authorise(desk)
        assert exchanges(desk) == [200]

    def test_a_command_without_a_store_says_so(self, desk: CrmDesk) -> None:
        del desk.world.runtime.store
        desk.world.runtime.environment = {"LEADLOOP_AMOCRM_CLIENT_SECRET": CLIENT_SECRET}
        with pytest.raises(TokenUnavailable, match="--data or --project"):
            call(desk.world.runtime)

    def test_a_long_lived_token_needs_none(self, account: CrmAccount) -> None:
        with account.desk(sokol()) as desk, pytest.raises(OAuthNotChosen):
            authorise(desk)


class TestRenewing:
    def test_only_when_its_end_is_near_and_once(self, desk: CrmDesk) -> None:
        for hours in (0, 12, 9, 1):  # until the last minute before it is due
            desk.clock.advance(hours=hours)
            assert call(desk.world.runtime)
        assert exchanges(desk) == [200]
        desk.clock.advance(minutes=1)
        assert all(call(desk.world.runtime) for _ in range(3))
        assert exchanges(desk) == [200, 200]

    def test_a_long_run_of_one_worker_renews_too(self, desk: CrmDesk) -> None:
        worker = crm.connect(desk.world.runtime)
        for _ in range(10):
            assert worker.prepare()
            desk.clock.advance(hours=10)
        assert 401 not in {entry.status for entry in desk.amocrm.journal.entries}

    def test_half_a_year_of_ticks(self, desk: CrmDesk) -> None:
        for _ in range(180):
            desk.clock.advance(days=1)
            desk.sync()
        assert exchanges(desk) == [200] * 181
        assert {"crm_unreadable", "token_expires", "crm_token_refused"}.isdisjoint(desk.world.log.events())

    def test_a_pair_is_stored_before_it_is_used(self, desk: CrmDesk) -> None:
        desk.clock.advance(hours=23)
        desk.world.store = AwayStore(desk.world.store, range(2, 99))  # read, begun, and then away
        with pytest.raises(StoreUnavailable, match="could not be stored"):
            call(desk.world.runtime)
        assert [path for _, path in desk.calls()] == [ENDPOINT, ENDPOINT]
        assert "leadloop authorise" in told(desk, "crm_token_lost")[0]["what_to_do"]

    def test_a_store_that_is_away_for_a_moment_loses_no_pair(self, desk: CrmDesk) -> None:
        desk.clock.advance(hours=23)
        store, desk.world.store = desk.world.store, AwayStore(desk.world.store, range(2, 6))
        assert call(desk.world.runtime)
        desk.world.store = store
        assert resting(desk).begun_at is None
        assert exchanges(desk) == [200, 200]


class AwayStore(MemoryStore):
    """A store that is away for those of its calls that are numbered so."""

    def __init__(self, store: Store, away: range) -> None:
        super().__init__()
        self._store, self._away, self._calls = store, away, 0

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        self._call()
        return self._store.get_many(keys)

    def commit(self, writes: Sequence[Write]) -> None:
        self._call()
        self._store.commit(writes)

    def _call(self) -> None:
        self._calls += 1
        if self._calls - 1 in self._away:
            raise StoreUnavailable("the disk is full")


class TestWhenItGoesWrong:
    def test_a_vendor_that_is_down_for_an_hour_is_not_noticed(self, desk: CrmDesk) -> None:
        desk.clock.advance(hours=22, minutes=1)
        desk.break_next("status", status=503, path=ENDPOINT, times=4)
        for _ in range(60):
            assert call(desk.world.runtime)
            desk.clock.advance(minutes=1)
        assert [severity_of(desk, event) for event in desk.world.log.events()] == ["WARNING"] * 4 + ["INFO"]
        assert exchanges(desk) == [200, *[503] * 4, 200]

    def test_nobody_asks_twice_in_two_minutes(self, desk: CrmDesk) -> None:
        desk.clock.advance(hours=25)
        desk.break_next("status", status=503, path=ENDPOINT, times=None)
        for _ in range(6):
            with pytest.raises(TokenUnavailable, match="the token ended"):
                call(desk.world.runtime)
            desk.clock.advance(seconds=30)
        assert exchanges(desk) == [200, 503, 503]

    def test_a_lost_answer_is_told_and_a_person_heals_it(self, desk: CrmDesk) -> None:
        desk.clock.advance(hours=23)
        desk.break_next("accept_then_drop", path=ENDPOINT)
        assert call(desk.world.runtime)  # with the old one, while it lives
        assert "nothing if it passes" in told(desk, "crm_token_not_renewed")[0]["what_to_do"]
        desk.clock.advance(minutes=3)
        assert call(desk.world.runtime)
        [refused] = told(desk, "crm_token_refused")
        assert "did not end, so the answer with the next token is probably lost" in refused["reason"]
        assert "leadloop authorise" in refused["what_to_do"]
        desk.clock.advance(hours=1)
        with pytest.raises(TokenUnavailable, match="see crm_token_refused"):
            call(desk.world.runtime)
        desk.act("issue_code", client_id=CLIENT_ID, code="another")
        authorise(desk, "another")
        assert call(desk.world.runtime)

    def test_a_request_that_never_arrived_heals_by_itself(self, desk: CrmDesk) -> None:
        desk.clock.advance(hours=23)
        desk.break_next("drop_before", path=ENDPOINT)
        assert call(desk.world.runtime)
        desk.clock.advance(minutes=3)
        assert call(desk.world.runtime)
        assert resting(desk).obtained_at == desk.clock.now()
        assert "crm_token_refused" not in desk.world.log.events()

    def test_a_withdrawn_refresh_token_is_told_once_an_hour_and_not_tried_more(self, desk: CrmDesk) -> None:
        desk.act("revoke_token", token=resting(desk).refresh)
        desk.clock.advance(hours=25)
        for _ in range(4 * 3):
            desk.clock.advance(minutes=15)
            assert desk.sync()["outcome"] == "ran"
        assert exchanges(desk) == [200, 401, 401, 401]
        refused = told(desk, "crm_token_refused")
        assert len(refused) == 3
        assert "used elsewhere, withdrawn, or is over three months old" in refused[0]["reason"]

    def test_an_account_that_is_shut_out_needs_no_new_code(self, desk: CrmDesk) -> None:
        desk.clock.advance(hours=23)
        desk.break_next("status", status=403, path=ENDPOINT)
        assert call(desk.world.runtime)
        assert "authorise" not in told(desk, "crm_token_refused")[0]["what_to_do"]

    def test_leads_wait_and_are_delivered_after_authorising(self, account: CrmAccount) -> None:
        with account.desk(oauth_policy("keep")) as desk:
            lead = desk.submit("anna", phone="+79990000003", name="Анна")
            desk.settle()
            assert desk.deals_of(lead) == []
            assert "not authorised yet" in (desk.delivery(lead).reason or "")
            authorise(desk)
            desk.clock.advance(hours=1)
            desk.sync()
            assert len(desk.deals_of(lead)) == 1


class TestRejectedTokens:
    def test_in_the_middle_of_a_run_the_call_is_made_again(self, desk: CrmDesk) -> None:
        desk.clock.advance(hours=2)
        worker = crm.connect(desk.world.runtime)
        assert worker.prepare()
        desk.act("revoke_token", token=resting(desk).access)
        assert worker.prepare()
        assert [entry.status for entry in desk.amocrm.journal.entries] == [200, 200, 401, 200, 200]

    def test_one_that_somebody_else_renewed_costs_no_renewal(self, desk: CrmDesk) -> None:
        desk.clock.advance(hours=21)
        slow, quick = crm.connect(desk.world.runtime), another_worker(desk)
        assert slow.prepare()
        old = resting(desk).access
        desk.clock.advance(hours=2)
        assert call(quick)
        desk.clock.set(MORNING + timedelta(hours=21, minutes=1))
        desk.act("revoke_token", token=old)  # as a vendor may that lets one token live at a time
        assert slow.prepare()
        assert exchanges(desk) == [200, 200]

    def test_one_that_a_person_replaced_is_not_insisted_on(self, desk: CrmDesk) -> None:
        worker = crm.connect(desk.world.runtime)
        assert worker.prepare()
        desk.act("revoke_token", token=resting(desk).access)
        desk.act("issue_code", client_id=CLIENT_ID, code="another")
        authorise(desk, "another")
        assert worker.prepare()

    def test_a_young_one_is_not_renewed_because_that_would_never_end(self, desk: CrmDesk) -> None:
        desk.break_next("status", status=401, path="/api/v4/", times=None)
        for _ in range(3):
            with pytest.raises(Refused, match="401"):
                call(desk.world.runtime)
        assert exchanges(desk) == [200]

    def test_while_somebody_renews_the_work_is_put_off(self, desk: CrmDesk) -> None:
        desk.clock.advance(hours=23)
        desk.break_next("drop_before", path=ENDPOINT)
        assert call(desk.world.runtime)
        desk.act("revoke_token", token=resting(desk).access)
        with pytest.raises(TokenUnavailable, match="a renewal is under way"):
            call(another_worker(desk))
        assert exchanges(desk) == [200, None]


class TestClocks:
    def test_one_that_leaps_ahead_and_back(self, desk: CrmDesk) -> None:
        desk.clock.set(MORNING + timedelta(days=60))
        assert call(desk.world.runtime)
        desk.clock.set(MORNING + timedelta(hours=20))
        assert call(desk.world.runtime)
        desk.act("revoke_token", token=resting(desk).access)  # which ended long before the store says so
        assert call(desk.world.runtime)
        assert resting(desk).obtained_at == desk.clock.now()

    def test_a_renewal_begun_in_a_wrong_year_holds_nobody(self, desk: CrmDesk) -> None:
        desk.clock.set(MORNING + timedelta(days=400))
        desk.break_next("drop_before", path=ENDPOINT)
        with pytest.raises(TokenUnavailable):
            call(desk.world.runtime)
        desk.clock.set(MORNING + timedelta(hours=23))
        assert call(desk.world.runtime)
        assert resting(desk).obtained_at == desk.clock.now()


def severity_of(desk: CrmDesk, event: str) -> str:
    return next(entry.severity for entry in desk.world.log.entries if entry.event == event)
