"""The demo page: what it tells to do next, and that a form sent is confirmed."""

from __future__ import annotations

from html import unescape

import pytest
from werkzeug.test import Client

from leadloop_host.demo.hosting import index
from leadloop_host.demo.page import render
from support.stories import EXAMPLE

CONFIRMED = "Заявка принята."


def page(path: str) -> str:
    answer = Client(index("http://127.0.0.1:8080", "http://127.0.0.1:8081", "http://127.0.0.1:8082")).get(path)
    assert answer.content_type == "text/html; charset=utf-8"
    return answer.text


def test_a_form_that_was_sent_is_confirmed() -> None:
    assert CONFIRMED in page("/?sent=1")


@pytest.mark.parametrize("path", ["/", "/?sent=0", "/?sent=%3Cscript%3E", "/?other=1"])
def test_nothing_else_is_confirmed_and_nothing_is_echoed(path: str) -> None:
    told = page(path)
    assert CONFIRMED not in told
    assert "<script>" not in told


def test_it_tells_how_to_move_the_deal_to_a_status_of_the_example() -> None:
    order = '{"action":"move","lead_id":ID,"status_id":33929755}'
    assert f"curl -X POST http://127.0.0.1:8082/_stand_in/actions -d '{order}'" in unescape(page("/"))
    assert "33929755: qualified" in (EXAMPLE / "leadloop.yaml").read_text(encoding="utf-8")


def test_every_value_is_escaped() -> None:
    told = render("http://o/<o>", "http://m/<m>", "http://a/<a>", "<c>", sent=True)
    assert not [tag for tag in ("<o>", "<m>", "<a>", "<c>") if tag in told]
