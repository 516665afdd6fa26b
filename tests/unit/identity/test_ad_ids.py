"""Ad ids keep every digit or are rejected with the reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.identity.ad_ids import looks_rounded, read_ad_ids


@pytest.mark.parametrize(
    "value", ["1", "1700000000123456789", "17000000001234567", "12345678901234567890", str(2**64 - 1)]
)
@pytest.mark.parametrize("name", ["client_id", "yclid", "appmetrica_device_id"])
def test_decimal_ids_up_to_64_bits_stand_as_they_are(name: str, value: str) -> None:
    reading = read_ad_ids({name: (f" {value} ",)})
    assert (getattr(reading.ids, name), reading.rejected) == (value, {})


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("1.7E+18", "floating point"),
        ("1.7e18", "floating point"),
        ("1700000000123456789.0", "floating point"),
        ("1700000000123456789.", "floating point"),
        ("1 700 000 000 123 456 789", "thousands separators"),
        ("1,700,000,000,123,456,789", "thousands separators"),
        ("1\u00a0700\u00a0000\u00a0000\u00a0123", "thousands separators"),
        (str(2**64), "below 2^64"),
        ("00000000000000000000", "nobody's id"),
        ("375291234567", "may be a phone"),
        ("123456789012345678901", "1 to 20 decimal digits"),
        ("-5", "1 to 20 decimal digits"),
        ("lq1ksil7dwgjm123", "1 to 20 decimal digits"),
        ("GA1.1.1700000000.1", "1 to 20 decimal digits"),
        ("١٢٣", "1 to 20 decimal digits"),
    ],
)
def test_an_id_that_lost_its_form_is_rejected_with_the_reason(value: str, reason: str) -> None:
    reading = read_ad_ids({"client_id": (value,)})
    assert reading.ids.client_id is None
    assert reason in reading.rejected["client_id"]
    assert value not in reading.rejected["client_id"]


@pytest.mark.parametrize("value", ["", "  ", "{yclid}", "%7Byclid%7D", "undefined", "NULL", "0", "[object Object]"])
def test_nothing_is_nothing_and_not_a_fault(value: str) -> None:
    reading = read_ad_ids({"yclid": (value,)})
    assert (reading.ids.yclid, reading.rejected) == (None, {})


def test_the_first_candidate_in_form_is_taken() -> None:
    reading = read_ad_ids({"client_id": ("undefined", "1.7E+18", "1700000000123456789", "42")})
    assert (reading.ids.client_id, reading.rejected) == ("1700000000123456789", {})


@pytest.mark.parametrize(
    ("name", "value", "stands"),
    [
        ("gclid", "Cj0KCQiA_test-1", True),
        ("gclid", "short", False),
        ("user_id", "crm-4711", True),
        ("user_id", "Анна Примерова", False),
        ("user_id", 'a"b', False),
        ("user_id", "anna@example.org", False),
        ("user_id", "8/999/123/45/67", False),
        ("user_id", "٨٩٩٩١٢٣٤٥٦٧", False),
        ("user_id", "7|999|123-4567", False),
        ("user_id", "2026/11/22-4711", True),
        ("user_id", "9f3c/999/1234567", True),
        ("client_id", "79990000003", False),
    ],
)
def test_other_ids_have_their_own_forms(name: str, value: str, stands: bool) -> None:
    reading = read_ad_ids({name: (value,)})
    assert (getattr(reading.ids, name) == value, name in reading.rejected) == (stands, not stands)


@pytest.mark.parametrize(
    ("client_id", "rounded"),
    [
        ("1700000000123456789", False),
        ("1700000000123456800", True),
        ("17000000001234567", False),
        ("17000000001234568", True),
        ("123456789012345", False),
        ("1.7E+18", False),
    ],
)
def test_a_client_id_that_was_a_javascript_number_is_recognised(client_id: str, rounded: bool) -> None:
    assert bool(looks_rounded(client_id)) is rounded


@given(st.integers(min_value=10**18, max_value=2**64 - 1))
def test_every_number_rounded_by_javascript_looks_rounded(exact: int) -> None:
    shortest_digits, _, exponent = repr(float(exact)).partition("e+")
    digits = shortest_digits.replace(".", "")
    in_javascript = digits + "0" * (int(exponent) + 1 - len(digits))
    assert looks_rounded(in_javascript)
    assert looks_rounded(str(exact)).ok == (in_javascript == str(exact))
