"""Where a lead comes from: the order of the signs, and labels fit for counting."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.json_types import JsonObject
from leadloop.sources.resolution import Source, resolve, resolve_deal

YCLID, GCLID, VK = {"yclid": "7325873983740247041"}, {"gclid": "Cj0K"}, {"utm_source": "vk", "utm_campaign": "spring"}
YA = {"host": "ya.ru", "path": "/search"}
UNSAID: JsonObject = {"ids": {"yclid": ""}, "utm": {"utm_source": ""}, "referrer": {"host": ""}}
FROM_YA, NOTHING = Source("ya_ru", "referrer.host"), Source("none", "none.never_captured")

RULES: list[tuple[str, JsonObject, Source]] = [
    ("a click of Direct", {"ids": {**YCLID}}, Source("yandex_direct", "click_id.yclid")),
    ("a click of Google", {"ids": {**GCLID}}, Source("google_ads", "click_id.gclid")),
    ("both clicks", {"ids": {**YCLID, **GCLID}}, Source("yandex_direct", "click_id.yclid")),
    ("tags", {"utm": {**VK}}, Source("vk", "utm.utm_source", "spring")),
    ("a referrer", {"referrer": {**YA}}, FROM_YA),
    ("click before tags", {"ids": {**YCLID}, "utm": {**VK}}, Source("yandex_direct", "click_id.yclid", "spring")),
    ("tags before referrer", {"utm": {**VK}, "referrer": {**YA}}, Source("vk", "utm.utm_source", "spring")),
    ("a ClientID is no source", {"ids": {"client_id": "1700000000123456789"}}, NOTHING),
    ("a campaign is no source", {"utm": {"utm_campaign": "spring"}}, Source("none", "none.never_captured", "spring")),
    ("nothing", {}, NOTHING),
    ("empty signs", UNSAID, NOTHING),
    ("signs of another kind", {"ids": None, "utm": "vk", "referrer": ["ya.ru"]}, NOTHING),
    ("a tag without a letter", {"utm": {"utm_source": "—/—"}}, Source("none", "none.unknown_label")),
    ("a tag that says none", {"utm": {"utm_source": "None"}}, NOTHING),
    ("a tag without a letter, and a referrer", {"utm": {"utm_source": "?"}, "referrer": {**YA}}, FROM_YA),
]  # fmt: skip


@pytest.mark.parametrize(("signs", "source"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES])
def test_the_first_sign_decides(signs: JsonObject, source: Source) -> None:
    assert resolve(signs)[:3] == source[:3]


@pytest.mark.parametrize(
    ("tag", "label"),
    [
        ("VK", "vk"),
        (" Yandex Direct ", "yandex_direct"),
        ("yandex.ru", "yandex_ru"),
        ("Авито", "авито"),
        ("ЁЛКИ-2026", "ёлки_2026"),
        ("微信", "微信"),
        ("a--b", "a_b"),
        ("x" * 70, "x" * 60),
    ],
)
def test_spellings_of_a_source_are_one_label(tag: str, label: str) -> None:
    assert resolve({"utm": {"utm_source": tag}}).label == label


@given(st.text(max_size=80))
def test_any_tag_becomes_a_label_that_can_stand_in_a_path_of_counters(tag: str) -> None:
    source = resolve({"utm": {"utm_source": tag}})
    assert re.fullmatch(r"[^\W_]+(_[^\W_]+)*", source.label)
    assert len(source.label) <= 60
    assert source.is_none == (source.label == "none")


@pytest.mark.parametrize(
    ("maker", "rule"),
    [
        ("7", "none.entered_by_hand"),
        ("0", "none.born_in_crm"),
        ("", "none.born_in_crm"),
        ("user", "none.entered_by_hand"),
    ],
    ids=["a user of amoCRM", "a program", "not told", "in words"],
)
def test_who_made_a_deal_is_told_by_the_crms_own_id(maker: str, rule: str) -> None:
    assert resolve_deal({"created_by": maker} if maker else {}).rule == rule


FOR_NOTHING = (
    *("(direct)", "(none)", "(not set)", "<не указано>", "None"),
    *("{source}", "{{site_source_name}}", "[SOURCE]", "<source>"),
)
"""What a CRM and Metrica say for nothing, and places that no name was put into."""


@pytest.mark.parametrize("word", FOR_NOTHING)
class TestWordsForNothing:
    """They are as if they were not there: in a tag as in the CRM's field, beside other signs as alone."""

    def test_in_a_tag(self, word: str) -> None:
        source = resolve({"utm": {"utm_source": word}})
        assert (source.label, source.rule) == ("none", "none.never_captured")
        assert word in source.reason
        assert resolve({"utm": {"utm_source": word}, "referrer": {**YA}}).label == "ya_ru"

    @pytest.mark.parametrize("field", ["source", "utm_source"])
    def test_in_a_deal(self, word: str, field: str) -> None:
        by_hand, by_program = resolve_deal({field: word, "created_by": "7"}), resolve_deal({field: word})
        assert (by_hand.rule, by_program.rule) == ("none.entered_by_hand", "none.born_in_crm")
        assert word in by_hand.reason


@pytest.mark.parametrize("word", ["???", "-", "—/—"])
def test_a_word_without_letters_names_no_source_wherever_it_stands(word: str) -> None:
    told = [resolve({"utm": {"utm_source": word}}), resolve_deal({"utm_source": word}), resolve_deal({"source": word})]
    told.append(resolve_deal({"source": word, "created_by": "7"}))
    assert {(one.label, one.rule) for one in told} == {("none", "none.unknown_label")}
    assert all(repr(word) in one.reason for one in told)
