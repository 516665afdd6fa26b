"""What the sieve passes at one look is what it would pass after a long one."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from leadloop.forms.sieve import Sieve
from leadloop.identity.contact_signs import looks_like_contact

USUAL = st.text(string.ascii_letters + "_./-", max_size=20)
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
