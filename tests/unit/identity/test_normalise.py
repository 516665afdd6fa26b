"""Equal contacts become equal texts; what is no contact becomes a reason."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leadloop.identity.normalise import emails, phones

ANNA = "+79990000003"


@pytest.mark.parametrize(
    "typed",
    [
        "+7 (999) 000-00-03",
        "89990000003",
        "8 999 000 00 03",
        "79990000003",
        "9990000003",
        "+7 8 999 000 00 03",
        "８９９９０００００03",
        "тел. 8-999-000-00-03 (Анна)",
        "8 999 000 00 03 доб. 12",
        "+7\u00a0999\u2009000‑00‑03",
    ],
)
def test_a_russian_number_has_one_form_however_it_is_typed(typed: str) -> None:
    assert phones(typed, "RU").values == (ANNA,)


@pytest.mark.parametrize(
    ("typed", "region", "normal"),
    [
        ("+49 30 901820", "RU", "+4930901820"),
        ("+375 29 123-45-67", "RU", "+375291234567"),
        ("8 701 111 22 33", "KZ", "+77011112233"),
        ("030 901820", "DE", "+4930901820"),
    ],
)
def test_a_foreign_number_keeps_its_country(typed: str, region: str, normal: str) -> None:
    assert phones(typed, region).values == (normal,)


@pytest.mark.parametrize(
    "typed", ["8 999 000 00 03, 89990000004", "89990000003/89990000004", "89990000003 89990000004 89990000003"]
)
def test_several_numbers_in_one_field_are_several(typed: str) -> None:
    assert phones(typed, "RU").values == (ANNA, "+79990000004")


@pytest.mark.parametrize("typed", ["нет", "", "12345", "+7 999 000", "спросите Анну", "1.7E+18", "-----"])
def test_what_is_no_number_is_refused_with_the_reason(typed: str) -> None:
    found = phones(typed, "RU")
    assert (found.values, [verdict.rule for verdict in found.refused]) == ((), ["phone.not_a_number"])


@pytest.mark.parametrize(
    "typed", ["+7 999 999-99-99", "79000000000", "89111111111", "+7 (912) 345-67-89", "8 987 654 32 10"]
)
def test_a_number_typed_to_fill_the_field_joins_nobody(typed: str) -> None:
    found = phones(typed, "RU")
    assert (found.values, [verdict.rule for verdict in found.refused]) == ((), ["phone.placeholder"])


def test_a_placeholder_beside_a_number_does_not_spoil_it() -> None:
    found = phones("89999999999, 89990000003", "RU")
    assert found.values == (ANNA,)
    assert [verdict.rule for verdict in found.refused] == ["phone.placeholder"]


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        (" Anna@Example.ORG ", "anna@example.org"),
        ("mailto:anna@example.org", "anna@example.org"),
        ("<anna@example.org>;", "anna@example.org"),
        ("Анна@Почта.РФ", "анна@xn--80a1acny.xn--p1ai"),
        ("anna+flat@mail.example.org", "anna+flat@mail.example.org"),
    ],
)
def test_an_address_has_one_form(typed: str, normal: str) -> None:
    assert emails(typed).values == (normal,)


def test_several_addresses_in_one_field_are_several() -> None:
    assert emails("anna@example.org, OLEG@example.org anna@example.org").values == (
        "anna@example.org",
        "oleg@example.org",
    )


@pytest.mark.parametrize(
    "typed", ["нет", "anna@", "@example.org", "anna@localhost", "anna@example.1", "a b@c", "a@b..ru", "a@-b.ru"]
)
def test_what_is_no_address_is_refused_with_the_reason(typed: str) -> None:
    found = emails(typed)
    assert (found.values, [verdict.rule for verdict in found.refused]) == ((), ["email.not_an_address"])


@pytest.mark.parametrize("typed", ["test@test.ru", "no@no.com"])
def test_an_address_typed_to_fill_the_field_joins_nobody(typed: str) -> None:
    assert emails(typed).values == ()


@given(st.text(max_size=400))
def test_nothing_typed_raises_and_every_result_is_its_own_normal_form(typed: str) -> None:
    for number in phones(typed, "RU").values:
        assert phones(number, "RU").values == (number,)
    for address in emails(typed).values:
        assert emails(address).values == (address,)


@st.composite
def _mobiles_as_they_are_typed(draw: st.DrawFn) -> str:
    gap = st.sampled_from(["", " ", "-", "\u00a0"])
    begin = draw(st.sampled_from(["", "+7", "7", "8"])) + draw(gap)
    opening, closing = draw(st.sampled_from([("", ""), ("(", ")"), ("(", ""), ("", ")")]))
    digits = "9" + draw(st.text("0123456789", min_size=9, max_size=9))
    second, third, fourth = draw(gap), draw(gap), draw(gap)
    code, number = f"{opening}{digits[:3]}{closing}", (digits[3:6], digits[6:8], digits[8:])
    return f"{begin}{code}{second}{number[0]}{third}{number[1]}{fourth}{number[2]}"


@given(_mobiles_as_they_are_typed())
@example("+7 930 007-24-40")
def test_a_usual_mobile_is_read_as_the_library_reads_it(typed: str) -> None:
    """Which is asked when something stands before the number, as people put it there."""
    assert phones(typed, "RU") == phones(f"тел. {typed}", "RU")
