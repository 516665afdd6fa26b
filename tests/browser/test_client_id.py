"""Metrica's ClientID: asked of the counter, waited for with an end, found elsewhere if need be; text, always."""

from __future__ import annotations

import pytest

from browser.visitors import COUNTER_URL, HOME, LEAD_URL, Visitor

KNOWN = "1788203411529304178"


def test_it_is_the_counters_own_text(anna: Visitor) -> None:
    given = anna.open(HOME).see("form.elements.ym_client_id").fields()["ym_client_id"]
    assert given == anna.client_id
    assert given.isdecimal()
    assert 17 <= len(given) <= 19
    assert [45000001, "getClientID"] in anna.page.evaluate("metricaLedger")


def test_a_counter_that_comes_after_the_tag_is_asked_all_the_same(anna: Visitor) -> None:
    held = anna.hold(COUNTER_URL)
    anna.open(HOME)
    assert "ym_client_id" not in anna.fields()
    anna.let_go(COUNTER_URL, held)
    anna.see("form.elements.ym_client_id")


def test_the_tag_may_come_before_the_counters_snippet(anna: Visitor) -> None:
    anna.open(f"{HOME}strict.html")
    assert "ym_client_id" not in anna.fields()
    anna.page.evaluate("ym(45000001, 'init', {})")
    anna.see("form.elements.ym_client_id")


class TestABlockedCounter:
    def test_a_lead_waits_a_moment_and_goes_without_it(self, anna: Visitor) -> None:
        anna.stop_clock()
        anna.block(COUNTER_URL)
        anna.arrive()
        anna.page.evaluate("leadloop('lead', { phone: '+7 999 000-00-20' }, (...told) => (window.told = told))")
        anna.let_pass(990)
        assert anna.bodies_to(LEAD_URL) == []
        anna.let_pass(10)
        sent, submission_id = anna.see("window.told").page.evaluate("told")
        assert sent
        [lead] = anna.served.leads(submission_id)
        assert (lead.ids.client_id, len(lead.keys)) == (None, 1)

    @pytest.mark.parametrize(
        "kept",
        [
            f"document.cookie = '_ym_uid={KNOWN}; path=/'",
            f"localStorage.setItem('_ym_uid', '\"{KNOWN}\"')",
        ],
    )
    def test_what_the_counter_kept_on_an_earlier_day_is_found(self, anna: Visitor, kept: str) -> None:
        anna.block(COUNTER_URL)
        anna.open(HOME)
        anna.page.evaluate(kept)
        assert anna.open(HOME).fields()["ym_client_id"] == KNOWN
        [lead] = anna.served.leads(anna.leave_lead(phone="+7 999 000-00-21")[1])
        assert lead.ids.client_id == KNOWN

    def test_one_that_answers_at_once_is_heard(self, anna: Visitor) -> None:
        anna.block(COUNTER_URL)
        anna.context.add_init_script(f"window.ym = (id, method, back) => method == 'getClientID' && back('{KNOWN}')")
        assert anna.open(HOME).fields()["ym_client_id"] == KNOWN

    @pytest.mark.parametrize(
        "said", ["1788203411529304178", "'17882 03'", "''", "null", "'123456789012345678901'", "{}"]
    )
    def test_what_is_no_client_id_is_none(self, anna: Visitor, said: str) -> None:
        """A number above all: as one, a ClientID has lost its last digits."""
        anna.block(COUNTER_URL)
        anna.context.add_init_script(f"window.ym = (id, method, back) => method == 'getClientID' && back({said})")
        anna.open(HOME)
        assert "ym_client_id" not in anna.fields()

    def test_a_counter_that_throws_hurts_nobody(self, anna: Visitor) -> None:
        anna.block(COUNTER_URL)
        anna.context.add_init_script("window.ym = () => { throw new Error('blocked') }")
        anna.open(f"{HOME}strict.html")
        anna.call("identify", "crm-4711")
        assert anna.see("form.elements.user_id").fields()["user_id"] == "crm-4711"


def test_without_a_counter_in_the_tag_nobody_is_asked(anna: Visitor) -> None:
    page = anna.served.site.page("plain.html").replace(' data-counter="45000001"', "")
    anna.serve(HOME, page)
    anna.open(HOME).see("window.metricaLedger")
    assert anna.leave_lead(phone="+7 999 000-00-22")[0]
    assert "getClientID" not in str(anna.page.evaluate("metricaLedger"))
