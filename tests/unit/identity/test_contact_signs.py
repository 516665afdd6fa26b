"""A contact is noticed where none may be; numbers of ad systems are left alone."""

import pytest

from leadloop.identity.contact_signs import looks_like_contact


@pytest.mark.parametrize(
    "text",
    [
        "+7 (999) 000-00-03",
        "89990000003",
        "79990000003",
        "9990000003",
        "call-8-999-000-00-03-now",
        "8 (495) 123-45-67",
        "84951234567",
        "+49 30 901820-11",
        "anna@example.org",
        "u=anna%40example.org",
        "anna%2540example.org",
        "%2B79990000003",
        "８９９９００００００３",
        "8\u200b999\u200b000\u200b00\u200b03",
        "anna＠example.org",
        "Анна 8 999 000-00-03",
        "Анна：８ ９９９ ０００-００-０３",
        "почта anna@example.org",
    ],
)
def test_a_contact_is_noticed(text: str) -> None:
    assert looks_like_contact(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yandex",
        "708812345",
        "5512345678.16789012345.search.desktop",
        "1700000000123456789",
        "7400000000000000001",
        "12345678901234567890",
        "c0ffee00-0000-4000-8000-000000000001",
        "2026-09-01",
        "467251:8442970",
        "/kvartiry/3-komnatnye/12",
        "@sokol",
        "Нижний Новгород, 603000",
        "1788255600000",
    ],
)
def test_what_ad_systems_and_sites_number_is_no_contact(text: str) -> None:
    assert not looks_like_contact(text)
