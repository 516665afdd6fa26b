"""Who may call what on the one-machine host."""

from __future__ import annotations

import pytest

from leadloop_host.access import anyone, local_caller, local_viewer, nobody_here

LOCAL = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8080"}


@pytest.mark.parametrize(
    "caller",
    [
        LOCAL,
        {"REMOTE_ADDR": "127.0.0.9", "HTTP_HOST": "localhost:8080"},
        {"REMOTE_ADDR": "::1", "HTTP_HOST": "[::1]:8080"},
        {"REMOTE_ADDR": "::ffff:127.0.0.1", "HTTP_HOST": "127.0.0.1"},
        {**LOCAL, "HTTP_ORIGIN": "http://127.0.0.1:8080", "HTTP_SEC_FETCH_SITE": "same-origin"},
        {**LOCAL, "HTTP_SEC_FETCH_SITE": "none"},
    ],
)
def test_programs_and_own_pages_on_this_machine_may_call(caller: dict[str, str]) -> None:
    assert local_caller(caller)
    assert local_viewer(caller)


@pytest.mark.parametrize(
    ("caller", "rule"),
    [
        ({"REMOTE_ADDR": "192.0.2.7", "HTTP_HOST": "127.0.0.1:8080"}, "access.not_local"),
        ({"REMOTE_ADDR": "", "HTTP_HOST": "127.0.0.1:8080"}, "access.not_local"),
        ({"REMOTE_ADDR": "::ffff:192.0.2.7", "HTTP_HOST": "localhost"}, "access.not_local"),
        ({**LOCAL, "HTTP_X_FORWARDED_FOR": "192.0.2.7"}, "access.proxied"),
        ({**LOCAL, "HTTP_FORWARDED": "for=192.0.2.7"}, "access.proxied"),
        ({**LOCAL, "HTTP_HOST": "rebound.example:8080"}, "access.foreign_host"),
        ({**LOCAL, "HTTP_HOST": "[bad"}, "access.foreign_host"),
        ({**LOCAL, "HTTP_ORIGIN": "https://shop.example"}, "access.cross_site"),
        ({**LOCAL, "HTTP_ORIGIN": "http://127.0.0.1:9001"}, "access.cross_site"),
        ({**LOCAL, "HTTP_ORIGIN": "null"}, "access.cross_site"),
        ({**LOCAL, "HTTP_ORIGIN": "http://[bad"}, "access.cross_site"),
        ({**LOCAL, "HTTP_SEC_FETCH_SITE": "cross-site"}, "access.cross_site"),
        ({**LOCAL, "HTTP_SEC_FETCH_SITE": "same-site"}, "access.cross_site"),
    ],
)
def test_everybody_else_is_refused_with_the_rule(caller: dict[str, str], rule: str) -> None:
    verdict = local_caller(caller)
    assert not verdict
    assert verdict.rule == rule


def test_a_page_may_be_reached_by_a_link_from_another_site() -> None:
    assert local_viewer({**LOCAL, "HTTP_SEC_FETCH_SITE": "cross-site"})


def test_public_means_anyone_and_the_port_for_proxies_knows_nothing_else() -> None:
    assert anyone({"REMOTE_ADDR": "192.0.2.7"})
    assert nobody_here(LOCAL).rule == "access.public_only"
