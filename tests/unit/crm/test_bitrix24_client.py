"""Bitrix24's answers, batches among them, sorted by what a caller may do next; and nobody is told a secret."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.adapters.http_failures import refusal_of
from leadloop.crm.bitrix24 import cards
from leadloop.crm.bitrix24.access import InboundWebhook, judge_address
from leadloop.crm.bitrix24.client import AnswerUnreadable, Bitrix24Client, Command, query_of
from leadloop.crm.bitrix24.fields import Catalogue
from leadloop.crm.bitrix24.kinds import DEAL, LEAD
from leadloop.crm.bitrix24.shapes import Reading
from leadloop.json_types import JsonObject
from leadloop.policy.bitrix24 import Bitrix24
from leadloop.ports.http import HttpRequest, NotSent, OutcomeUnknown, RateLimited, Refused, VendorError
from leadloop.secrets import Secrets
from leadloop_standins.php_query import parse_query
from support.bitrix24_desk import CODE, HOST, WEBHOOK, in_portal
from support.settable_clock import MORNING
from support.told_http import Wire

ASKED = Command("crm.item.list", {"entityTypeId": 2})


def section(**changes: object) -> Bitrix24:
    crm = in_portal(crm=changes).crm
    assert isinstance(crm, Bitrix24)
    return crm


def client(wire: Wire, webhook: str = WEBHOOK) -> Bitrix24Client:
    secrets = Secrets({"LEADLOOP_BITRIX24_WEBHOOK": webhook})
    return Bitrix24Client(wire, InboundWebhook(secrets, section(), f"https://{HOST}"))


def refusal(code: object, status: int = 400, **more: object) -> tuple[int, Mapping[str, object]]:
    return status, {"error": code, "error_description": "Анна +79990000003", **more}


def batch(**told: object) -> tuple[int, Mapping[str, object]]:
    empty: dict[str, object] = {
        "result": [],
        "result_error": [],
        "result_total": [],
        "result_next": [],
        "result_time": [],
    }
    return 200, {"result": {**empty, **told}, "time": {}}


class TestAnswersAreSorted:
    @pytest.mark.parametrize(
        ("answer", "error", "told"),
        [
            (refusal("", 400), Refused, "400"),
            (refusal(0, 400), Refused, "400"),
            (refusal("", 200), Refused, "200"),
            (refusal("NOT_FOUND", 400), Refused, "NOT_FOUND"),
            (refusal("NO_AUTH_FOUND", 401), Refused, "LEADLOOP_BITRIX24_WEBHOOK"),
            (refusal("expired_token", 401), Refused, "LEADLOOP_BITRIX24_WEBHOOK"),
            (refusal("INVALID_CREDENTIALS", 403), Refused, "dismissed"),
            (refusal("insufficient_scope", 403), Refused, "`crm`"),
            (refusal("ACCESS_DENIED", 403), Refused, "tariff"),
            (refusal("ERROR_METHOD_NOT_FOUND", 404), Refused, "404"),
            (refusal("QUERY_LIMIT_EXCEEDED", 503), RateLimited, "QUERY_LIMIT_EXCEEDED"),
            (refusal("OVERLOAD_LIMIT", 503), RateLimited, "support"),
            (refusal("OPERATION_TIME_LIMIT", 429), RateLimited, "OPERATION_TIME_LIMIT"),
            (refusal("INTERNAL_SERVER_ERROR", 500), OutcomeUnknown, "500"),
            (refusal("PORTAL_DELETED", 500), OutcomeUnknown, "PORTAL_DELETED"),
            ((503, b"<html>503</html>"), OutcomeUnknown, "503"),
            ((404, b"<html>404</html>"), Refused, "404"),
        ],
    )
    def test_by_code_and_status(self, answer: tuple[int, object], error: type[VendorError], told: str) -> None:
        with pytest.raises(error, match=told) as raised:
            client(Wire(answer)).call("read_leads", ASKED)
        assert type(raised.value) is error
        assert "Анна" not in str(raised.value)
        assert "9990000003" not in str(raised.value)

    @pytest.mark.parametrize("body", [b"", b"<html>", b"[1,2", b"\xff", b'"text"', b"[]", b"{}", b"null"])
    def test_a_good_status_with_another_body_is_not_an_answer(self, body: bytes) -> None:
        with pytest.raises(AnswerUnreadable):
            client(Wire((200, body))).call("read_leads", ASKED)

    @pytest.mark.parametrize(
        ("time", "seconds"),
        [
            ({"start": 1788253200.5, "operating_reset_at": 1788253260}, 59.5),
            ({"start": 1788253200, "operating_reset_at": 1788253100}, 1.0),
            ({}, 600.0),
            (None, 600.0),
            ({"start": "now"}, 600.0),
        ],
    )
    def test_a_method_that_worked_too_long_says_when_it_may_again(self, time: object, seconds: float) -> None:
        with pytest.raises(RateLimited) as raised:
            client(Wire(refusal("OPERATION_TIME_LIMIT", 429, time=time))).call("read_leads", ASKED)
        assert raised.value.retry_after == seconds

    def test_a_refusal_without_a_code_is_told_in_the_portal_s_few_words(self) -> None:
        with pytest.raises(Refused, match=r"400; Access denied\."):
            client(Wire((400, {"error": "", "error_description": "Access denied."}))).call("create_field", ASKED)

    def test_limits_come_back_with_what_they_say(self) -> None:
        wire = Wire((200, {"result": []}))
        client(wire).call("read_leads", ASKED)
        [request] = wire.sent
        assert [refusal_of(request, status, {}, MORNING) for status in (429, 503)] == [None, None]
        assert isinstance(refusal_of(request, 502, {}, MORNING), OutcomeUnknown)


class TestABatch:
    def ask(self, answer: tuple[int, object], *keys: str, tolerated: tuple[str, ...] = ()) -> dict[str, Any]:
        return client(Wire(answer)).together("read_leads", dict.fromkeys(keys, ASKED), tolerated)

    def test_is_read_by_its_keys(self) -> None:
        assert self.ask(batch(result={"a": {"items": []}, "b": 5}), "a", "b") == {"a": {"items": []}, "b": 5}

    def test_of_nothing_but_tolerated_failures_is_empty(self) -> None:
        answer = batch(result_error={"a": {"error": "NOT_FOUND", "error_description": "Элемент не найден"}})
        assert self.ask(answer, "a", tolerated=("NOT_FOUND",)) == {}

    @pytest.mark.parametrize(
        ("code", "error"),
        [
            ("", Refused),
            (0, Refused),
            ("NOT_FOUND", Refused),
            ("QUERY_LIMIT_EXCEEDED", RateLimited),
            ("OPERATION_TIME_LIMIT", RateLimited),
            ("INTERNAL_SERVER_ERROR", OutcomeUnknown),
        ],
    )
    def test_in_which_one_failed_is_no_answer(self, code: object, error: type[VendorError]) -> None:
        answer = batch(result={"a": 1}, result_error={"b": {"error": code, "error_description": "x"}})
        with pytest.raises(error):
            self.ask(answer, "a", "b")

    def test_whose_command_lacks_a_right_says_which(self) -> None:
        answer = batch(result_error={"a": {"error": "insufficient_scope", "error_description": "x"}})
        with pytest.raises(Refused) as raised:
            self.ask(answer, "a")
        assert raised.value.status == 403

    @pytest.mark.parametrize("told", ["Internal error", None, 0, [], ["NOT_FOUND"], {}, {"error": None}])
    def test_in_which_one_failed_nobody_knows_of_what_is_no_answer(self, told: object) -> None:
        with pytest.raises(VendorError):
            self.ask(batch(result={"a": 1}, result_error={"a": told}), "a", tolerated=("NOT_FOUND",))

    @pytest.mark.parametrize(("params", "status"), [({"id": "5"}, 400), ({}, 403)])
    def test_that_is_denied_a_card_is_let_in_nevertheless(self, params: JsonObject, status: int) -> None:
        asked = {"a": Command("crm.item.get", {"entityTypeId": 2, **params})}
        answer = batch(result_error={"a": {"error": "ACCESS_DENIED", "error_description": "Access denied."}})
        with pytest.raises(Refused) as raised:
            client(Wire(answer)).together("read_leads", asked)
        assert raised.value.status == status

    @pytest.mark.parametrize("status", [400, 403])
    def test_nor_is_one_alone_that_is_denied_with_another_status(self, status: int) -> None:
        wire = Wire(refusal("ACCESS_DENIED", status))
        with pytest.raises(Refused) as raised:
            client(wire).call("attach_fields", Command("crm.item.update", {"entityTypeId": 2, "id": "5"}))
        assert raised.value.status == status

    def test_that_says_how_long_to_wait_is_believed(self) -> None:
        time = {"a": {"start": 1788253200, "operating_reset_at": 1788253230}}
        answer = batch(result_error={"a": {"error": "OPERATION_TIME_LIMIT"}}, result_time=time)
        with pytest.raises(RateLimited) as raised:
            self.ask(answer, "a")
        assert raised.value.retry_after == 30

    @pytest.mark.parametrize(
        "answer",
        [batch(), batch(result={"b": 1}), batch(result=[1]), batch(result_error=[{"error": ""}]), (200, {"result": 5})],
    )
    def test_that_does_not_say_what_became_of_a_command_is_unreadable(self, answer: tuple[int, object]) -> None:
        with pytest.raises(AnswerUnreadable):
            self.ask(answer, "a")

    def test_of_more_than_fifty_is_several(self) -> None:
        wire = Wire(lambda request: batch(result=dict.fromkeys(json.loads(request.body or b"")["cmd"], 1)))
        found = client(wire).all("read_leads", {f"k{number}": ASKED for number in range(120)})
        assert len(found) == 120
        assert [len(json.loads(one.body or b"")["cmd"]) for one in wire.sent] == [50, 50, 20]

    @settings(deadline=None)
    @given(
        st.dictionaries(
            st.sampled_from(["filter", "select", "order", "fields"]),
            st.recursive(
                st.one_of(st.integers(), st.text(max_size=6)),
                lambda inner: st.one_of(
                    st.lists(inner, min_size=1, max_size=3),
                    st.dictionaries(
                        st.sampled_from(["id", "@id", ">=updatedTime", "0"]), inner, min_size=1, max_size=3
                    ),
                ),
                max_leaves=6,
            ),
            min_size=1,
        )
    )
    def test_its_commands_are_read_as_they_were_meant(self, params: dict[str, Any]) -> None:
        assert parse_query(parse_qsl(query_of(params), keep_blank_values=True)) == _as_php(params)


def rows(*numbers: int) -> dict[str, object]:
    """A page of a list, or of a history."""
    time = "2026-09-01T10:00:00+03:00"
    return {"items": [{"id": one, "ID": one, "OWNER_ID": 401, "CREATED_TIME": time} for one in numbers]}


class TestPages:
    def answer(self, page: Callable[[int], dict[str, object]]) -> Wire:
        """The n-th request is answered with the n-th page, whatever it asks for."""
        asked = count()

        def told(request: HttpRequest) -> tuple[int, object]:
            body, found = json.loads(request.body or b""), page(next(asked))
            return batch(result=dict.fromkeys(body["cmd"], found)) if "cmd" in body else (200, {"result": found})

        return Wire(told)

    def histories(self, wire: Wire) -> object:
        return cards.read_histories(client(wire), ["D_401"])["D_401"]

    def linked(self, wire: Wire) -> object:
        return cards.leads_of_contacts(client(wire), (DEAL,), ["7"])

    @pytest.mark.parametrize("read", [histories, linked])
    def test_are_read_to_the_last(self, read: Callable[[object, Wire], list[object]]) -> None:
        last = {0: rows(*range(1, 51)), 1: rows(*range(51, 101)), 2: rows(101)}
        assert len(read(self, self.answer(lambda number: last[number]))) == 101

    @pytest.mark.parametrize("read", [histories, linked])
    @pytest.mark.parametrize("page", [rows(*range(1, 51)), rows(*range(50, 0, -1)), rows(*[7] * 50), rows(2, 1)])
    def test_in_another_order_are_no_answer(self, read: Callable[[object, Wire], object], page: dict[str, Any]) -> None:
        wire = self.answer(lambda _: page)
        with pytest.raises(AnswerUnreadable, match="order of their ids"):
            read(self, wire)
        assert len(wire.sent) <= 2

    @pytest.mark.parametrize("read", [histories, linked])
    def test_without_end_are_no_answer(self, read: Callable[[object, Wire], object]) -> None:
        wire = self.answer(lambda number: rows(*range(number * 50 + 1, number * 50 + 51)))
        with pytest.raises(AnswerUnreadable, match="at most 400 pages"):
            read(self, wire)

    @pytest.mark.parametrize("told", [None, [], {}, {"item": None}, {"item": []}])
    def test_a_card_that_is_not_shown_is_not_taken_for_deleted(self, told: object) -> None:
        def answer(request: HttpRequest) -> tuple[int, object]:
            asked = json.loads(request.body or b"")["cmd"]
            return batch(result={key: {"items": []} if ".list" in one else told for key, one in asked.items()})

        with pytest.raises(AnswerUnreadable):
            cards.read_cards(client(Wire(answer)), {DEAL: Reading(DEAL, {}, {}, "RUB")}, ["D_401"])


FIELDS: dict[str, Any] = {
    "id": {"upperName": "ID"},
    "ufCrm64f1a2b3c4": {"upperName": "UF_CRM_64F1A2B3C4"},
    "utmSource": {},
}


class TestFields:
    def test_are_asked_for_once_and_only_of_kinds_that_are_read(self) -> None:
        wire = Wire(batch(result={"DEAL": {"fields": FIELDS}}))
        catalogue = Catalogue(client(wire), (DEAL,))
        for _ in range(3):
            assert catalogue.of(DEAL).keys() == {"ID", "UF_CRM_64F1A2B3C4", "utmSource"}
            assert catalogue.of(LEAD) == {}
        assert [json.loads(one.body or b"")["cmd"] for one in wire.sent] == [{"DEAL": "crm.item.fields?entityTypeId=2"}]
        catalogue.forget()
        catalogue.of(DEAL)
        assert len(wire.sent) == 2

    def test_are_called_what_the_portal_calls_them(self) -> None:
        catalogue = Catalogue(client(Wire(batch(result={"DEAL": {"fields": FIELDS}}))), (DEAL,))
        places = {"yclid": "UF_CRM_64F1A2B3C4", "gclid": "UF_CRM_GCLID"}
        assert catalogue.named(DEAL, places) == {"yclid": "ufCrm64f1a2b3c4"}

    @pytest.mark.parametrize("told", [{}, {"fields": []}, []])
    def test_of_another_shape_are_unreadable(self, told: object) -> None:
        with pytest.raises(AnswerUnreadable):
            Catalogue(client(Wire(batch(result={"DEAL": told}))), (DEAL,)).of(DEAL)


def _as_php(value: object) -> object:
    """What PHP makes of it: lists are maps of numbers, and leaves are texts."""
    if isinstance(value, dict):
        return {str(key): _as_php(one) for key, one in value.items()}
    if isinstance(value, list):
        return {str(place): _as_php(one) for place, one in enumerate(value)}
    return str(value)


class TestTheAddress:
    def test_is_called_and_never_shown(self) -> None:
        wire = Wire((401, {"error": "NO_AUTH_FOUND", "error_description": f"{CODE} is wrong"}))
        with pytest.raises(Refused) as raised:
            client(wire).call("read_leads", ASKED)
        [request] = wire.sent
        assert request.url == f"https://{HOST}/rest/11/{CODE}/crm.item.list.json"
        assert CODE not in f"{raised.value} {raised.value!r}"

    @pytest.mark.parametrize("written", ["", " ", WEBHOOK.removesuffix("/"), f"{WEBHOOK} "])
    def test_may_lack_its_last_stroke_and_nothing_else(self, written: str) -> None:
        wire = Wire((200, {"result": []}))
        if written.strip():
            client(wire, written).call("read_leads", ASKED)
        else:
            with pytest.raises(NotSent, match="LEADLOOP_BITRIX24_WEBHOOK"):
                client(wire, written).call("read_leads", ASKED)
        assert len(wire.sent) == bool(written.strip())

    @pytest.mark.parametrize("written", [WEBHOOK, f"https://SOKOL.bitrix24.ru/rest/11/{CODE}/"])
    def test_of_the_portal_that_the_policy_names_is_right(self, written: str) -> None:
        assert judge_address(written, HOST)

    @pytest.mark.parametrize(
        ("written", "rule"),
        [
            (f"https://{HOST}/rest/11/", "secret.webhook_form"),
            (f"http://{HOST}/rest/11/{CODE}/", "secret.webhook_form"),
            (f"https://{HOST}/rest/11/{CODE}/crm.item.list", "secret.webhook_form"),
            (f"https://{HOST}/rest/11/{CODE}/?a=1", "secret.webhook_form"),
            (f"https://u:p@{HOST}/rest/11/{CODE}/", "secret.webhook_form"),
            (CODE, "secret.webhook_form"),
            (f"https://evil.example/rest/11/{CODE}/", "secret.webhook_portal"),
            (f"https://{HOST}.evil.example/rest/11/{CODE}/", "secret.webhook_portal"),
        ],
    )
    def test_any_other_is_not_and_not_shown(self, written: str, rule: str) -> None:
        verdict = judge_address(written, HOST)
        assert (verdict.ok, verdict.rule) == (False, rule)
        assert CODE not in verdict.reason
        assert "evil" not in verdict.reason

    def test_of_another_portal_is_not_called(self) -> None:
        wire = Wire((200, {"result": []}))
        with pytest.raises(NotSent, match=r"crm\.account"):
            client(wire, f"https://other.bitrix24.ru/rest/11/{CODE}/").call("read_leads", ASKED)
        assert wire.sent == []

    def test_ends_when_the_policy_says_so(self) -> None:
        webhook = InboundWebhook(Secrets({}), section(webhook_expires="2027-01-31"), "")
        end = webhook.end()
        assert end is not None
        assert end.at.isoformat() == "2027-02-01T00:00:00+00:00"
        assert InboundWebhook(Secrets({}), section(), "").end() is None
