"""What docs/en/tag.md gives a reader to copy does in a browser what it says. The Russian page has the same code."""

from __future__ import annotations

import pytest
from playwright.sync_api import Error

from browser.visitors import HOME, VISIT_URL, Visitor
from support.guides import Block, guides

GUIDE = guides("en")["tag.md"]
PAGE = "<!doctype html><meta charset=utf-8>{head}<form method=post action=/send><input name=phone></form>"


def quoted(*words: str) -> str:
    """The one block that holds these words, with the host of the tests for the reader's."""
    [block] = [block for block in GUIDE.blocks if all(word in block.text for word in words)]
    return here(block)


def here(block: Block) -> str:
    return block.text.replace("https://leads.sokol.example", "http://leads.example")


@pytest.fixture
def boris(anna: Visitor) -> Visitor:
    """Somebody on a page that has the counter and nothing else."""
    anna.context.add_init_script(anna.served.site.counter(45000001))
    anna.context.add_init_script("window.shown = []; window.show = (what) => shown.push(what)")
    anna.serve(HOME, PAGE.format(head=""))
    return anna


def test_installing_stub_and_calls(boris: Visitor) -> None:
    calls = quoted('leadloop("lead"', 'leadloop("identify"')
    boris.serve(HOME, PAGE.format(head=quoted("leadloop.q") + f"<script>{calls}</script>" + quoted("async src")))
    boris.open(f"{HOME}").see("shown.length == 2 && form.elements.user_id")
    fields = boris.page.evaluate("shown.find(one => one.page)")
    assert (fields["user_id"], fields["ym_client_id"]) == ("crm-4711", boris.client_id)
    assert boris.page.evaluate("shown.includes(true)")
    [lead] = boris.served.leads_of(boris.client_id)
    assert (lead.form, lead.fields, lead.ids.user_id) == ("quiz", {"city": "Москва"}, "crm-4711")


def test_the_policy_is_the_strict_page_s(boris: Visitor) -> None:
    strict = boris.served.site.page("strict.html")
    for directive in quoted("form-action").strip().split("; "):
        name, *sources = directive.split(" ")
        given = next(line for line in strict.replace('"', ";").split(";") if line.strip().startswith(f"{name} "))
        assert set(sources) <= set(given.split())


def test_the_loader_where_scripts_need_trusted_types(boris: Visitor) -> None:
    policy = "require-trusted-types-for 'script'; trusted-types leadloop"
    boris.serve(HOME, PAGE.format(head=f'<meta http-equiv="Content-Security-Policy" content="{policy}">'))
    boris.page.goto(HOME)
    loader = quoted("loadLeadloop")
    with pytest.raises(Error, match="TrustedScriptURL"):
        boris.page.evaluate(f"() => {{ {loader} loadLeadloop() }}")
    boris.wait_until(lambda: boris.complaints)  # the browser says it in the console as well
    boris.complaints.clear()
    [plain] = [line for line in loader.splitlines() if "script.src" in line]
    mended = quoted("createPolicy") + loader.replace(plain, quoted("script.src = leadloopPolicy"))
    boris.page.evaluate(f"() => {{ {mended} loadLeadloop() }}")
    boris.see("form.elements.ym_client_id")


def test_after_consent_and_after_its_withdrawal(boris: Visitor) -> None:
    boris.page.goto(HOME)
    assert boris.page.evaluate("document.forms[0].elements.length") == 1
    boris.page.evaluate(f"() => {{ {quoted('loadLeadloop')} loadLeadloop() }}")
    boris.see("form.elements.ym_client_id")
    boris.call("identify", "crm-4711")
    boris.leave_lead(phone="+7 999 000-00-60")
    boris.wait_until(lambda: boris.beacons)
    with boris.page.expect_navigation():
        boris.page.evaluate(f"() => {{ {quoted('removeItem')} }}")
    assert boris.page.evaluate("document.forms[0].elements.length") == 1
    assert boris.page.evaluate("Object.keys(localStorage).concat(Object.keys(sessionStorage))") == ["_ym_uid"]
    assert boris.cookie("leadloop") is None
    assert [url for url, _ in boris.sent if url == VISIT_URL] == [VISIT_URL]
