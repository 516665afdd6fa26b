"""What every kind of account promises the reader, whichever vendor stands behind it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contract.crm.at_work import AccountAtWork, Opened, Skill, Trouble
from leadloop.crm.port import LEAD, Feed, NewCrmLead, Status
from leadloop.identity.contact import Contact
from leadloop.json_types import JsonObject
from leadloop.ports.http import NotSent, OutcomeUnknown, RateLimited, Refused, VendorError

ANNA, ANNA_YCLID, ANNA_PHONE = "1700000000123456789", "7325873983740247040", "+7 (999) 000-00-02"
LEAD_ID = "0f3b5e7c9a1d2e4f6a8b0c1d2e3f4a5b"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
_TRIES = 3
"""How often the transport tries what may be repeated."""

needs = pytest.mark.needs


def digits(text: str) -> str:
    return "".join(one for one in text if one.isdigit())


def changed(account: AccountAtWork, since_minutes: int, feed: Feed = Feed.CHANGED) -> list[str]:
    """Everything in a feed, page by page to its end."""
    since, position, found = account.now() - timedelta(minutes=since_minutes), None, list[str]()
    for _ in range(50):
        page = account.crm.changes(feed, since, position)
        found += [change.external_id for change in page.changes]
        assert all(change.at >= since for change in page.changes)
        position = page.position
        if position is None:
            return found
    raise AssertionError("the feed has no end")


class TestReading:
    def test_a_lead_is_shown_as_it_is(self, account: AccountAtWork) -> None:
        opened_at = account.now()
        lead_id = account.open(Opened(client_id=ANNA, yclid=ANNA_YCLID, utm_source="yandex"))
        [lead] = account.crm.read_leads([lead_id]).values()
        assert (lead.external_id, lead.status) == (lead_id, account.status("new"))
        assert (lead.ids["client_id"], lead.ids["yclid"]) == (ANNA, ANNA_YCLID)
        assert lead.source["utm_source"] == "yandex"
        assert (lead.created_at, lead.price) == (opened_at, None)
        assert lead.created_at.tzinfo is not None

    def test_what_there_never_was_is_left_out_and_nothing_else(self, account: AccountAtWork) -> None:
        lead_id = account.open()
        assert list(account.crm.read_leads([account.unknown_id, lead_id])) == [lead_id]
        assert account.crm.read_leads([account.unknown_id]) == {}
        assert account.crm.read_leads([]) == {}

    def test_as_many_as_a_call_may_ask_for_are_read(self, account: AccountAtWork) -> None:
        most = account.crm.most_leads_a_call
        assert 1 < most <= 250
        opened = account.open_many(most)
        assert len(set(opened)) == most
        assert list(account.crm.read_leads(opened)) == list(opened)

    @needs(Skill.PRICES)
    def test_a_price_is_in_minor_units(self, account: AccountAtWork) -> None:
        lead_id = account.open(Opened(price=4_200_000))
        assert account.crm.read_leads([lead_id])[lead_id].price == 420_000_000
        account.let_pass(MINUTE)
        account.price(lead_id, 4_100_000)
        assert account.crm.read_leads([lead_id])[lead_id].price == 410_000_000

    def test_ids_are_texts_that_name_one_lead(self, account: AccountAtWork) -> None:
        one, other = account.open(), account.open()
        assert one != other
        assert all(isinstance(lead_id, str) and lead_id.strip() == lead_id for lead_id in (one, other))
        assert "/" not in one, "it is part of a document's name"

    @needs(Skill.CONTACTS)
    def test_contacts_are_ids_until_they_are_asked_for(self, account: AccountAtWork) -> None:
        lead_id = account.open(Opened(phone=ANNA_PHONE))
        [lead] = account.crm.read_leads([lead_id]).values()
        assert digits(ANNA_PHONE) not in digits(repr(lead))
        points = account.crm.contact_points(lead.contact_ids)
        assert [digits(phone) for point in points.values() for phone in point.phones] == [digits(ANNA_PHONE)]
        assert lead_id in account.crm.leads_of_contacts(lead.contact_ids)


class TestStages:
    def test_every_status_is_entered_at_its_time(self, account: AccountAtWork) -> None:
        lead_id = account.open()
        times = {}
        for stage in ("qualified", "sold"):
            account.let_pass(HOUR)
            account.move(lead_id, stage)
            times[account.status(stage)] = account.now()
        told = account.crm.histories([lead_id])[lead_id].moves
        entered = {move.after: move.at for move in told}
        assert {status: entered[status] for status in times} == times
        assert [move.at for move in told] == sorted(move.at for move in told)

    @needs(Skill.MOVES_ANYWHERE)
    def test_who_comes_back_is_told_of_twice(self, account: AccountAtWork) -> None:
        lead_id = account.open()
        for stage in ("sold", "qualified", "sold"):
            account.let_pass(HOUR)
            account.move(lead_id, stage)
        told = account.crm.histories([lead_id])[lead_id].moves
        assert [move.after for move in told][-3:] == [account.status(stage) for stage in ("sold", "qualified", "sold")]
        assert len({move.event_id for move in told}) == len(told)

    def test_nobody_is_told_of_the_stages_of_another(self, account: AccountAtWork) -> None:
        one, other = account.open(), account.open()
        account.let_pass(HOUR)
        account.move(one, "qualified")
        told = account.crm.histories([one, other])
        assert account.status("qualified") in {move.after for move in told[one].moves}
        assert account.status("qualified") not in {move.after for move in told[other].moves}

    def test_a_status_is_a_pipeline_and_a_status(self, account: AccountAtWork) -> None:
        statuses = [account.status(stage) for stage in ("new", "qualified", "sold")]
        assert len(set(statuses)) == 3
        assert all(isinstance(status, Status) and status.pipeline_id and status.status_id for status in statuses)


@needs(Skill.LISTS_CHANGES)
class TestChanges:
    def test_what_changed_is_listed_and_what_did_not_is_not(self, account: AccountAtWork) -> None:
        still, moved = account.open(), account.open()
        account.let_pass(3 * HOUR)
        account.move(moved, "qualified")
        born = account.open()
        account.let_pass(MINUTE)
        found = changed(account, since_minutes=60)
        assert {moved, born} <= {*found}
        assert still not in found

    def test_a_whole_page_of_one_second_is_listed(self, account: AccountAtWork) -> None:
        opened = account.open_many(260)
        account.let_pass(MINUTE)
        assert {*opened} <= {*changed(account, since_minutes=10)}

    def test_what_changes_between_two_pages_is_not_lost(self, account: AccountAtWork) -> None:
        opened = account.open_many(300)
        account.let_pass(2 * MINUTE)
        since, found = account.now() - HOUR, set[str]()
        page = account.crm.changes(Feed.CHANGED, since, None)
        found |= {change.external_id for change in page.changes}
        for lead_id in opened[:150]:
            account.move(lead_id, "qualified")  # all who were on a page go to the end of the list
        position: JsonObject | None = page.position
        while position is not None:
            page = account.crm.changes(Feed.CHANGED, since, position)
            found |= {change.external_id for change in page.changes}
            position = page.position
        assert {*opened} <= found

    @needs(Skill.TELLS_DELETIONS)
    def test_who_was_deleted_is_listed(self, account: AccountAtWork) -> None:
        kept, deleted = account.open(), account.open()
        account.let_pass(MINUTE)
        account.delete(deleted)
        account.let_pass(MINUTE)
        assert changed(account, since_minutes=30, feed=Feed.DELETED) == [deleted]
        assert list(account.crm.read_leads([kept, deleted])) == [kept]


class TestWebhooks:
    @needs(Skill.SENDS_HOOKS)
    def test_a_hook_names_who_changed(self, account: AccountAtWork) -> None:
        lead_id = account.open()
        account.hooks()
        account.let_pass(MINUTE)
        account.move(lead_id, "qualified")
        named = [account.read_hook(body) for body in account.hooks()]
        assert all(one.unreadable is None for one in named)
        assert lead_id in {external_id for one in named for external_id in one.entity_ids.get(LEAD, ())}

    @pytest.mark.parametrize(
        "body", [b"", b"&&&=", b"\xff\xfe\x00", b"{", b"[1,2]", b"null", b"a" * 5000, b"data[FIELDS][ID]=1&" * 300]
    )
    def test_no_body_is_too_odd_to_be_read(self, account: AccountAtWork, body: bytes) -> None:
        reading = account.read_hook(body)
        assert reading.unreadable or not any(reading.entity_ids.values())
        assert body[:20].decode("latin-1") not in (reading.unreadable or "") or not body


@needs(Skill.CREATES)
class TestWriting:
    def new(self, **fields: str) -> NewCrmLead:
        return NewCrmLead(LEAD_ID, Contact(name="Анна", phones=(ANNA_PHONE,)), fields)

    def test_a_lead_is_created_with_its_contact_and_our_id(self, account: AccountAtWork) -> None:
        assert account.crm.prepare()
        created = account.crm.create_lead(self.new(client_id=ANNA, yclid=ANNA_YCLID))
        assert account.carrying(LEAD_ID) == [created.external_id]
        assert account.shows(created.external_id)["client_id"] == ANNA
        assert [digits(phone) for phone in account.phones_of(created.external_id)] == [digits(ANNA_PHONE)]
        [lead] = account.crm.read_leads([created.external_id]).values()
        assert (lead.leadloop_id, lead.ids["yclid"]) == (LEAD_ID, ANNA_YCLID)

    def test_what_was_created_is_found_and_what_was_not_is_not(self, account: AccountAtWork) -> None:
        assert account.crm.prepare()
        began = account.now() - MINUTE
        account.open()
        assert account.crm.find_created(LEAD_ID, began) is None
        created = account.crm.create_lead(self.new())
        account.let_pass(MINUTE)
        found = account.crm.find_created(LEAD_ID, began)
        assert found is not None
        assert found.external_id == created.external_id

    def test_a_lost_answer_is_unknown_and_the_lead_is_found(self, account: AccountAtWork) -> None:
        assert account.crm.prepare()
        began = account.now() - MINUTE
        account.befall(Trouble.ANSWER_LOST, on_writing=True)
        with pytest.raises(OutcomeUnknown):
            account.crm.create_lead(self.new())
        account.let_pass(MINUTE)
        found = account.crm.find_created(LEAD_ID, began)
        assert found is not None
        assert account.carrying(LEAD_ID) == [found.external_id]

    def test_empty_fields_are_filled_and_others_left_alone(self, account: AccountAtWork) -> None:
        assert account.crm.prepare()
        lead_id = account.open(Opened(yclid="111"))
        attached = account.crm.attach_fields(
            lead_id, {"client_id": ANNA, "yclid": ANNA_YCLID, "leadloop_id": LEAD_ID}, ours=()
        )
        assert ({*attached.written}, attached.kept) == ({"client_id", "leadloop_id"}, ("yclid",))
        shown = account.shows(lead_id)
        assert (shown["client_id"], shown["yclid"], shown["leadloop_id"]) == (ANNA, "111", LEAD_ID)
        again = account.crm.attach_fields(lead_id, {"client_id": ANNA, "leadloop_id": LEAD_ID}, ours=(LEAD_ID,))
        assert (again.written, again.kept) == ((), ())

    def test_what_is_to_be_replaced_is(self, account: AccountAtWork) -> None:
        assert account.crm.prepare()
        lead_id = account.open(Opened(utm_source="telegram"))
        attached = account.crm.attach_fields(lead_id, {"utm_source": "yandex"}, ours=(), replace=("utm_source",))
        assert (attached.written, attached.replaced) == (("utm_source",), ("utm_source",))
        assert account.shows(lead_id)["utm_source"] == "yandex"

    def test_nothing_is_written_on_who_is_gone(self, account: AccountAtWork) -> None:
        lead_id = account.open()
        account.delete(lead_id)
        for one in (lead_id, account.unknown_id):
            attached = account.crm.attach_fields(one, {"client_id": ANNA}, ours=())
            assert (attached.gone, attached.written) == (True, ())

    def test_to_prepare_twice_changes_nothing(self, account: AccountAtWork) -> None:
        assert account.crm.prepare()
        before = account.survey().fields
        assert account.crm.prepare()
        assert account.survey().fields == before


@needs(Skill.REMEMBERS_FIELDS)
def test_who_changed_a_field_is_told(account: AccountAtWork) -> None:
    lead_id = account.open(Opened(utm_source="yandex"))
    account.let_pass(MINUTE)
    account.type_in(lead_id, "utm_source", "telegram")
    account.crm.read_leads([lead_id])
    *_, change = account.crm.field_changes([lead_id], ["utm_source"])[lead_id]
    assert (change.field, change.old, change.new, change.at) == ("utm_source", "yandex", "telegram", account.now())


@needs(Skill.ASKED_OVER_A_NETWORK)
class TestTrouble:
    @pytest.mark.parametrize(
        ("trouble", "error"),
        [
            (Trouble.LIMIT, RateLimited),
            (Trouble.REFUSED_TOKEN, Refused),
            (Trouble.DOWN, OutcomeUnknown),
            (Trouble.ANSWER_CUT, OutcomeUnknown),
            (Trouble.GARBAGE, OutcomeUnknown),
        ],
    )
    def test_a_call_that_fails_says_how(
        self, account: AccountAtWork, trouble: Trouble, error: type[VendorError]
    ) -> None:
        lead_id = account.open()
        account.befall(trouble, calls=_TRIES)
        with pytest.raises(error) as raised:
            account.crm.read_leads([lead_id])
        assert account.secret not in f"{raised.value} {raised.value!r}"
        assert not isinstance(raised.value, NotSent) or error is RateLimited

    def test_it_is_over_when_it_is_over(self, account: AccountAtWork) -> None:
        lead_id = account.open()
        account.befall(Trouble.DOWN, calls=_TRIES)
        with pytest.raises(VendorError):
            account.crm.read_leads([lead_id])
        assert list(account.crm.read_leads([lead_id])) == [lead_id]


@needs(Skill.SURVEYED)
def test_an_account_lists_what_the_policy_speaks_of(account: AccountAtWork) -> None:
    survey = account.survey()
    statuses = {Status(one.id, status.id) for one in survey.pipelines for status in one.statuses}
    assert {account.status(stage) for stage in ("new", "qualified", "sold")} <= statuses
    assert all(one.name for one in survey.pipelines)
    assert survey.account
