"""Labels that look like one source, and those that only seem to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.sources.lookalikes import look_alike, propose

ONE = [
    *[("google", "ggl"), ("google", "гугл"), ("google", "google_ads"), ("google", "googleads"), ("google", "gogle")],
    *[("google_ads", "adwords_google"), ("google_adwords", "google_ads"), ("google_cpc", "google_ads")],
    *[("yandex", "яндекс"), ("yandex", "yandex_direct"), ("яндекс_директ", "yandex_direct")],
    *[("yandex", "yandx"), ("yandex", "yadnex"), ("ya_direct", "yandex_direct"), ("yandexdirect", "yandex")],
    *[("vk", "вк"), ("vk", "vkontakte"), ("вконтакте", "vk"), ("vk_ads", "vkads")],
    *[("telegram", "tg"), ("телеграм", "telegram"), ("telegramm", "tg"), ("авито", "avito"), ("циан", "cian")],
    *[("facebook", "fb"), ("facebok", "facebook"), ("инстаграм", "instagram"), ("одноклассники", "ok")],
    *[("email_base", "emailbase"), ("spring_sale", "springsale"), ("newsletter", "newsleter")],
    *[("ya_ru", "yandex_ru"), ("www_google_com", "google_ru"), ("m_vk_com", "vk_com")],
]  # fmt: skip
APART = [
    *[("mail", "gmail"), ("gmail", "email"), ("vk", "ok"), ("tg", "tt"), ("fb", "vk"), ("rutube", "youtube")],
    *[("yandex_direct", "yandex_maps"), ("google_ads", "google_maps"), ("yandex", "yandex_market")],
    *[("yandex_direct", "google_ads"), ("yandex", "yandex_ru"), ("vk", "vk_com"), ("vk_com", "ok_ru")],
    *[("mail_ru", "e_mail_ru"), ("maps_google_com", "mail_google_com"), ("direct", "yandex_direct")],
    *[("promo_1", "promo_2"), ("partner_a", "partner_b"), ("agent_7", "agent_17"), ("sale2025", "sale2026")],
    *[("north", "south"), ("flat", "flats"), ("avito", "auto"), ("cian", "avito"), ("blog", "vlog")],
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), ONE, ids=lambda label: label)
def test_spellings_of_one_source(one: str, other: str) -> None:
    assert look_alike(one, other)
    assert look_alike(other, one)


@pytest.mark.parametrize(("one", "other"), APART, ids=lambda label: label)
def test_sources_that_only_seem_to_be_one(one: str, other: str) -> None:
    assert not look_alike(one, other)
    assert not look_alike(other, one)


def merged(
    counts: Mapping[str, int], decided: Sequence[str] = (), apart: Sequence[Sequence[str]] = ()
) -> dict[str, tuple[str, ...]]:
    return {one.into: one.labels for one in propose(counts, decided, apart)}


class TestProposals:
    def test_the_most_frequent_spelling_takes_the_others(self) -> None:
        counts = {"google": 5, "ggl": 2, "гугл": 3, "vk": 9, "вк": 1, "mail": 7, "none": 40}
        assert merged(counts) == {"google": ("гугл", "ggl"), "vk": ("вк",)}

    def test_a_source_of_the_dictionary_takes_them_however_rare_it_is(self) -> None:
        assert merged({"google": 50, "ggl": 2}, decided=["google_ads"]) == {"google_ads": ("google", "ggl")}

    def test_a_built_in_source_takes_them_where_nobody_decided(self) -> None:
        counts = {"yandex": 3, "yandex_direct": 2, "яндекс": 1}
        assert merged(counts) == {"yandex_direct": ("yandex", "яндекс")}
        assert merged(counts, decided=["yandex"]) == {"yandex": ("yandex_direct", "яндекс")}

    def test_two_sources_that_a_person_wrote_down_are_two(self) -> None:
        assert merged({"google": 5, "google_ads": 3}, decided=["google", "google_ads"]) == {}

    def test_what_is_kept_apart_is_not_proposed_and_the_rest_is(self) -> None:
        counts = {"google_ads": 9, "google": 5, "ggl": 2}
        assert merged(counts, apart=[["google", "google_ads"]]) == {"google_ads": ("ggl",)}
        assert merged(counts, apart=[["google", "google_ads", "ggl"]]) == {}

    def test_a_misspelling_joins_what_it_is_nearest_to_and_draws_in_no_third(self) -> None:
        """Each label is compared with the one it would be counted as, so that small steps do not add up."""
        assert merged({"sokolniki": 9, "sokolnikki": 3, "sokolnikkii": 2, "sokolnnikkiii": 1}) == {
            "sokolniki": ("sokolnikki", "sokolnikkii")
        }

    def test_leads_that_would_move_are_counted(self) -> None:
        [one] = propose({"google": 5, "ggl": 2, "гугл": 1})
        assert one.leads == 3


@given(st.dictionaries(st.sampled_from([*dict(ONE), *dict(APART).values()]), st.integers(0, 9)), st.data())
def test_every_label_is_proposed_at_most_once_whatever_the_order(counts: dict[str, int], data: st.DataObject) -> None:
    shuffled = dict(data.draw(st.permutations(list(counts.items()))))
    proposals = propose(shuffled)
    assert proposals == propose(counts)
    labels = [label for one in proposals for label in (one.into, *one.labels)]
    assert len(labels) == len(set(labels))
    assert all(look_alike(one.into, label) for one in proposals for label in one.labels)
