"""A person opens the link of ``leadloop test-lead --wait`` and sends the site's own form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from browser.test_examples import fill_in
from browser.visitors import HOME, Visitor
from leadloop.cli import main, test_lead
from support.example_pages import ExamplePage
from support.policies import HMAC_KEY


@pytest.mark.parametrize("name", ["form.html", "fetch.html"])
def test_what_the_site_sends_is_told_and_is_no_lead(
    anna: Visitor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    def person() -> None:
        link = capsys.readouterr().err.splitlines()[1]
        page = ExamplePage.read(name).source.replace("https://leads.sokol.example", "http://leads.example")
        anna.serve(f"{HOME}{name}*", page)
        anna.context.add_init_script(anna.served.site.counter(45000001))
        anna.open(link, referrer="https://ya.ru/").see("form.elements.ym_client_id")
        fill_in(anna)
        if name == "form.html":
            anna.page.wait_for_url("**/spasibo")
        else:
            anna.page.wait_for_selector("text=Спасибо")
        anna.served.leads_of(anna.client_id)  # the host has nothing left to do

    monkeypatch.setenv("LEADLOOP_HMAC_KEY", HMAC_KEY)
    monkeypatch.setattr(test_lead, "pause", person)
    data = anna.served.host.data
    place = ["--policy", str(data.parent / "leadloop.yaml"), "--data", str(data)]
    code = main(["test-lead", *place, "--wait", "--page", f"{HOME}{name}?utm_source=yandex", "--json"])
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (code, told["ok"]) == (0, True)
    found = {one["rule"]: one["found"] for one in told["checks"]}
    assert found["test_lead.client_id"] == f"ClientID {anna.client_id}"
    assert found["test_lead.arrived"].startswith(f"arrived from sokol.example/{name}, form flat-request")
    assert "source yandex" in found["test_lead.source"]
    assert found["test_lead.contact"].startswith("keyed hashes of phone")
    assert anna.served.leads_of(anna.client_id) == []
