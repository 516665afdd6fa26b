"""Promise 8: personal data stay where the owner wants them.

A person writes a name, a phone, an e-mail and a wish into every field that a form has, in every kind of body. Then the
loop runs to its end, and everything that was written, queued, logged, sent or answered is searched for them.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from urllib.parse import quote, unquote_plus, urlencode

import pytest
from werkzeug.test import TestResponse

from leadloop.identity.contact import open_contact
from leadloop.identity.sealing import unseal
from leadloop.ports.http import Http, HttpRequest, HttpResponse
from simulation.vendors import CRM_TOKEN, HOOK_SECRET, METRICA_TOKEN
from simulation.world import Company, OpenCompany
from support.form_cases import CASES, FormCase
from support.policies import HMAC_KEY, ORIGIN, SEAL_PRIVATE_KEY, WON
from support.watched_store import WatchedStore

NAME, PHONE, EMAIL, WISH = "Каналья Примерова", "+7 (999) 314-15-92", "kanalya@example.org", "секретное пожелание"
SIGNS = ("каналья", "примерова", "9993141592", "kanalya", "секретное")
CLIENT_ID = "1700000000123456789"
EVERYTHING = f"{NAME} {PHONE} {EMAIL} {WISH}"
PERSON = {"name": NAME, "phone": PHONE, "email": EMAIL, "comment": WISH, "as you like": EVERYTHING}
LINK = f"{ORIGIN}/u/{quote(EMAIL)}?lot=1&{urlencode(PERSON)}"
ELSEWHERE = {
    **{name: PHONE for name in ("city", "submission_id", "ym_client_id", "utm_term", "lot")},
    **{name: EMAIL for name in ("form", "user_id", "yclid", "gclid", "utm_content", "utm_campaign")},
    **{"page": LINK, "landing": LINK, "referrer": LINK, "rooms": EMAIL, "utm_source": PHONE, "utm_medium": EMAIL},
}
"""Fields that may travel, where only what looks like a contact can be told from what may stand there."""
TILDA = {"Name": NAME, "Phone": PHONE, "Email": EMAIL, "Textarea": WISH, "formid": "form1", "tranid": "467251:8442970"}
COOKIES = {"COOKIES": f"_ym_uid={quote(PHONE)}; name={quote(NAME)}; TILDAUTM=utm_source%3D{quote(EMAIL)}"}


def multipart(fields: dict[str, str]) -> bytes:
    part = '--edge\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    return ("".join(part.format(*field) for field in fields.items()) + "--edge--\r\n").encode()


FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=edge"
READABLE = [
    (json.dumps({**PERSON, "submission_id": "kept-1", "ym_client_id": CLIENT_ID}).encode(), "application/json"),
    (json.dumps({**PERSON, **ELSEWHERE}, ensure_ascii=False).encode(), "application/json"),
    (urlencode({**PERSON, **ELSEWHERE}).encode(), FORM),
    (multipart({**PERSON, **ELSEWHERE}), MULTIPART),
    (urlencode({**TILDA, **COOKIES}).encode(), FORM),
]
UNREADABLE = [
    (json.dumps(PERSON)[:-1].encode(), "application/json"),
    (EVERYTHING.encode(), f"text/{quote(NAME)}"),
    (EVERYTHING.encode("cp1251"), "text/plain; charset=windows-1251"),
]


@pytest.mark.parametrize("mode", ["none", "hash", "keep"])
def test_nothing_personal_is_seen_after_the_whole_loop(
    mode: str, open_company: OpenCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = open_company(mode)
    seen = _watch(company, monkeypatch)
    if mode != "keep":  # the site tells its CRM by itself
        company.act("create_lead", name="Сделка", contact_name=NAME, phone=PHONE, fields={"_YM_UID": CLIENT_ID})
    for body, content_type in (*READABLE, *UNREADABLE):
        company.send_bytes(body, content_type)
        company.settle()
        company.clock.advance(minutes=1)
    company.system.call("receive-crm-event", path=f"/amocrm/{HOOK_SECRET}", data=EVERYTHING, content_type="text/plain")
    company.live(hours=1)
    first = company.lead(company.answered[0].lead_id or "").state(company.policy)
    company.act("move", lead_id=int((first.crm_ref or "").removeprefix("amocrm-lead-")), status_id=int(WON))
    company.run_out()
    assert {target for _, target, _ in company.counted()} >= {"lead_received", "flat_sold"}, "the loop did not close"
    assert len(company.system.documents("quarantine")) == len(UNREADABLE) + 1
    seen["log"] = [str(entry) for entry in company.system.log.entries]
    seen["message"] = [one.message.model_dump_json() for one in company.system.queue.published]
    assert all(seen.values())
    assert set(seen) == {"answer", "log", "message", "stored", "to amocrm", "to metrica"}
    found = {where for where, texts in seen.items() if (text := _plain(texts)) and any(sign in text for sign in SIGNS)}
    assert found == ({"to amocrm"} if mode == "keep" else set())


def test_only_the_owner_reads_what_is_kept(open_company: OpenCompany) -> None:
    company = open_company("keep")
    company.send_bytes(*READABLE[0])
    for unreadable in UNREADABLE:
        company.send_bytes(*unreadable)
    company.settle()
    kept = [unseal(SEAL_PRIVATE_KEY, str(one.fields["body_sealed"])) for one in company.system.documents("quarantine")]
    assert sorted(kept) == sorted(body for body, _ in UNREADABLE)
    [sent] = [one.lead_id for one in company.answered if one.lead_id]
    contact = open_contact(SEAL_PRIVATE_KEY, company.lead(sent).state(company.policy).contact_sealed or "")
    assert (contact.name, contact.phones, contact.emails) == (NAME, ("+79993141592",), (EMAIL,))
    assert WISH in contact.comment


@pytest.mark.parametrize("mode", ["none", "hash", "keep"])
def test_what_a_vendor_or_a_stranger_quotes_is_not_repeated(
    mode: str, open_company: OpenCompany, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Error pages, webhooks and messages from anywhere hold the contacts; so does what the bus would not take."""
    company = open_company(mode)
    seen = _watch(company, monkeypatch)
    for vendor, path in (("amocrm", "/api/"), ("metrica", "/upload$"), ("metrica", "/goals$")):
        for status in (400, 502):
            company.vendors.break_(vendor, "status", status=status, html=f"<html>{EVERYTHING}</html>", path=path)
    company.system.queue.failing = True
    company.system.call("capture-lead", data=READABLE[0][0], content_type="application/json")
    company.system.queue.failing = False
    for hook in (f"leads[update][0][name]={quote(NAME)}", f"contacts[note][0][text]={quote(PHONE)}", EVERYTHING):
        company.post_hook(hook.encode())
    for function in ("register-lead", "read-crm", "deliver-lead", "keep-dead-letter"):
        company.system.call(function, data=EVERYTHING.encode())
    company.live(hours=20)
    assert company.counted(), "the loop did not close"
    seen["log"] = [str(entry) for entry in company.system.log.entries]
    seen["output"] = list(capfd.readouterr())
    found = {where for where, texts in seen.items() if any(sign in _plain(texts) for sign in SIGNS)}
    assert found == ({"to amocrm"} if mode == "keep" else set())
    secrets = (CRM_TOKEN, METRICA_TOKEN, HOOK_SECRET, HMAC_KEY.partition(":")[2], SEAL_PRIVATE_KEY)
    resting = " ".join(text for where in ("log", "stored", "answer", "output") for text in seen[where])
    assert [secret for secret in secrets if secret in resting] == []


@pytest.mark.parametrize("case", CASES)
def test_no_contact_of_a_builders_form_travels_in_clear(case: str, open_company: OpenCompany) -> None:
    """The golden bodies of every builder, with whatever contacts they have."""
    form = FormCase.read(case)
    contacts = {contact.partition(":")[2].removeprefix("+7") for contact in form.contacts} - {""}
    for mode in ("none", "hash", "keep"):
        company = open_company(mode)
        company.system.call("capture-lead", data=form.body, headers=form.headers)
        seen = [one.message.model_dump_json() for one in company.system.queue.published]
        seen += [str(entry) for entry in company.system.log.entries]
        assert [contact for contact in contacts for text in seen if contact in text] == [], mode


def test_in_the_mode_none_contacts_of_the_crm_are_not_even_asked_for(open_company: OpenCompany) -> None:
    company = open_company("none")
    made = company.act("create_lead", name="Сделка", contact_name=NAME, phone=PHONE)
    company.live(hours=1)
    company.act("edit_contact", contact_id=made["contact_id"], name=f"{NAME} 2")
    company.act("delete", lead_id=made["lead_id"])
    company.run_out()
    asked = [entry.target for entry in company.vendors.amocrm.journal.entries]
    assert [target for target in asked if "/contacts" in target] == []


def _watch(company: Company, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Whatever leadloop writes, answers or sends from now on, by where it goes."""
    seen: dict[str, list[str]] = defaultdict(list)
    system = company.system
    call = system.call

    def answered(*arguments: object, **request: object) -> TestResponse:
        answer = call(*arguments, **request)  # type: ignore[arg-type]
        seen["answer"].append(f"{answer.status} {answer.headers} {answer.get_data(as_text=True)}")
        return answer

    monkeypatch.setattr(system, "call", answered)
    system.store = WatchedStore(system.store, lambda writes: seen["stored"].extend(map(str, writes)))
    system.runtime.http = _WatchedHttp(system.runtime.http, seen)
    return seen


def _plain(texts: Sequence[str]) -> str:
    """Their letters and digits as a person would read them, without escapes and the signs within a number."""
    text = " ".join(texts)
    shown = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), f"{text} {unquote_plus(text)}")
    return re.sub(r"[ ()+-]", "", shown).casefold()


class _WatchedHttp:
    def __init__(self, http: Http, seen: dict[str, list[str]]) -> None:
        self._http = http
        self._seen = seen

    def send(self, request: HttpRequest) -> HttpResponse:
        body = (request.body or b"").decode("utf-8", "replace")
        self._seen[f"to {request.vendor}"].append(f"{request.url} {request.params} {request.headers} {body}")
        return self._http.send(request)
