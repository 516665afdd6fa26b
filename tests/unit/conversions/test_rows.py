"""Lines of a file: which identifier, which numbers, which bytes."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.conversions.goals import Conversion
from leadloop.conversions.identifiers import Identifier, choose, is_sendable
from leadloop.conversions.rows import FileForm, form_of, freeze, judge_row, write_file, write_price
from leadloop.leads.state import Money
from support.metrica_desk import ANNA, YCLID

AT = datetime(2026, 9, 1, 9, 0, 0, 999_999, tzinfo=UTC)


def sale(value: Money | None = None, at: datetime = AT) -> Conversion:
    return Conversion("flat_sold", "flat_sold", at, value, at, at + timedelta(days=20), "amocrm-lead-1")


@pytest.mark.parametrize(
    ("ids", "chosen"),
    [
        ({"client_id": ANNA, "user_id": "crm-1", "yclid": YCLID}, ("client_id", ANNA)),
        ({"user_id": "crm-1", "yclid": YCLID}, ("user_id", "crm-1")),
        ({"yclid": YCLID}, ("yclid", YCLID)),
        ({"client_id": "1.7E+18", "yclid": YCLID}, ("yclid", YCLID)),
        ({"user_id": "Анна", "yclid": YCLID}, ("yclid", YCLID)),
        ({"appmetrica_device_id": "123"}, None),
        ({}, None),
    ],
)
def test_the_order_of_identifiers(ids: dict[str, str], chosen: tuple[str, str] | None) -> None:
    found = choose(ids)
    assert (tuple(found) if found else None) == chosen


@pytest.mark.parametrize(
    ("kind", "value", "sendable"),
    [
        ("client_id", "12345", True),
        ("yclid", "18446744073709551615", True),
        ("yclid", "18446744073709551616", False),
        ("client_id", "0", False),
        ("client_id", "١٢٣", False),
        ("client_id", "1700000000123456789\n", False),
        ("client_id", "-5", False),
        ("user_id", "a.b_c@d-e", True),
        ("user_id", "a,b", False),
        ("user_id", '=1+1"', False),
        ("purchase_id", "1", False),
    ],
)
def test_what_metrica_could_take(kind: str, value: str, sendable: bool) -> None:
    assert is_sendable(kind, value) is sendable


def test_a_row_is_frozen_with_the_vendors_time_in_whole_seconds() -> None:
    claim = freeze(sale(Money(1_234_567_05, "RUB")), Identifier("client_id", ANNA))
    assert claim.row == f"{ANNA},flat_sold,1788253200,1234567.05,RUB"
    assert form_of(claim).header == "ClientId,Target,DateTime,Price,Currency"
    assert (claim.token, claim.crm_ref) == (None, "amocrm-lead-1")


@pytest.mark.parametrize(("kind", "header"), [("client_id", "ClientId"), ("user_id", "UserId"), ("yclid", "Yclid")])
def test_a_row_without_a_price_has_no_columns_for_one(kind: str, header: str) -> None:
    claim = freeze(sale(), Identifier(kind, "1234567890"))
    assert claim.row == "1234567890,flat_sold,1788253200"
    assert form_of(claim) == FileForm(kind, False)
    assert form_of(claim).header == f"{header},Target,DateTime"


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "0.00"), (5, "0.05"), (100, "1.00"), (123_456_789_01, "123456789.01")]
)
def test_money_is_a_decimal_with_a_dot(amount: int, text: str) -> None:
    assert write_price(Money(amount, "RUB")) == text


def test_a_negative_value_is_a_defect() -> None:
    with pytest.raises(ValueError, match="negative"):
        write_price(Money(-1, "RUB"))


@pytest.mark.parametrize(("seconds", "rule"), [(-1, "held.in_the_future"), (0, "row.in_form"), (1, "row.in_form")])
def test_a_row_from_the_future_is_held(seconds: int, rule: str) -> None:
    at = AT.replace(microsecond=0)
    claim = freeze(sale(at=at), Identifier("client_id", ANNA))
    assert judge_row(claim, at + timedelta(seconds=seconds)).rule == rule


def test_a_file_is_the_header_and_lines_each_ended_by_lf() -> None:
    assert write_file("ClientId,Target,DateTime", ["1,a,2", "3,b,4"]) == b"ClientId,Target,DateTime\n1,a,2\n3,b,4\n"


@given(
    identifier=st.from_regex(r"[A-Za-z0-9_.@-]{1,40}", fullmatch=True),
    amount=st.integers(0, 10**15),
    at=st.integers(0, 10**15).map(lambda microseconds: AT + timedelta(microseconds=microseconds)),
)
def test_a_row_reads_back_as_it_was_meant(identifier: str, amount: int, at: datetime) -> None:
    claim = freeze(sale(Money(amount, "RUB"), at), Identifier("user_id", identifier))
    file = write_file(form_of(claim).header, [claim.row]).decode()
    [row] = csv.DictReader(io.StringIO(file))
    assert row["UserId"] == identifier
    assert int(row["DateTime"]) <= at.timestamp() < int(row["DateTime"]) + 1
    assert row["Price"].replace(".", "").lstrip("0") == str(amount).lstrip("0")
