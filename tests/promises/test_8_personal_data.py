"""Promise 8: personal data stay where the owner wants them.

A form, a CRM contact, a webhook and a vendor's error page all hold the same canaries, in every spelling; then
everything that rests, travels, is logged, answered or sent to a vendor is searched for them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote, quote_plus

import pytest

from leadloop.identity.contact import open_contact
from leadloop.ports.http import Http, HttpRequest, HttpResponse
from simulation.vendors import CRM_TOKEN, HOOK_SECRET, METRICA_TOKEN
from simulation.world import Company, OpenCompany
from support.form_cases import CASES, FormCase
from support.policies import HMAC_KEY, NEW, ORIGIN, QUALIFIED, SEAL_PRIVATE_KEY

NAME, COMMENT, EMAIL, PHONE = "Каналья Примерова", "секретное пожелание", "kanalya@example.org", "+7 (999) 000-00-03"
CANARIES = tuple(
    spelling
    for text in ("Каналья", "секретное", "kanalya", "0000003", "000-00-03", "000 00 03")
    for spelling in {text, quote(text), quote_plus(text), text.encode("unicode_escape").decode()}
)
SECRETS = (CRM_TOKEN, METRICA_TOKEN, HOOK_SECRET, HMAC_KEY.partition(":")[2], SEAL_PRIVATE_KEY)
SHAPES = ("json", "urlencoded", "multipart", "tilda", "broken", "too large")


class Place(NamedTuple):
    """Somewhere a canary might be seen."""

    name: str
    text: str


class Tap:
    """An ``Http`` that keeps what was sent to vendors."""

    def __init__(self, http: Http) -> None:
        self.sent: list[HttpRequest] = []
        self._http = http

    def send(self, request: HttpRequest) -> HttpResponse:
        self.sent.append(request)
        return self._http.send(request)


@pytest.mark.parametrize("mode", ["none", "hash", "keep"])
def test_no_canary_is_seen_anywhere(mode: str, open_company: OpenCompany, capfd: pytest.CaptureFixture[str]) -> None:
    company = open_company(mode, defaults={"body_cap": 4096})
    tap = Tap(company.vendors.http)
    company.system.runtime.http = tap
    answers = list(_a_day_full_of_contacts(company))
    company.run_out()
    places = [*_places(company, tap, mode), *(Place("answer", text) for text in answers)]
    places.append(Place("output", "".join(capfd.readouterr())))
    assert [(place.name, canary) for place in places for canary in CANARIES if canary in place.text] == []
    assert [place.name for place in places for secret in SECRETS if secret in place.text] == []
    assert company.system.totals("leads") >= len(SHAPES) - 2, "nothing was captured, so nothing was proven"


def test_in_the_mode_keep_the_crm_gets_what_the_visitor_typed(open_company: OpenCompany) -> None:
    company = open_company("keep")
    sent = company.send_form(**_form("keep"))
    sealed = company.system.queue.published[0].message.model_dump()["submission"]["contact_sealed"]
    company.live(hours=1)
    contact = open_contact(SEAL_PRIVATE_KEY, sealed)
    assert (contact.name, contact.phones, contact.emails) == (NAME, ("+79990000003",), (EMAIL,))
    [held] = company.vendors.crm_book()["contacts"]
    assert (held["name"], held["fields"]["PHONE"], held["fields"]["EMAIL"]) == (NAME, "+79990000003", EMAIL)
    assert company.deal_of(str(sent.lead_id))


@pytest.mark.parametrize("mode", ["none", "hash"])
def test_in_the_other_modes_nothing_sealed_travels_that_could_be_read(mode: str, open_company: OpenCompany) -> None:
    company = open_company(mode)
    sent = company.send_form(**_form(mode))
    company.settle()
    assert sent.lead_id
    [message] = [one.message for one in company.system.queue.published if one.topic == "submissions"]
    submission = message.model_dump()["submission"]
    assert submission["contact_sealed"] is None
    assert bool(submission["keys"]) == (mode == "hash")


@pytest.mark.parametrize("case", CASES)
def test_no_contact_of_a_builders_form_travels_in_clear(case: str, open_company: OpenCompany) -> None:
    """The golden bodies of every builder, with whatever contacts they have."""
    form = FormCase.read(case)
    contacts = {contact.partition(":")[2].removeprefix("+7") for contact in form.contacts} - {""}
    for mode in ("none", "hash", "keep"):
        company = open_company(mode)
        company.system.call("capture-lead", data=form.body, headers=form.headers)
        company.mail.collect()
        seen = [one.message.model_dump_json() for one in company.system.queue.published]
        seen += [str(entry) for entry in company.system.log.entries]
        assert [one for one in contacts for text in seen if one in text] == [], mode


def test_in_the_mode_none_contacts_of_the_crm_are_not_even_asked_for(open_company: OpenCompany) -> None:
    company = open_company("none")
    for _ in _a_day_full_of_contacts(company):
        pass
    company.run_out()
    asked = [entry.target for entry in company.vendors.amocrm.journal.entries]
    assert [target for target in asked if "/contacts" in target] == []


def _a_day_full_of_contacts(company: Company) -> Iterator[str]:
    """Forms of every shape, a deal with a contact, its webhooks, and vendors that quote what they were told."""
    for shape in SHAPES:
        for body, content_type in _posts(shape):
            headers = {"Origin": ORIGIN, "Content-Type": content_type}
            answer = company.system.call("capture-lead", data=body, headers=headers)
            assert answer.status_code == 200
            yield answer.get_data(as_text=True)
            company.clock.advance(minutes=61)
    company.system.queue.failing = True
    yield company.system.call("capture-lead", json=_form("spool")).get_data(as_text=True)
    company.system.queue.failing = False
    made = company.act("create_lead", name=NAME, status_id=int(NEW), contact_name=NAME, phone=PHONE, email=EMAIL)
    page = f"<html>{NAME} {PHONE} {EMAIL}</html>"
    company.vendors.break_("amocrm", "status", status=400, html=page, path="/leads/complex", times=2)
    company.vendors.break_("metrica", "status", status=400, html=page, path="/upload$")
    company.live(hours=20)
    company.act("move", lead_id=made["lead_id"], status_id=int(QUALIFIED))
    company.act("edit_contact", contact_id=made["contact_id"], name=f"{NAME} 2")
    for hook in (f"leads[update][0][name]={quote(NAME)}", f"contacts[note][0][text]={quote(PHONE)}", page):
        company.post_hook(hook.encode())
    for function in ("register-lead", "read-crm", "deliver-lead", "keep-dead-letter"):
        foreign = json.dumps(_form(function), ensure_ascii=False).encode()
        yield company.system.call(function, data=foreign).get_data(as_text=True)
    company.live(hours=20)


def _posts(shape: str) -> Iterator[tuple[bytes, str]]:
    form = _form(shape)
    urlencoded = "&".join(f"{quote(name)}={quote_plus(value)}" for name, value in form.items()).encode()
    match shape:
        case "json":
            yield json.dumps(form).encode(), "application/json"
        case "urlencoded":
            yield urlencoded, "application/x-www-form-urlencoded"
        case "multipart":
            head = '--x\r\nContent-Disposition: form-data; name="'
            parts = [f'{head}{name}"\r\n\r\n{value}\r\n' for name, value in form.items()]
            yield ("".join(parts) + "--x--\r\n").encode(), "multipart/form-data; boundary=x"
        case "tilda":
            yield b"tranid=1:2&" + urlencoded, "application/x-www-form-urlencoded"
        case "broken":
            yield json.dumps(form, ensure_ascii=False).encode()[:-1], f"text/{NAME}".encode().decode("latin-1")
            yield f"{NAME} {PHONE} {EMAIL}".encode(), "text/plain"
        case _:
            yield json.dumps({**form, "more": f"{NAME} " * 2000}).encode(), "application/json"


def _form(shape: str) -> dict[str, str]:
    """Contacts in every place where a page, a script or a person has ever put them."""
    query = f"?lot=1&phone={quote(PHONE)}&email={quote(EMAIL)}&name={quote(NAME)}"
    return {
        "name": NAME,
        "phone": PHONE,
        "email": EMAIL,
        "comment": COMMENT,
        "Textarea_2": COMMENT,
        "as_you_like": f"{shape} {NAME} {PHONE} {EMAIL}",
        "city": PHONE,
        "rooms": EMAIL,
        "form": EMAIL,
        "submission_id": f"{shape} {PHONE}",
        "user_id": EMAIL,
        "ym_client_id": "1700000000123456789",
        "yclid": EMAIL,
        "gclid": EMAIL,
        "utm_source": "yandex",
        "utm_content": EMAIL,
        "utm_term": PHONE,
        "page": f"{ORIGIN}/u/{quote(EMAIL)}/{query}&lot={quote(PHONE)}&utm_campaign={quote(PHONE)}",
        "landing": f"{ORIGIN}/{query}",
        "referrer": f"https://mail.example/{quote(PHONE)}{query}",
        "COOKIES": f"_ym_uid={PHONE}; name={quote(NAME)}; TILDAUTM=utm_source%3D{quote(EMAIL)}",
    }


def _places(company: Company, tap: Tap, mode: str) -> Iterator[Place]:
    """Everything that rests, was published, was logged, and was sent to vendors."""
    for name, rest in vars(company.system.store).items():
        yield Place(f"store {name}", repr(rest))
    for published in company.system.queue.published:
        yield Place(f"message {published.message.type}", published.message.model_dump_json())
    for entry in company.system.log.entries:
        yield Place(f"log {entry.event}", repr(entry))
    for request in tap.sent:
        if mode == "keep" and request.operation == "create_lead":
            continue  # the one place a contact is meant to go
        shown = {name: value for name, value in request.headers.items() if name != "Authorization"}
        body = (request.body or b"").decode("utf-8", "replace")
        yield Place(f"call {request.operation}", f"{request.url} {request.params} {shown} {body}")
