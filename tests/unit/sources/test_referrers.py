"""What kind of page a visitor came from."""

from __future__ import annotations

import re

import pytest

from leadloop.sources.referrers import CLASSES, class_of
from leadloop.sources.resolution import resolve
from leadloop.sources.signs import host_of, number_of


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        *(("yandex.ru", "search"), ("ya.ru", "search"), ("www.yandex.kz", "search"), ("yandex.com.tr", "search")),
        *(("www.google.com", "search"), ("google.co.uk", "search"), ("bing.com", "search"), ("go.mail.ru", "search")),
        *(("nova.rambler.ru", "search"), ("ru.yandex.searchplugin", "search")),
        *(("com.google.android.googlequicksearchbox", "search"),),
        *(("vk.com", "social"), ("m.vk.com", "social"), ("away.vk.com", "social"), ("ok.ru", "social")),
        *(("dzen.ru", "social"), ("my.mail.ru", "social"), ("l.facebook.com", "social"), ("t.co", "social")),
        *(("com.vkontakte.android", "social"), ("youtube.com", "social")),
        *(("t.me", "messenger"), ("web.telegram.org", "messenger"), ("org.telegram.messenger", "messenger")),
        *(("wa.me", "messenger"), ("web.whatsapp.com", "messenger"), ("max.ru", "messenger")),
        *(
            ("mail.yandex.ru", "email"),
            ("e.mail.ru", "email"),
            ("mail.google.com", "email"),
            ("ru.yandex.mail", "email"),
        ),
        *(("www.avito.ru", "aggregator"), ("m.avito.ru", "aggregator"), ("spb.cian.ru", "aggregator")),
        *(("realty.yandex.ru", "aggregator"), ("market.yandex.ru", "aggregator"), ("2gis.ru", "aggregator")),
        *(("chatgpt.com", "assistant"), ("alice.yandex.ru", "assistant"), ("gemini.google.com", "assistant")),
        *(("securepay.tinkoff.ru", "payment"), ("auth.robokassa.ru", "payment")),
        *(("forum.example", "referral"), ("notvk.com", "referral"), ("vk.com.example", "referral")),
        *(("google.example.com", "referral"), ("docs.google.com", "referral"), ("", "referral")),
    ],
)
def test_the_class_of_a_host(host: str, kind: str) -> None:
    assert class_of(host) == kind


def test_the_list_holds_each_host_once_and_as_browsers_send_it() -> None:
    hosts = [host for listed in CLASSES.values() for host in listed]
    assert len(hosts) == len(set(hosts))
    assert [host for host in hosts if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9_-]+)+", host)] == []


def test_a_referrer_is_a_source_detected_by_itself_in_the_channel_of_its_class() -> None:
    source = resolve({"referrer": {"host": "away.vk.com"}})
    assert (source.label, source.channel, source.connection) == ("vk_com", "social", "automatic")


def test_who_comes_back_from_paying_came_from_elsewhere() -> None:
    source = resolve({"referrer": {"host": "securepay.tinkoff.ru"}})
    assert (source.label, source.rule) == ("none", "none.never_captured")
    assert "securepay.tinkoff.ru" in source.reason


@pytest.mark.parametrize(
    ("field", "host"),
    [
        ("https://yandex.ru/search/?text=flat", "yandex.ru"),
        ("yandex.ru/search", "yandex.ru"),
        ("android-app://com.google.android.gm/", "com.google.android.gm"),
        ("https://Avito.ru:443", "avito.ru"),
        ("", ""),
        ("direct", "direct"),
    ],
)
def test_the_host_in_a_field_of_the_crm(field: str, host: str) -> None:
    assert host_of(field) == host


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("8 (495) 000-00-01", "+74950000001"),
        ("+7 495 000 00 01", "+74950000001"),
        ("74950000001", "+74950000001"),
        ("+84950000001", "+84950000001"),
        ("", ""),
        ("none", ""),
    ],
)
def test_spellings_of_a_number_meet(written: str, number: str) -> None:
    assert number_of(written) == number
