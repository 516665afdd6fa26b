"""Where a form was sent from: what is noted of it, by keyed digests alone, and what is noted of nobody."""

from __future__ import annotations

import pytest

from leadloop.forms.body import read_fields
from leadloop.forms.builders import read_form
from leadloop.forms.callers import Caller
from leadloop.forms.desk import Desk
from leadloop.forms.sender import NOBODY, Sender, looks_made_up, sender_of
from leadloop.identity.keys import KeyRing
from leadloop.secrets import Secrets
from support.policies import HMAC_KEY, ORIGIN, sokol
from support.wsgi_names import environ_of

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
FORM = b'{"phone": "8 999 123-00-03", "submission_id": "s-1"}'
TILDA = b'{"phone": "8 999 123-00-03", "tranid": "1:2", "formid": "form12345"}'


def sender(
    address: str,
    agent: str = CHROME,
    languages: str = "ru",
    body: bytes = FORM,
    mode: str = "hash",
    ring: str = HMAC_KEY,
) -> Sender:
    headers = {"X-Forwarded-For": address, "User-Agent": agent, "Accept-Language": languages, "Origin": ORIGIN}
    policy = sokol(mode)
    if not languages:
        del headers["Origin"]
    post = read_form(read_fields(body, "application/json"), Desk(policy.forms, Secrets({})))
    return sender_of(Caller.of(environ_of(headers), policy.site), post, policy, KeyRing.read(ring))


class TestANetwork:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("203.0.113.7", "203.0.113.250"),
            ("203.0.113.7", "1.1.1.1, 203.0.113.8"),
            ("203.0.113.7", "203.0.113.99 "),
            ("203.0.113.7", "::ffff:203.0.113.9"),
            ("2001:db8:7:1::1", "2001:db8:7:ffff::9"),
            ("172.32.0.1", "172.32.0.9"),
        ],
    )
    def test_is_the_same_for_neighbours_as_the_nearest_proxy_saw_them(self, one: str, other: str) -> None:
        assert sender(one).network == sender(other).network is not None

    @pytest.mark.parametrize("other", ["203.0.112.7", "203.0.113.7, 198.51.100.1", "2001:db8:8::1", "2001:db8:7::1"])
    def test_is_another_elsewhere(self, other: str) -> None:
        known = {sender("203.0.113.7").network, sender("2001:db8:7:1::1").network if other != "2001:db8:7::1" else None}
        assert sender(other).network not in known

    @pytest.mark.parametrize(
        "address",
        [
            *("", " ", "unknown", "999.1.1.1", "1.2.3", "203.0.113.7:443", "203.0.113.7,", "a\x00b", "1" * 5000),
            *("10.0.0.1", "127.0.0.1", "192.168.1.1", "172.16.0.1", "172.31.255.1", "169.254.1.1"),
            *("::1", "fe80::1", "fc00::1", "fdff::1", "203.0.113.7, 10.0.0.2", "::ffff:10.0.0.1"),
        ],
    )
    def test_is_none_where_the_address_is_no_visitors(self, address: str) -> None:
        assert sender(address) == NOBODY

    def test_is_told_by_nobody_without_the_key(self) -> None:
        assert sender("203.0.113.7").network != sender("203.0.113.7", ring="k2:" + "cd" * 32).network
        assert "203" not in str(sender("203.0.113.7"))


class TestADevice:
    def test_is_a_browser_and_its_languages_in_a_network(self) -> None:
        known = sender("203.0.113.7")
        assert sender("203.0.113.9").device == known.device != known.network
        others = [sender("203.0.112.7"), sender("203.0.113.7", languages="en"), sender("203.0.113.7", CHROME + "1")]
        assert known.device not in {one.device for one in others}


class TestNothingIsNoted:
    def test_of_a_builders_server(self) -> None:
        assert sender("203.0.113.7", "python-requests/2.32", body=TILDA) == NOBODY

    def test_of_the_network_of_a_server_that_passes_forms_on(self) -> None:
        assert sender("203.0.113.7", "WordPress/6.8", languages="") == NOBODY

    def test_of_the_network_without_contacts(self) -> None:
        assert sender("203.0.113.7", mode="none") == NOBODY


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("python-requests/2.32.3", True),
        ("curl/8.9.1", True),
        (CHROME.replace("Chrome/", "HeadlessChrome/"), True),
        ("Mozilla/5.0 (Unknown; Linux) AppleWebKit/538.1 PhantomJS/2.1.1", True),
        (CHROME, False),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/18.6 Safari/604.1",
            False,
        ),
        ("okhttp/5.1", False),
        ("Mozilla/5.0 (compatible; YandexMetrika/2.0)", False),
        ("", False),
    ],
)
def test_programs_name_themselves(agent: str, expected: bool) -> None:
    assert sender("203.0.113.7", agent).is_automation is expected
    assert sender("", agent, mode="none").is_automation is expected


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        ("+79161111111", True),
        ("+7 (912) 345-67-89", True),
        ("8 987 654 32 10", True),
        ("+7 912 12 12 12 12", True),
        ("9 123 123 123", True),
        ("+7 999 000-00-03", False),
        ("+7 916 222-22-23", False),
        ("+7 921 121-21-20", False),
        ("+7 921 345-67-80", False),
        ("+7 903 765-12-09", False),
        ("", False),
        ("не скажу", False),
    ],
)
def test_numbers_that_get_past_a_form_are_known(phone: str, expected: bool) -> None:
    assert looks_made_up(phone) is expected
