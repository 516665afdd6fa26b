"""amoCRM's answers sorted by what a caller may do next, and requests that tell nobody a secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.crm.amocrm.access import LongLivedToken
from leadloop.crm.amocrm.client import AmoCrmClient, AnswerUnreadable
from leadloop.crm.amocrm.fields import places
from leadloop.crm.amocrm.lead_feed import everything_since
from leadloop.crm.amocrm.refusals import FieldsRefused
from leadloop.crm.amocrm.shapes import lead_of, transition_of
from leadloop.crm.amocrm.writing import create_lead
from leadloop.crm.port import NewCrmLead
from leadloop.identity.contact import Contact
from leadloop.json_types import Json, JsonObject
from leadloop.policy.amocrm import AmoCrmFields
from leadloop.ports.http import HttpRequest, NotSent, OutcomeUnknown, RateLimited, Refused, VendorError
from leadloop.secrets import Secrets
from leadloop.timestamps import from_unix
from support.policies import amocrm_of, sokol
from support.told_http import Wire

TOKEN = "eyJ0eXAiOiJKV1Qi.secret"
BODIES = Path(__file__).parents[2] / "bodies" / "amocrm"
NEW_LEAD = NewCrmLead("lead-7f3a", Contact(name="Анна", phones=("+79990000003",)), {"client_id": "1700000000123456789"})


def client(wire: Wire, token: str = TOKEN) -> AmoCrmClient:
    return AmoCrmClient(wire, "https://sokol.amocrm.ru", LongLivedToken(Secrets({"LEADLOOP_AMOCRM_TOKEN": token})))


def refused_fields(*paths: str, code: str = "NotSupportedChoice") -> JsonObject:
    errors: list[Json] = [
        {"code": code, "path": path, "detail": "The value you selected is not a valid choice."} for path in paths
    ]
    return {"validation-errors": [{"request_id": "lead-7f3a", "errors": errors}], "title": "Bad Request", "status": 400}


class TestAnswersAreSorted:
    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (400, Refused),
            (401, Refused),
            (402, Refused),
            (403, Refused),
            (404, Refused),
            (408, OutcomeUnknown),
            (422, Refused),
            (429, RateLimited),
            (304, OutcomeUnknown),
        ],
    )
    def test_by_status(self, status: int, error: type[VendorError]) -> None:
        for body in ({"title": "x", "status": status}, b"<html>429</html>", b""):
            with pytest.raises(error) as raised:
                client(Wire((status, body))).get("read_leads", "leads")
            assert type(raised.value) is error

    @pytest.mark.parametrize("body", [b"", b"<html>", b"[1,2", b"\xff", b'"text"', b"[]"])
    def test_a_good_status_with_another_body_is_not_an_answer(self, body: bytes) -> None:
        with pytest.raises(AnswerUnreadable):
            client(Wire((200, body))).get("read_leads", "leads")

    @pytest.mark.parametrize("body", [{}, {"_embedded": []}, {"_embedded": {"leads": {}}}, {"_embedded": None}])
    def test_nor_is_a_list_without_its_list(self, body: object) -> None:
        with pytest.raises(AnswerUnreadable):
            list(client(Wire((200, body))).pages("list_leads", "leads", (), "leads"))

    def test_204_is_nothing_found(self) -> None:
        assert client(Wire((204, b""))).get("read_leads", "leads/1") is None
        assert list(client(Wire((204, b""))).pages("list_leads", "leads", (), "leads")) == [[]]

    def test_a_missing_token_is_told_by_its_name_and_nothing_is_sent(self) -> None:
        wire = Wire((200, {}))
        with pytest.raises(NotSent, match="LEADLOOP_AMOCRM_TOKEN"):
            client(wire, token="").get("read_leads", "leads")
        assert wire.sent == []

    def test_a_refusal_says_what_a_person_can_do(self) -> None:
        with pytest.raises(Refused, match="LEADLOOP_AMOCRM_TOKEN"):
            client(Wire((401, {"title": "Unauthorized"}))).get("read_leads", "leads")

    def test_a_refusal_never_quotes_what_was_sent(self) -> None:
        problem = {
            "title": "+7 999 000-00-03 is taken",
            "detail": "Анна +79990000003",
            "validation-errors": [
                {"errors": [{"code": "79990000003", "path": "anna@example.org", "detail": "Анна"}, {"code": "Bad"}, 5]}
            ],
        }
        with pytest.raises(Refused) as raised:
            client(Wire((400, problem))).get("create_lead", "leads/complex")
        for told in ("999", "Анна", "example.org"):
            assert told not in str(raised.value)
            assert told not in raised.value.error_type
        assert "Bad" in str(raised.value)

    @given(
        st.binary(max_size=300)
        | st.recursive(
            st.none() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["validation-errors", "errors", "code", "path", "title"]), inner, max_size=4
                )
            ),
        )
    )
    def test_no_body_of_a_refusal_breaks_its_reading(self, body: object) -> None:
        with pytest.raises(Refused):
            client(Wire((400, body))).get("create_lead", "leads")


class OneMore:
    """An ``Access`` that has a second token after the first, and no third."""

    def __init__(self) -> None:
        self.rejected: list[str] = []

    def token(self, operation: str) -> str:
        del operation
        return "first"

    def another(self, operation: str, rejected: str) -> str | None:
        del operation
        self.rejected.append(rejected)
        return "second"

    def end(self) -> None:
        return None


class TestARejectedToken:
    @pytest.mark.parametrize(("answers", "sent"), [((401, 200), 2), ((401, 401), 2), ((403,), 1), ((200,), 1)])
    def test_a_401_did_nothing_so_the_call_is_made_once_more(self, answers: tuple[int, ...], sent: int) -> None:
        wire, access = Wire(*((status, [{"id": 5}]) for status in answers)), OneMore()
        calling = AmoCrmClient(wire, "https://sokol.amocrm.ru", access)
        if answers[-1] == 200:
            assert calling.write("create_lead", "POST", "leads/complex", [], repeatable=False) == [{"id": 5}]
        else:
            with pytest.raises(Refused, match=str(answers[-1])):
                calling.write("create_lead", "POST", "leads/complex", [], repeatable=False)
        tokens = [request.headers["Authorization"] for request in wire.sent]
        assert tokens == ["Bearer first", "Bearer second"][:sent]
        assert {(request.body, request.repeatable) for request in wire.sent} == {(b"[]", False)}
        assert access.rejected == ["first"] * (sent - 1)


class TestTheTokenStaysAtHome:
    def test_a_next_link_to_another_host_is_followed_on_our_own(self) -> None:
        first = {
            "_embedded": {"leads": [{"id": 1}]},
            "_links": {"next": {"href": "https://evil.example/api/v4/leads?page=2&limit=1&filter%5Bid%5D%5B%5D=7"}},
        }
        wire = Wire((200, first), (204, b""))
        assert [len(page) for page in client(wire).pages("list_leads", "leads", (("limit", "1"),), "leads")] == [1, 0]
        assert {request.url for request in wire.sent} == {"https://sokol.amocrm.ru/api/v4/leads"}
        assert wire.sent[1].params == (("page", "2"), ("limit", "1"), ("filter[id][]", "7"))

    def test_it_travels_in_a_header_and_in_no_error(self) -> None:
        wire = Wire((403, {"title": "Forbidden"}))
        with pytest.raises(Refused) as raised:
            client(wire).get("read_leads", "leads")
        assert wire.sent[0].headers["Authorization"] == f"Bearer {TOKEN}"
        assert TOKEN not in str(raised.value)
        assert all(TOKEN not in value for _, value in wire.sent[0].params)

    def test_a_list_without_end_is_given_up(self) -> None:
        endless = {"_embedded": {"leads": []}, "_links": {"next": {"href": "https://sokol.amocrm.ru/?page=2"}}}
        with pytest.raises(AnswerUnreadable, match="at most"):
            list(client(Wire((200, endless))).pages("list_leads", "leads", (), "leads"))


class TestCreation:
    def test_the_recorded_answer_is_read(self) -> None:
        answer = json.loads((BODIES / "complex-answer.json").read_text(encoding="utf-8"))
        created = create_lead(client(Wire((200, answer))), amocrm_of(sokol("keep")), NEW_LEAD)
        assert (created.external_id, created.merged) == (str(answer[0]["id"]), False)

    def test_only_reading_may_be_repeated_by_the_transport(self) -> None:
        wire = Wire((200, [{"id": 5, "merged": True}]))
        assert create_lead(client(wire), amocrm_of(sokol("keep")), NEW_LEAD).merged
        [request] = wire.sent
        assert (request.method, request.repeatable) == ("POST", False)

    @pytest.mark.parametrize("answer", [[], {}, [{}], [{"id": None}], [{"id": True}], [{"id": -1}], "5", None, 5])
    def test_an_answer_without_an_id_leaves_the_outcome_unknown(self, answer: object) -> None:
        with pytest.raises(OutcomeUnknown):
            create_lead(client(Wire((200, answer))), amocrm_of(sokol("keep")), NEW_LEAD)

    def test_fields_the_account_lacks_are_left_out_once(self) -> None:
        wire = Wire((400, refused_fields("custom_fields_values.1.field_code")), (200, [{"id": 5}]))
        created = create_lead(client(wire), amocrm_of(sokol("keep")), NEW_LEAD)
        assert created.refused_fields == ("client_id",)
        sent = [json.loads(request.body or b"")[0]["custom_fields_values"] for request in wire.sent]
        assert [[entry["field_code"] for entry in values] for values in sent] == [
            ["LEADLOOP_ID", "_YM_UID"],
            ["LEADLOOP_ID"],
        ]

    @pytest.mark.parametrize(
        "problem",
        [
            refused_fields("custom_fields_values.1.field_code", "pipeline_id"),
            refused_fields("custom_fields_values.1.values.0.value"),
            refused_fields("custom_fields_values.1.field_code", code="InvalidType"),
            refused_fields("_embedded.contacts.0.custom_fields_values.0.field_code"),
            {"title": "Bad Request"},
        ],
    )
    def test_any_other_fault_is_not_retried(self, problem: JsonObject) -> None:
        wire = Wire((400, problem))
        with pytest.raises(Refused) as raised:
            create_lead(client(wire), amocrm_of(sokol("keep")), NEW_LEAD)
        assert not isinstance(raised.value, FieldsRefused)
        assert len(wire.sent) == 1


class MovingList:
    """A list of leads by time of change, in which somebody edits or deletes one between any two pages."""

    def __init__(self, size: int, edit: bool, filters: bool) -> None:
        self.times = {number: 1000 + number // 3 for number in range(1, size + 1)}
        self.present = dict(self.times)
        self._edit = edit
        self._filters = filters

    def answer(self, request: HttpRequest) -> tuple[int, object]:
        asked = dict(request.params)
        start = int(asked.get("filter[updated_at][from]", 0)) if self._filters else 0
        newest_first = asked.get("order[updated_at]") == "desc"
        rows = sorted((at, number) for number, at in self.present.items() if at >= start)
        rows = rows[::-1] if newest_first else rows
        first = (int(asked["page"]) - 1) * 50
        shown = rows[first : first + 50]
        links = {"next": {"href": "https://sokol.amocrm.ru/?page=0"}} if first + 50 < len(rows) else {}
        self._somebody_works(shown)
        leads = [{"id": number, "updated_at": at} for at, number in shown]
        return (200, {"_embedded": {"leads": leads}, "_links": links}) if shown else (204, b"")

    def _somebody_works(self, shown: list[tuple[int, int]]) -> None:
        if shown and self._edit:
            self.present[shown[0][1]] = 5000 + len(self.times)
        elif shown:
            self.present.pop(shown[0][1])


@pytest.mark.parametrize(("edit", "filters"), [(True, True), (False, True), (True, False)])
def test_a_list_that_changes_while_it_is_read_hides_nothing(edit: bool, filters: bool) -> None:
    moving = MovingList(400, edit, filters)
    seen = {lead["id"] for lead in everything_since(client(Wire(moving.answer)), from_unix(1020))}
    wanted = {number for number, at in moving.times.items() if at >= 1020}
    assert seen >= wanted if edit else seen == wanted


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = st.sampled_from(
    [
        "id",
        "price",
        "pipeline_id",
        "status_id",
        "created_at",
        "updated_at",
        "closed_at",
        "custom_fields_values",
        "_embedded",
        "type",
        "value_before",
        "value_after",
        "entity_id",
    ]
)
GOOD: JsonObject = {"id": 5, "pipeline_id": 7001, "status_id": 142, "created_at": 1, "updated_at": 2, "price": 5}


@given(st.dictionaries(MEMBERS, JSON, max_size=6))
def test_a_lead_of_any_shape_is_read_or_refused(strange: JsonObject) -> None:
    for item in ({**GOOD, **strange}, strange):
        try:
            lead = lead_of(item, AmoCrmFields())
        except AnswerUnreadable:
            continue
        assert lead.external_id.isdecimal()
        assert lead.price is None or lead.price != 0


@given(st.dictionaries(MEMBERS, JSON, max_size=6))
def test_an_event_of_any_shape_is_read_or_refused(strange: JsonObject) -> None:
    try:
        transition_of({"type": "lead_status_changed", **strange})
    except AnswerUnreadable:
        return


@pytest.mark.parametrize("moment", [-1, 253_402_300_800, 10**30, 1.5, "1700000000", None])
def test_an_impossible_moment_is_refused(moment: Json) -> None:
    for member in ("created_at", "updated_at"):
        with pytest.raises(AnswerUnreadable, match=member):
            lead_of({**GOOD, member: moment}, AmoCrmFields())


@pytest.mark.parametrize(
    ("price", "minor"), [(0, None), (None, None), ("5", None), (float("inf"), None), (float("nan"), None), (0.1, 10)]
)
def test_only_a_number_is_a_price(price: Json, minor: int | None) -> None:
    assert lead_of({**GOOD, "price": price}, AmoCrmFields()).price == minor


def test_ids_and_money_are_read_as_text_and_whole_numbers() -> None:
    values: list[Json] = [
        {"field_id": 1, "field_code": "_YM_UID", "values": [{"value": "1700000000123456789"}]},
        {"field_id": 2, "field_code": "YCLID", "values": [{"value": 7325873983740247040}]},
        {"field_id": 3, "field_code": "UTM_SOURCE"},
        {"field_id": 752901, "field_code": None, "values": [{"value": " lead-7f3a "}]},
    ]
    fields = AmoCrmFields(leadloop_id="752901")
    lead = lead_of({**GOOD, "id": 2**40, "price": 9_900_000, "custom_fields_values": values}, fields)
    assert lead.external_id == str(2**40)
    assert lead.ids == {"client_id": "1700000000123456789", "yclid": "7325873983740247040"}
    assert lead.price == 990_000_000
    assert lead.leadloop_id == "lead-7f3a"
    assert {place.name for place in places(fields)} >= {"leadloop_id", "client_id", "utm_term"}
