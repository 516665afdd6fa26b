"""What a policy's dictionary and rules make of a lead's signs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.json_types import JsonObject
from leadloop.policy import Policy
from leadloop.sources.book import STANDARD, book_of
from leadloop.sources.resolution import Source, resolve, resolve_deal
from support.policies import sokol

YCLID: JsonObject = {"yclid": "7325873983740247041"}
SOURCE_FIELD = {"fields": {"source": "860001", "called_number": "860002"}}


def policy_of(**sources: Any) -> Policy:  # noqa: ANN401 - as YAML has it
    return sokol(sources=sources, crm=SOURCE_FIELD)


def of(policy: Policy, **signs: Any) -> Source:  # noqa: ANN401 - as a form has it
    return resolve(signs, book_of(policy))


def tagged(policy: Policy, utm_source: str, **tags: str) -> Source:
    return of(policy, utm={"utm_source": utm_source, **tags})


class TestWithoutASection:
    @pytest.mark.parametrize(
        "signs",
        [
            {"ids": YCLID},
            {"ids": {"gclid": "Cj0K"}},
            {"utm": {"utm_source": "VK", "utm_medium": "social"}},
            {"referrer": {"host": "ya.ru"}},
            {"referrer": {"host": "forum.example"}},
            {},
        ],
    )
    def test_a_policy_changes_nothing(self, signs: JsonObject) -> None:
        assert resolve(signs, book_of(sokol())) == resolve(signs, STANDARD)

    def test_the_channel_of_a_tag_is_its_medium(self) -> None:
        source = tagged(sokol(), "vk", utm_medium="Social Paid")
        assert (source.label, source.channel, source.connection) == ("vk", "social_paid", "channel_known")

    @pytest.mark.parametrize("host", ["sokol.example", "www.sokol.example", "lk.sokol.example"])
    def test_a_page_of_the_site_itself_is_no_source(self, host: str) -> None:
        source = of(sokol(), referrer={"host": host})
        assert (source.label, source.rule) == ("none", "none.never_captured")
        assert host in source.reason

    def test_a_site_whose_name_only_ends_alike_is_another(self) -> None:
        assert of(sokol(), referrer={"host": "notsokol.example"}).label == "notsokol_example"

    @pytest.mark.parametrize(
        ("name", "label"),
        [("rb_clickid", "vk_ads"), ("vk_clickid", "vk_ads"), ("fbclid", "facebook"), ("msclkid", "microsoft_ads")],
    )
    def test_a_lesser_click_id_says_more_than_nothing_and_less_than_a_referrer(self, name: str, label: str) -> None:
        landing = {"params": {name: "x"}}
        assert of(sokol(), landing=landing)[:2] == (label, "click_id.other")
        assert of(sokol(), landing=landing, referrer={"host": "ya.ru"}).rule == "referrer.host"

    def test_why_nothing_was_captured_is_told_as_far_as_it_is_known(self) -> None:
        known, nothing = of(sokol(), ids={"client_id": "1700000000123456789"}), of(sokol())
        assert "the browser was known" in known.reason
        assert "is the tag on that page?" in nothing.reason


class TestTheDictionary:
    def test_other_spellings_are_the_source(self) -> None:
        policy = policy_of(dictionary={"google_ads": {"names": ["Google", "ГУГЛ", "google.com"]}})
        for spelling in ("google", "GOOGLE", "гугл", "Google.com"):
            assert tagged(policy, spelling)[:2] == ("google_ads", "utm.utm_source")
            assert f"'{spelling}'" in tagged(policy, spelling).reason
        assert tagged(policy, "гугл").reason == "utm_source 'гугл' (a name of google_ads)"
        assert of(policy, referrer={"host": "google.com"}).label == "google_ads"
        assert tagged(policy, "ggl").label == "ggl"

    def test_separators_mean_nothing_unless_they_tell_two_sources_apart(self) -> None:
        policy = policy_of(dictionary={"mailing": {"names": ["email"]}, "vk_ads": {}, "ab": {}, "a_b": {}})
        assert tagged(policy, "e-mail").label == "mailing"
        assert tagged(policy, "VKads").label == "vk_ads"
        assert (tagged(policy, "ab").label, tagged(policy, "A B").label) == ("ab", "a_b")
        assert tagged(sokol(), "vkads").label == "vkads"

    def test_it_adds_to_the_built_in_one_and_replaces_what_it_names(self) -> None:
        policy = policy_of(dictionary={"yandex_direct": {"channel": "performance", "contractor": "north"}})
        direct, google = of(policy, ids=YCLID), of(policy, ids={"gclid": "Cj0K"})
        assert (direct.channel, direct.contractor) == ("performance", "north")
        assert (google.label, google.channel) == ("google_ads", "context")
        assert book_of(policy).entries["yandex_direct"].title == "Яндекс Директ"

    def test_a_tag_that_it_does_not_know_has_its_own_line_or_none(self) -> None:
        assert tagged(policy_of(dictionary={"vk": {}}), "blogger").label == "blogger"
        strict = policy_of(dictionary={"vk": {}}, unknown="none")
        assert tagged(strict, "VK").label == "vk"
        source = of(strict, utm={"utm_source": "blogger"}, referrer={"host": "ya.ru"})
        assert (source.label, source.rule) == ("none", "none.unknown_label")
        assert "'blogger'" in source.reason
        assert of(strict, referrer={"host": "ya.ru"}).label == "ya_ru"

    def test_own_hosts_are_no_source(self) -> None:
        policy = policy_of(own_hosts=["pay.partner.example", "жк-сокол.рф"])
        assert of(policy, referrer={"host": "pay.partner.example"}).label == "none"
        assert of(policy, referrer={"host": "www.xn----ktbmbfqbv.xn--p1ai"}).label == "none"
        assert of(policy, referrer={"host": "partner.example"}).label == "partner_example"


RULES: list[tuple[str, dict[str, str], JsonObject, bool]] = [
    ("a click id", {"click_id": "yclid"}, {"ids": YCLID}, True),
    ("a click id in the address", {"click_id": "erid"}, {"page": {"params": {"erid": "2Vtz"}}}, True),
    ("no click id", {"click_id": "gclid"}, {"ids": YCLID}, False),
    ("a tag", {"utm_source": "blog"}, {"utm": {"utm_source": " Blog "}}, True),
    ("a tag as a label", {"utm_source": "big_blog"}, {"utm": {"utm_source": "Big Blog"}}, True),
    ("a part of a tag", {"utm_source": "blog"}, {"utm": {"utm_source": "blogger"}}, False),
    ("a pattern", {"utm_source": "blog*"}, {"utm": {"utm_source": "Blogger"}}, True),
    ("a dot is a dot", {"utm_source": "a.b"}, {"utm": {"utm_source": "axb"}}, False),
    ("anything", {"utm_source": "*", "utm_medium": "cpa"}, {"utm": {"utm_source": "x", "utm_medium": "CPA"}}, True),
    ("anything but nothing", {"utm_source": "*"}, {"utm": {"utm_medium": "cpa"}}, False),
    ("two tags", {"utm_source": "vk", "utm_campaign": "n*"}, {"utm": {"utm_source": "vk", "utm_campaign": "N1"}}, True),
    ("one of two tags", {"utm_source": "vk", "utm_campaign": "n*"}, {"utm": {"utm_source": "vk"}}, False),
    ("a host", {"referrer": "avito.ru"}, {"referrer": {"host": "m.avito.ru"}}, True),
    ("another host", {"referrer": "avito.ru"}, {"referrer": {"host": "notavito.ru"}}, False),
    ("a Cyrillic host", {"referrer": "Дом.рф"}, {"referrer": {"host": "xn--d1aqf.xn--p1ai"}}, True),
    ("an application", {"referrer": "com.avito.android"}, {"referrer": {"host": "com.avito.android"}}, True),
    ("a class", {"referrer": "search"}, {"referrer": {"host": "www.google.ru"}}, True),
    ("another class", {"referrer": "social"}, {"referrer": {"host": "www.google.ru"}}, False),
    ("every other site", {"referrer": "referral"}, {"referrer": {"host": "forum.example"}}, True),
    ("no referrer", {"referrer": "referral"}, {}, False),
    ("a form", {"form": "promo*"}, {"form": "Promo 2026"}, True),
    ("another form", {"form": "promo"}, {"form": "main"}, False),
    ("a form without a name", {"form": "*"}, {}, False),
    ("what only a deal has", {"called_number": "+74950000001"}, {"form": "main"}, False),
    ("who made a deal", {"created_by": "user"}, {"form": "main"}, False),
]


@pytest.mark.parametrize(("sign", "signs", "fits"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES])
def test_a_rule_fits_its_sign(sign: dict[str, str], signs: JsonObject, fits: bool) -> None:
    policy = policy_of(dictionary={"found": {}}, rules=[{"label": "found", **sign}])
    source = resolve(signs, book_of(policy))
    assert (source.label == "found") is fits
    assert source.rule.startswith("policy.") is fits


DEALS: list[tuple[str, dict[str, str], dict[str, str], bool]] = [
    ("a number", {"called_number": "+74950000001"}, {"called_number": "8-495-000-00-01"}, True),
    ("another number", {"called_number": "+74950000001"}, {"called_number": "+74950000002"}, False),
    ("the pool", {"called_number": "static_pool"}, {"called_number": "+74950000000"}, True),
    ("no number", {"called_number": "static_pool"}, {}, False),
    ("a field", {"crm_field": "source", "value": "агент*"}, {"source": "Агент Смит"}, True),
    ("another text", {"crm_field": "source", "value": "агент"}, {"source": "Агентство"}, False),
    ("an empty field", {"crm_field": "source", "value": "*"}, {"utm_source": "vk"}, False),
    ("a tag in the CRM", {"utm_source": "vk"}, {"utm_source": "VK"}, True),
    ("a person", {"created_by": "user"}, {"created_by": "user"}, True),
    ("a program", {"created_by": "user"}, {"created_by": "integration"}, False),
    ("a referrer in the CRM", {"referrer": "cian.ru"}, {"referrer": "https://spb.cian.ru/sale/flat/1/"}, True),
]


@pytest.mark.parametrize(("sign", "fields", "fits"), [rule[1:] for rule in DEALS], ids=[rule[0] for rule in DEALS])
def test_a_rule_fits_what_a_deal_shows(sign: dict[str, str], fields: dict[str, str], fits: bool) -> None:
    policy = policy_of(dictionary={"found": {}}, rules=[{"label": "found", **sign}], static_pool=["+74950000000"])
    assert (resolve_deal(fields, book_of(policy)).label == "found") is fits


class TestTheOrder:
    def test_rules_go_before_what_is_built_in_and_in_the_order_they_are_written(self) -> None:
        first, second = {"label": "a", "click_id": "yclid"}, {"label": "b", "utm_source": "yandex"}
        signs: JsonObject = {"ids": YCLID, "utm": {"utm_source": "yandex"}}
        assert resolve(signs, STANDARD).label == "yandex_direct"
        for rules, label in (([first, second], "a"), ([second, first], "b")):
            assert resolve(signs, book_of(policy_of(dictionary={"a": {}, "b": {}}, rules=rules))).label == label

    def test_the_reason_names_the_place_of_the_rule(self) -> None:
        rules = [{"label": "a", "form": "x"}, {"label": "a", "utm_source": "y"}]
        assert "sources.rules[1]" in tagged(policy_of(dictionary={"a": {}}, rules=rules), "y").reason

    def test_a_tag_in_a_deal_goes_before_the_word_of_a_person(self) -> None:
        assert resolve_deal({"utm_source": "vk", "source": "Звонок"}).label == "vk"
        called = resolve_deal({"source": "Звонок", "created_by": "user"})
        assert (called.label, called.rule, called.connection) == ("звонок", "crm_field.source", "manual")


@pytest.mark.parametrize("resting", ["+79990000001", "unlisted"])
def test_a_number_that_the_policy_does_not_name_may_be_a_customers_and_is_not_told(resting: str) -> None:
    policy = policy_of(static_pool=["+74950000000"])
    source = resolve_deal({"called_number": resting, "created_by": "user"}, book_of(policy))
    assert source.rule == "none.unknown_label"
    assert "9990000001" not in source.reason


def test_a_policy_is_read_back_from_a_package_as_it_was() -> None:
    policy = policy_of(
        dictionary={"a": {"names": ["А"], "connection": "manual", "line": "vk_ads"}},
        rules=[{"label": "a", "crm_field": "source", "value": "x*"}],
        apart=[["x", "y"]],
        static_pool=["+74950000000"],
        restore=True,
    )
    again = Policy.model_validate(policy.model_dump(mode="json"))
    assert again == policy
    assert book_of(again)[:3] == book_of(policy)[:3]


def test_the_book_of_a_policy_is_made_once() -> None:
    policy = policy_of()
    other = policy.model_copy()
    assert book_of(policy) is book_of(policy)
    assert book_of(policy) is not book_of(other)


@given(st.dictionaries(st.sampled_from(["utm_source", "referrer", "source", "called_number", "created_by"]), st.text()))
def test_whatever_stands_in_a_deal_there_is_a_label_and_a_reason(fields: dict[str, str]) -> None:
    policy = policy_of(unknown="none", static_pool=["+74950000000"])
    source = resolve_deal(fields, book_of(policy))
    assert source.label
    assert source.reason
    assert source.is_none == (source.label == "none")
