"""Codes that mark a test lead: only the owner makes them, and for a quarter of an hour."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leadloop.forms.test_codes import GOOD_FOR, PARAMETER, name_of, new_code, read_code
from leadloop.identity.keys import KeyRing
from leadloop.messages import Submission
from support.form_desk import FormDesk
from support.policies import HMAC_KEY, ORIGIN, sokol
from support.settable_clock import MORNING

RING = KeyRing.read(HMAC_KEY)
TOKEN = "abcdefghij0123456789klmnop"
CODE = new_code(RING, TOKEN, MORNING)


def sent_with(code: str, desk: FormDesk | None = None, **fields: str) -> Submission:
    return (desk or FormDesk()).hand_in({"phone": "8 999 000-00-03", "page": f"{ORIGIN}/?{PARAMETER}={code}", **fields})


def test_a_code_names_its_test_for_a_quarter_of_an_hour() -> None:
    assert timedelta(minutes=15) == GOOD_FOR
    assert read_code(RING, CODE, MORNING) == name_of(CODE) == "abcdefghij"
    assert read_code(RING, CODE, MORNING + GOOD_FOR) == "abcdefghij"
    assert read_code(RING, CODE, MORNING + GOOD_FOR + timedelta(seconds=1)) is None


@pytest.mark.parametrize("place", range(len(CODE)))
def test_no_sign_of_a_code_can_be_changed(place: int) -> None:
    other = CODE[:place] + ("1" if CODE[place] != "1" else "2") + CODE[place + 1 :]
    assert read_code(RING, other, MORNING) is None


@pytest.mark.parametrize("code", ["", "1", "test", CODE + "0", CODE.upper(), CODE[:-1] + "é"])
def test_what_is_no_code_is_none(code: str) -> None:
    assert read_code(RING, code, MORNING) is None


def test_another_key_made_no_code_of_ours() -> None:
    assert read_code(RING, new_code(KeyRing.read("k1:" + "cd" * 32), TOKEN, MORNING), MORNING) is None


@pytest.mark.parametrize("mode", ["none", "hash", "keep"])
def test_a_form_from_a_page_with_a_code_is_a_test_in_every_mode(mode: str) -> None:
    sent = sent_with(CODE, FormDesk(sokol(mode)))
    assert (sent.trial, sent.page.params) == ("abcdefghij", {})
    assert PARAMETER not in sent.left_out


def test_a_form_from_a_page_with_a_made_up_code_is_a_lead_like_any_other_and_says_so() -> None:
    sent = sent_with(CODE[:-1] + "0" if CODE[-1] != "0" else CODE[:-1] + "1")
    assert sent.trial is None
    assert "taken for a lead like any other" in sent.left_out[PARAMETER]


def test_a_code_in_the_first_page_or_the_referrer_marks_nothing() -> None:
    """Where a visitor came from may be written by a stranger into a link, and rests in the browser for months."""
    url = f"{ORIGIN}/?{PARAMETER}={CODE}"
    sent = FormDesk().hand_in({"phone": "8 999 000-00-03", "page": ORIGIN, "landing": url, "referrer": url})
    assert sent.trial is None


def test_a_test_sent_by_tildas_server_is_one() -> None:
    fields = {"tranid": "1:2", "Phone": "8 999 000-00-03", "referer": f"{ORIGIN}/?{PARAMETER}={CODE}"}
    assert FormDesk().hand_in(fields).trial == "abcdefghij"
