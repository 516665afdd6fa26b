"""What the tag tells of its own accord: who a visitor is, and that one who left a lead is back. Nothing else."""

from __future__ import annotations

from browser.visitors import COUNTER_URL, HOME, LEAD_URL, VISIT_URL, Visitor
from leadloop import tag

LEDGER = "metricaLedger.filter(call => /setUserID|userParams/.test(call[1]))"


def come_again(visitor: Visitor) -> Visitor:
    """A new session of the same browser."""
    visitor.page.close()
    visitor.new_tab()
    return visitor.open(HOME).see("form.elements.ym_client_id.value")


def test_a_visitor_who_left_nothing_is_not_told_of(anna: Visitor) -> None:
    anna.open(f"{HOME}?yclid=123&utm_source=yandex")
    anna.page.click("a")
    anna.see("form.elements.ym_client_id")
    anna.open(f"{HOME}search.html", until="document.forms.silent.elements.page")
    anna.page.fill("#search [name=q]", "двушка")
    anna.page.click("#search button")
    anna.page.wait_for_url("**/found?*")
    come_again(anna)
    assert anna.sent == []


class TestIdentify:
    def test_metrica_the_forms_and_the_host_learn_who_it_is_once_a_session(self, anna: Visitor) -> None:
        anna.open(f"{HOME}?yclid=123&utm_source=yandex").see("form.elements.ym_client_id")
        anna.call("identify", "crm-4711")
        assert anna.see("form.elements.user_id").fields()["user_id"] == "crm-4711"
        assert anna.page.evaluate(LEDGER) == [
            [45000001, "setUserID", "crm-4711"],
            [45000001, "userParams", {"UserID": "crm-4711"}],
        ]
        assert anna.open(f"{HOME}about").fields()["user_id"] == "crm-4711"
        anna.call("identify", "crm-4711")
        [visit] = anna.beacons
        assert (
            visit.items()
            >= {
                "ym_client_id": anna.client_id,
                "user_id": "crm-4711",
                "yclid": "123",
                "utm_source": "yandex",
                "page": f"{HOME}?yclid=123&utm_source=yandex",
                "landing": f"{HOME}?yclid=123&utm_source=yandex",
            }.items()
        )
        assert "submission_id" not in visit
        anna.wait_until(lambda: len(anna.served.visits_of(anna.client_id)) == 1)

    def test_it_is_told_when_the_counter_answers_however_late(self, anna: Visitor) -> None:
        anna.stop_clock()
        held = anna.hold(COUNTER_URL)
        anna.arrive()
        anna.call("identify", "crm-4711")
        anna.let_pass(60_000)
        anna.page.evaluate("new Promise(done => leadloop('fields', done))")  # the wait for the ClientID is over
        assert anna.beacons == []
        anna.let_go(COUNTER_URL, held)
        anna.see("metricaLedger.some(call => call[1] == 'getClientID')")
        anna.let_pass(50)
        anna.wait_until(lambda: len(anna.beacons) == 1)
        assert anna.beacons[0].items() >= {"user_id": "crm-4711", "ym_client_id": anna.client_id}.items()

    def test_another_person_is_told_of_and_one_who_leaves_is_forgotten(self, anna: Visitor) -> None:
        anna.open(HOME).see("form.elements.ym_client_id")
        for user in ("crm-1", 2, "crm-1"):
            anna.call("identify", user)
            anna.wait_until(lambda user=user: anna.beacons and anna.beacons[-1]["user_id"] == str(user))  # type: ignore[misc]
        anna.call("identify", "")
        assert anna.fields()["user_id"] == ""
        assert "user_id" not in anna.open(HOME).fields()
        assert len(anna.beacons) == 3

    def test_a_phone_or_an_e_mail_is_no_user_id(self, anna: Visitor) -> None:
        anna.open(HOME).see("form.elements.ym_client_id")
        for contact in ("+79990000050", "anna@sokol.example", None, 0):
            anna.call("identify", contact)
        assert anna.page.evaluate(LEDGER) == []
        assert "user_id" not in anna.fields()
        assert (anna.stored("leadloop_user") or "", anna.beacons) == ("", [])


class TestAVisitorWhoLeftALead:
    def test_each_later_session_is_told_once(self, anna: Visitor) -> None:
        anna.open(HOME).see("form.elements.ym_client_id")
        anna.leave_lead(phone="+7 999 000-00-51")
        assert anna.beacons == []
        for session in (1, 2):
            come_again(anna)
            anna.wait_until(lambda told=session: len(anna.beacons) == told)  # type: ignore[misc]
            anna.open(f"{HOME}about").see("form.elements.ym_client_id")
        assert [visit["ym_client_id"] for visit in anna.beacons] == [anna.client_id] * 2
        anna.wait_until(lambda: anna.served.visits_of(anna.client_id))
        assert len(anna.served.visits_of(anna.client_id)) == 1  # both on one day

    def test_a_form_with_a_phone_is_a_lead(self, anna: Visitor) -> None:
        anna.open(HOME).see("form.elements.ym_client_id")
        anna.page.fill("[name=phone]", "8 999 000 00 52")
        anna.page.click("button")
        anna.page.wait_for_url("**/send")
        anna.wait_until(lambda: len(anna.beacons) == 1)
        come_again(anna)
        anna.wait_until(lambda: len(anna.beacons) == 2)

    def test_without_a_client_id_there_is_nothing_to_tell(self, anna: Visitor) -> None:
        anna.block("http://mc.example/**")
        anna.open(HOME)
        anna.call("identify", "crm-4712")
        assert anna.leave_lead(phone="+7 999 000-00-53")[0]
        anna.open(f"{HOME}about")
        anna.page.evaluate("new Promise(done => leadloop('fields', done))")
        assert [url for url, _ in anna.sent] == [LEAD_URL]


def test_addresses_follow_from_the_scripts_own_or_are_given(anna: Visitor) -> None:
    """Cloud Functions with a prefix, the same on Cloud Run, and a tag that the site serves itself."""
    function = "https://europe-west1-sokol.cloudfunctions.net/acme-capture-visit"
    service = "https://acme-capture-visit-1a2b3c-ew.a.run.app"
    own = '/tag.js" data-visit="https://x.example/visits" data-lead="https://x.example/leads'
    for script, visit, lead in (
        (f"{function}/tag.js", function, "https://europe-west1-sokol.cloudfunctions.net/acme-capture-lead"),
        (f"{service}/tag.js", f"{service}/", "https://acme-capture-lead-1a2b3c-ew.a.run.app/"),
        (own, "https://x.example/visits", "https://x.example/leads"),
    ):
        page = anna.served.site.page("plain.html").replace(f"{VISIT_URL}/tag.js", script)
        anna.serve(HOME, page)
        anna.serve("**/tag.js", tag.script().decode(), "text/javascript")
        for url in (visit, lead):
            anna.serve(url, "{}", "application/json")
        anna.sent.clear()
        anna.open(HOME).see("form.elements.ym_client_id")
        anna.call("identify", f"crm {script}")
        assert anna.leave_lead(phone="+7 999 000-00-54")[0]
        assert [url for url, _ in anna.sent] == [visit, lead]
