"""The policy says what a form's odd names mean; it goes before what the names say themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

import pytest

from leadloop.forms.body import Fields
from leadloop.forms.field_names import SPELLINGS, UTM
from leadloop.forms.form_post import FormPost
from leadloop.forms.named_fields import named_by_policy
from leadloop.policy.forms import FieldRole


def named(values: Mapping[str, str], names: Mapping[str, str]) -> FormPost:
    return named_by_policy(FormPost.of(Fields({(name,): text for name, text in values.items()})), names)


def test_the_policy_knows_every_role_that_a_field_may_have() -> None:
    assert set(get_args(FieldRole)) == {*SPELLINGS, *UTM, "ignored"}


@pytest.mark.parametrize("written", ["Куда звонить", "куда_звонить", "КУДА-ЗВОНИТЬ?"])
def test_a_name_is_known_however_it_is_spelt(written: str) -> None:
    assert named({"Куда_звонить": "8999"}, {written: "phone"}).first("phone") == "8999"


def test_what_the_policy_names_goes_before_what_a_name_says() -> None:
    post = named({"phone": "1", "Контакт": "2"}, {"Контакт": "phone"})
    assert post.offered["phone"] == ("2", "1")


def test_a_field_has_no_other_role_than_the_policys() -> None:
    post = named({"Имя": "Барсик", "Как вас зовут": "Анна"}, {"имя": "comment"})
    assert (post.offered["name"], post.offered["comment"]) == (("Анна",), ("Барсик",))


def test_an_ignored_field_is_nothing_but_may_still_be_mapped() -> None:
    post = named({"Телефон менеджера": "8999"}, {"Телефон менеджера": "ignored"})
    assert "phone" not in post.offered
    assert post.fields.values == {("Телефон менеджера",): "8999"}


def test_tags_may_have_names_of_their_own() -> None:
    post = named({"Кампания": "70", "utm_source": "yandex"}, {"Кампания": "utm_campaign"})
    assert post.utm == {"utm_campaign": "70", "utm_source": "yandex"}


def test_a_field_without_a_value_takes_nothing_away() -> None:
    assert named({"phone": "1", "Контакт": " "}, {"Контакт": "phone"}).offered["phone"] == ("1",)


def test_a_name_inside_an_object_is_known_by_itself_and_by_its_whole_path() -> None:
    post = FormPost.of(Fields({("order", "who"): "Анна", ("order", "to", "who"): "Пётр"}))
    assert named_by_policy(post, {"order to who": "name"}).offered == {"name": ("Пётр",)}
    assert named_by_policy(post, {"who": "name"}).offered["name"] == ("Пётр", "Анна")


def test_a_list_of_one_goes_by_the_name_of_its_list() -> None:
    post = FormPost.of(Fields({("Куда", "0"): "8999", ("Город", "0"): "Уфа"}))
    assert named_by_policy(post, {"Куда": "phone"}).offered == {"phone": ("8999",)}
    assert named_by_policy(post, {"Город 0": "name"}).offered == {"name": ("Уфа",)}
