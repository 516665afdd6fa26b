"""A contact under a name that tells nothing is taken where it is surely one, and is nobody's where it is not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from leadloop.forms.body import Fields
from leadloop.forms.form_post import FormPost
from leadloop.forms.unnamed_contact import with_unnamed_contact
from support.policies import sokol


def read(values: Mapping[str, str], mode: str = "hash", **sections: object) -> FormPost:
    post = FormPost.of(Fields({(name,): text for name, text in values.items()}))
    return with_unnamed_contact(post, sokol(mode, **sections))


def taken(values: Mapping[str, str], mode: str = "hash", **sections: object) -> dict[str, tuple[str, ...]]:
    offered = read(values, mode, **sections).offered
    return {kind: offered[kind] for kind in ("phone", "email") if kind in offered}


@pytest.mark.parametrize(
    "typed",
    [
        *("+7 999 000-00-03", "8 (999) 000-00-03", "89990000003", "79990000003", " 8-999-000-00-03 ", "+79990000003"),
        *("8 (495) 123-45-67", "+7 495 123-45-67", "+49 30 901820", "+375 29 123-45-67"),
    ],
)
def test_a_text_that_is_nothing_but_a_phone_is_the_phone(typed: str) -> None:
    assert taken({"q7": typed}) == {"phone": (typed.strip(),)}


def test_an_email_is_the_email_and_a_phone_goes_before_it() -> None:
    assert taken({"login": "Anna@Example.org"}) == {"email": ("Anna@Example.org",)}
    assert taken({"login": "anna@example.org", "q7": "89990000003"}) == {"phone": ("89990000003",)}


@pytest.mark.parametrize(
    "typed",
    [
        *("9990000003", "999 000-00-03", "4951234567", "84951234567", "8 800 555-35-35", "+7 999 000", "78123456789"),
        *(
            "89990000003, 89990000004",
            "call 89990000003",
            "+7 999 999-99-99",
            "+7 000 000-00-00",
            "1700000000123456789",
        ),
        *("https://sokol.example/89990000003", "anna@example", "mail anna@example.org", "no@no", "test@test.ru"),
        *("info@sokol.example", "1700000000", "1700000000000", "12.11.2026 10:30:45", "8 999 000", "7707083893"),
        *("8 999 000-00-03 - 4", "8 (495) 123-45-67 (12)", "+49 30 9018"),
    ],
)
def test_a_text_that_only_may_be_one_is_not(typed: str) -> None:
    assert taken({"q7": typed}) == {}


@pytest.mark.parametrize(
    "name", ["Номер заказа", "ИНН", "order", "invoice_no_id", "card", "manager", "recipient", "Сумма", "called_number"]
)
def test_under_a_name_of_something_else_nothing_is(name: str) -> None:
    assert taken({name: "+7 999 000-00-03"}) == taken({name: "anna@example.org"}) == {}


def test_of_two_nobody_knows_whose_is_whose_and_one_phone_written_twice_is_one() -> None:
    assert taken({"a": "+7 999 000-00-03", "b": "+7 999 000-00-04"}) == {}
    assert taken({"a": "anna@example.org", "b": "boris@example.org"}) == {}
    assert taken({"a": "+7 999 000-00-03", "b": "89990000003"}) == {"phone": ("89990000003",)}


@pytest.mark.parametrize("known", [{"phone": "after six"}, {"email": "anna@example.org"}, {"phone_key": "k1"}])
def test_where_a_field_is_known_for_a_contact_no_other_is_looked_at(known: dict[str, str]) -> None:
    post = read({**known, "q7": "89990000003"})
    assert "89990000003" not in post.offered.get("phone", ())
    assert post.fields.left_out == {}


def test_what_is_mapped_or_read_as_something_else_is_left_alone() -> None:
    phone = "89990000003"
    assert taken({"city": phone}, site={"mapped_fields": ["city"]}) == {}
    assert taken({"q7": phone}, forms={"fields": {"q7": "ignored"}}) == {}
    assert taken({"utm_content": phone, "utm": phone}) == {}
    assert taken({"user_id": phone}) == taken({"page": phone}) == taken({"website": phone}) == {}
    assert taken({"user_id": phone, "q7": phone}) == {}


@pytest.mark.parametrize("name", ["name", "comment", "telegram", "Контакты"])
def test_a_phone_that_is_all_a_person_wrote_in_a_field_of_words_is_the_phone(name: str) -> None:
    assert taken({name: "8 999 000-00-03"}) == {"phone": ("8 999 000-00-03",)}


def test_the_phone_of_a_manager_is_nobodys_and_hides_no_visitors() -> None:
    form = {"Ваш контакт": "+7 999 000-00-03", "Телефон менеджера": "+7 999 000-00-99"}
    assert taken(form) == {"phone": ("+7 999 000-00-03",)}


def test_a_phone_among_the_messengers_is_no_name_there() -> None:
    assert read({"Контакты": "89990000003"}).offered == {"phone": ("89990000003",)}


def test_it_is_told_how_it_was_found_and_never_what_was_typed() -> None:
    for values in ({"q7": "89990000003"}, {"q1": "+79990000003", "q2": "+79990000004"}, {"q7": "anna@example.org"}):
        told = read(values).fields.left_out
        assert set(told) == {"field_name"}
        assert "forms.fields" in str(told)
        assert not [text for text in (*values, *values.values()) if text in told["field_name"]]


def test_what_is_in_doubt_goes_sealed_in_keep_alone() -> None:
    values = {"a": "+79990000003", "b": "+79990000004", "message": "soon", "size": "XL"}
    assert read(values, "keep").offered["comment"] == ("soon\na: +79990000003\nb: +79990000004",)
    assert read(values, "hash").offered["comment"] == ("soon",)
    assert read({"a": "a@b", "b": "a@b"}, "keep").offered["comment"] == ("b: a@b",)


def test_the_mode_none_looks_for_nothing() -> None:
    post = read({"q7": "89990000003"}, "none")
    assert (post.offered, post.fields.left_out) == ({}, {})


def test_a_bare_number_is_one_of_the_policys_country_or_has_its_code() -> None:
    abroad = {"origins": ["https://sokol.example"], "default_region": "DE"}
    assert taken({"q7": "89990000003"}, site=abroad) == taken({"q7": "8 912 345-67-90"}, site=abroad) == {}
    assert taken({"q7": "+79990000003"}, site=abroad) == {"phone": ("+79990000003",)}
