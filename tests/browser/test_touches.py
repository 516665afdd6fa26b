"""Where a visitor came from: what the tag takes of an arrival, where it keeps it, and for how long."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote, urlencode

import pytest

from browser.visitors import HOME, Visitor, Visitors
from leadloop import tag
from leadloop.forms.sieve import CLICK_IDS, MAX_TAG
from leadloop.identity.contact_signs import looks_like_contact

YCLID = "18446744073709551615"
CAMPAIGN = f"{HOME}flats/?utm_source=yandex&utm_medium=cpc&utm_campaign=sokol-2k&yclid={YCLID}"
SUSPECTS = (
    *("anna@sokol.example", "anna%40sokol.example", "+79990000001", "8 (999) 000-00-01", "9990000001"),
    *("tel-7-495-000-00-01", "+44 20 7946 0958", "%2B7%20999%20000%2000%2001", "call 89990000001 now"),
    *("5012345678.9012345678", "sokol-2k", "2026-09-01", "7325873983740247041", "@sokol", "79990"),
)
BARE = {"submission_id", "ym_client_id", "page", "landing", "first_landing", "name", "phone"}
CLOSED_STORAGE = """
    for (const name of ["localStorage", "sessionStorage"])
        Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError"); } });
"""
NO_COOKIES = "Object.defineProperty(document, 'cookie', { get: () => '', set() {} });"


class TestOneArrival:
    def test_its_click_is_in_the_form_the_storage_and_a_cookie_of_the_whole_site(self, anna: Visitor) -> None:
        began = time.time()
        anna.open(CAMPAIGN, referrer="https://yandex.example/search/?text=flats")
        fields = anna.see("form.elements.ym_client_id").fields()
        tags = {"utm_source": "yandex", "utm_medium": "cpc", "utm_campaign": "sokol-2k", "yclid": YCLID}
        assert tags.items() <= fields.items()
        assert fields["page"] == fields["landing"] == fields["first_landing"] == CAMPAIGN
        assert fields["referrer"] == fields["first_referrer"] == "https://yandex.example/search/"
        cookie = anna.cookie("leadloop")
        assert cookie is not None
        assert cookie["value"] == anna.stored("leadloop")
        assert {"domain": ".sokol.example", "path": "/", "sameSite": "Lax"}.items() <= cookie.items()
        assert timedelta(days=90) == timedelta(days=round((cookie["expires"] - began) / 86400))
        assert [found["name"] for found in anna.context.cookies() if "ym" not in found["name"]] == ["leadloop"]

    def test_without_tags_there_are_no_empty_fields(self, anna: Visitor) -> None:
        assert anna.open(HOME).see("form.elements.ym_client_id").fields().keys() == BARE

    def test_every_click_id_is_known_and_ysclid_is_none(self, anna: Visitor) -> None:
        clicks = {name: f"click-{place}" for place, name in enumerate(CLICK_IDS)}
        query = "&".join(f"{name}={value}" for name, value in {**clicks, "ysclid": "ksil7dwgjm"}.items())
        fields = anna.open(f"{HOME}?{query}").fields()
        assert clicks.items() <= fields.items()
        assert "ysclid" not in fields
        assert "ysclid" not in fields["landing"]
        assert "ysclid" not in (anna.stored("leadloop") or "")

    def test_what_direct_failed_to_fill_in_is_empty_and_case_means_nothing(self, anna: Visitor) -> None:
        query = "UTM_Source=yandex&utm_term={keyword}&utm_content=%7Bgbid%7D&utm_campaign={x}.7&YCLID=123456"
        fields = anna.open(f"{HOME}?{query}").see("form.elements.ym_client_id").fields()
        found = {name: value for name, value in fields.items() if name.startswith(("utm", "y"))}
        assert found.pop("ym_client_id") == anna.client_id
        assert found == {"utm_source": "yandex", "utm_campaign": ".7", "yclid": "123456"}

    def test_a_redirect_on_the_way_loses_nothing(self, anna: Visitor) -> None:
        fields = anna.open(f"{HOME}moved?{urlencode({'to': CAMPAIGN})}").fields()
        assert (fields["landing"], fields["yclid"]) == (CAMPAIGN, YCLID)

    def test_a_router_that_tidies_the_address_up_is_too_late(self, anna: Visitor) -> None:
        anna.context.add_init_script("history.replaceState({}, '', '/')")
        fields = anna.open(CAMPAIGN).fields()
        assert (fields["page"], fields["landing"], fields["yclid"]) == (HOME, CAMPAIGN, YCLID)

    @pytest.mark.parametrize("times", [8, 20])
    def test_long_tags_stay_as_whole_as_leadloop_takes_them_and_never_burst_a_cookie(
        self, anna: Visitor, times: int
    ) -> None:
        term = "двухкомнатная квартира " * times
        anna.open(f"{HOME}?utm_source=yandex&utm_term={term}&yclid={YCLID}")
        assert anna.fields()["utm_term"].strip() == term[:MAX_TAG].strip()
        cookie = anna.cookie("leadloop")
        assert cookie is None or len(cookie["value"]) < 2000
        assert len(anna.stored("leadloop") or "") > 2000
        anna.open(f"{HOME}other")
        assert anna.fields()["utm_term"].strip() == term[:MAX_TAG].strip()

    def test_on_https_the_cookie_is_secure(self, anna: Visitor) -> None:
        page = anna.served.site.page("plain.html").replace("http://", "https://")
        anna.serve("https://sokol.example/", page)
        anna.serve("https://leads.example/**", tag.script().decode(), "text/javascript")
        anna.block("https://mc.example/**")
        anna.open("https://sokol.example/")
        cookie = anna.cookie("leadloop")
        assert cookie is not None
        assert cookie["secure"]


class TestPersonalData:
    def test_it_judges_as_the_server_does(self, anna: Visitor) -> None:
        marked = {f"utm_{place}": text for place, text in enumerate(SUSPECTS)}
        fields = anna.open(f"{HOME}?{urlencode(marked)}").fields()
        assert {one for one in marked if one not in fields} == {
            one for one in marked if looks_like_contact(marked[one])
        }
        anna.open(f"{HOME}{'/'.join(quote(unquote(text)) for text in SUSPECTS)}?utm_source=path")
        kept = unquote(anna.touches[1][1]).removeprefix(HOME).removesuffix("?utm_source=path").split("/")
        assert kept == [unquote(text) for text in SUSPECTS if not looks_like_contact(text)]

    def test_what_is_not_known_by_name_is_not_remembered(self, anna: Visitor) -> None:
        anna.open(f"{HOME}reset;jsessionid=secret?token=secret&utm_source=mail&name=Anna#secret")
        assert anna.touches[1][1] == f"{HOME}reset?utm_source=mail"


class TestSeveralArrivals:
    def test_the_last_follows_campaigns_and_the_first_stays(self, anna: Visitor) -> None:
        anna.open(CAMPAIGN, referrer="https://yandex.example/")
        anna.open(f"{HOME}about")
        anna.open(f"{HOME}prices", referrer=f"{HOME}about")
        assert [touch[1] for touch in anna.touches] == [CAMPAIGN, CAMPAIGN]
        letter = f"{HOME}?utm_source=letter"
        fields = anna.open(letter).fields()
        assert (fields["first_landing"], fields["landing"]) == (CAMPAIGN, letter)
        assert fields["utm_source"] == "letter"
        assert "yclid" not in fields

    def test_a_foreign_referrer_is_an_arrival_and_a_subdomain_is_none(self, anna: Visitor) -> None:
        anna.open(CAMPAIGN)
        for own in ("http://lk.sokol.example/cabinet", "http://www.sokol.example/"):
            anna.open(f"{HOME}pay", referrer=own)
        assert anna.touches[1][1] == CAMPAIGN
        fields = anna.open(f"{HOME}review", referrer="http://notsokol.example/flats").fields()
        assert (fields["landing"], fields["referrer"]) == (f"{HOME}review", "http://notsokol.example/flats")
        assert "yclid" not in fields

    def test_subdomains_share_what_is_known(self, anna: Visitor) -> None:
        anna.open(CAMPAIGN)
        fields = anna.open("http://lk.sokol.example/").fields()
        assert (fields["first_landing"], fields["yclid"]) == (CAMPAIGN, YCLID)

    def test_a_first_visit_without_tags_is_first_all_the_same(self, anna: Visitor) -> None:
        anna.open(HOME)
        fields = anna.open(CAMPAIGN).fields()
        assert (fields["first_landing"], fields["landing"]) == (HOME, CAMPAIGN)


class TestStorage:
    def test_each_place_restores_the_other(self, anna: Visitor) -> None:
        anna.open(CAMPAIGN)
        known = anna.stored("leadloop")
        anna.context.clear_cookies()
        anna.open(f"{HOME}about")
        cookie = anna.cookie("leadloop")
        assert cookie is not None
        assert cookie["value"] == anna.stored("leadloop") == known
        anna.page.evaluate("localStorage.clear()")
        anna.open(f"{HOME}prices")
        assert anna.stored("leadloop") == known

    @pytest.mark.parametrize("spoilt", ["", "null", "#####", "1788203411529#x", '{"first": 1}', "1#http://x/##1#y#"])
    def test_what_cannot_be_read_is_as_good_as_nothing(self, anna: Visitor, spoilt: str) -> None:
        anna.open(HOME)
        anna.context.clear_cookies()
        anna.page.evaluate("text => localStorage.setItem('leadloop', text)", spoilt)
        assert anna.open(CAMPAIGN).fields()["first_landing"] == CAMPAIGN

    @pytest.mark.parametrize("closed", [CLOSED_STORAGE, NO_COOKIES, CLOSED_STORAGE + NO_COOKIES])
    def test_closed_storage_costs_only_the_memory(self, anna: Visitor, closed: str) -> None:
        anna.context.add_init_script(closed)
        fields = anna.open(CAMPAIGN, referrer="https://ya.example/").fields()
        assert (fields["yclid"], fields["landing"], fields["referrer"]) == (YCLID, CAMPAIGN, "https://ya.example/")

    def test_the_first_touch_lives_90_days_and_then_the_oldest_that_is_left_follows(self, visitors: Visitors) -> None:
        today = datetime.now(UTC)
        vera = visitors.new()

        def come(days: float, url: str) -> list[str]:
            vera.page.clock.set_fixed_time(today + timedelta(days=days))
            vera.open(url)
            return [touch[1] for touch in vera.touches]

        letter = f"{HOME}?utm_source=letter"
        assert come(-89.9, CAMPAIGN) == [CAMPAIGN, CAMPAIGN]
        assert come(-30, letter) == [CAMPAIGN, letter]
        assert come(0, HOME) == [CAMPAIGN, letter]
        assert come(0.2, HOME) == [letter, letter]
        assert come(61, HOME) == [HOME, HOME]
