"""What the sieve passes at one look is what it would pass after a long one."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from leadloop.forms.page_url import read_url
from leadloop.forms.sieve import Sieve
from leadloop.identity.contact_signs import looks_like_contact

USUAL = st.text(string.ascii_letters + "АяЁѐӿ_./-", max_size=20)
FEW_DIGITS = st.lists(st.tuples(USUAL, st.sampled_from(string.digits)), max_size=8).map(
    lambda pieces: "".join(map("".join, pieces))
)
CYRILLIC = st.text("АяЁ 0123456789+-()@.ru", max_size=30).map("Я{}".format)


@given(st.builds("{}{}".format, FEW_DIGITS, USUAL))
def test_letters_and_fewer_digits_than_a_phone_has_are_no_contact(text: str) -> None:
    assert not looks_like_contact(text)
    sieve = Sieve({})
    assert sieve.text("utm_term", text) == text[:255]
    assert sieve.left_out == {}


@given(CYRILLIC)
def test_a_cyrillic_text_is_judged_as_with_a_sign_that_nobody_sees(text: str) -> None:
    assert looks_like_contact(text) == looks_like_contact(f"{text}\u200b")
    assert bool(Sieve({}).text("city", text)) != looks_like_contact(text.strip())


def test_two_pages_of_one_query_are_reduced_alike_and_what_is_held_back_is_told_of_both() -> None:
    kept, held_back = "utm_source=vk&yclid=17000000000000001", "utm_term=89990000003&utm_source=vk"
    sieve = Sieve({})
    pages = [read_url(f"https://sokol.example{path}?{query}") for query in (kept, held_back) for path in ("/", "/2")]
    addresses = [sieve.address(name, page, ()) for name, page in zip("abcd", pages, strict=True)]
    params = [address["params"] for address in addresses]
    assert params == [{"utm_source": "vk", "yclid": "17000000000000001"}] * 2 + [{"utm_source": "vk"}] * 2
    assert sorted(sieve.left_out) == ["c.utm_term", "d.utm_term"]
