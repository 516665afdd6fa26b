"""People name one field in many ways; the most trusted spelling with a value wins."""

import pytest

from leadloop.forms.field_names import roles


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Phone", "phone"),
        ("your-phone", "phone"),
        ("tel-482", "phone"),
        ("Phone_2", "phone"),
        ("Ваш телефон", "phone"),
        ("Контактный_телефон", "phone"),
        ("No Label tel", "phone"),
        ("E-mail", "email"),
        ("Email address", "email"),
        ("Электронная почта", "email"),
        ("your-name", "name"),
        ("Имя", "name"),
        ("Как Вас зовут?", "name"),
        ("Комментарий", "comment"),
        ("_ym_uid", "client_id"),
        ("ClientID", "client_id"),
        ("ym-client-id", "client_id"),
        ("tranid", "submission_id"),
        ("_gotcha", "honeypot"),
        ("Номер", "phone"),
        ("Ваш номер", "phone"),
        ("Номер для связи", "phone"),
        ("Укажите номер телефона", "phone"),
        ("phone1", "phone"),
        ("userPhone", "phone"),
        ("callbackPhone", "phone"),
        ("PHONE2", "phone"),
        ("cellphone", "phone"),
        ("callerphone", "phone"),
        ("WhatsApp1", "phone"),
        ("phoneKey", "phone_key"),
        ("contactEmail", "email"),
        ("email2", "email"),
        ("clientName", "name"),
        ("Контакты", "messenger"),
        ("Ник в Telegram", "messenger"),
        ("Telegram ник", "messenger"),
        ("max", "messenger"),
    ],
)
def test_a_field_is_known_by_its_name(name: str, role: str) -> None:
    assert roles({(name,): "x"}) == {role: ("x",)}


@pytest.mark.parametrize(
    "path",
    [("ysclid",), ("payment", "products", "0", "name"), ("quiz", "name"), ("microphone",), ("hotel",)]
    + [
        (name,)
        for name in (
            "url2",
            "productName",
            "headphones",
            "Номер заказа",
            "maxPrice",
            "nextPhase",
            "form7b",
            "managerPhone",
        )
    ]
    + [("Телефон менеджера",), ("admin_email",)],
)
def test_what_only_resembles_a_known_name_is_not_one(path: tuple[str, ...]) -> None:
    assert roles({path: "x"}) == {}


def test_the_name_of_the_form_is_not_the_name_of_the_person() -> None:
    assert roles({("form", "name"): "New Form", ("contacts", "name"): "Анна"}) == {
        "form": ("New Form",),
        "name": ("Анна",),
    }


def test_the_more_trusted_spelling_wins_whatever_the_order() -> None:
    offered = roles({("client_id",): "2", ("Телефон для связи",): "+7", ("ym_client_id",): "1", ("phone",): "8"})
    assert offered == {"client_id": ("1", "2"), "phone": ("8", "+7")}


def test_a_field_without_a_value_offers_nothing() -> None:
    assert roles({("phone",): "  ", ("tel",): "8"}) == {"phone": ("8",)}


@pytest.mark.parametrize("below", [("0",), ("value",), ("0", "value")])
@pytest.mark.parametrize("path", [("phone",), ("your-phone",), ("contacts", "phone"), ("ym_client_id",)])
def test_a_list_or_an_object_of_one_value_is_that_value(path: tuple[str, ...], below: tuple[str, ...]) -> None:
    assert roles({(*path, *below): "x"}) == roles({path: "x"}) != {}


def test_a_place_in_a_list_of_things_is_nobodys_field() -> None:
    assert roles({("payment", "products", "0"): "x", ("rooms", "0"): "2", ("value",): "3"}) == {}


def test_a_mobile_application_is_no_phone() -> None:
    assert roles({("is_mobile",): "true", ("isMobile",): "true", ("mobileApp",): "1"}) == {}
