"""Promise 6: nothing is dropped silently: every submission, hint, conversion and upload row ends with a named outcome,
and the counts add up to the intake.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from leadloop.conversions.context import UploadContext
from leadloop.conversions.leaves import leaf_of
from leadloop.conversions.ledger import UploadLedger
from leadloop.report.explanation import explain
from simulation import books
from simulation.vendors import HOOK_SECRET
from simulation.world import Company, OpenCompany
from support.policies import LOST, NEW, PIPELINE, QUALIFIED

ANNA, BORIS, VERA = "1700000000123456789", "1700000000123456790", "1700000000123456791"
SITE: tuple[tuple[str, bytes], ...] = (
    ("applied", b'{"submission_id": "a", "phone": "8 999 000-00-03", "ym_client_id": "1700000000123456789"}'),
    ("duplicate", b'{"submission_id": "a", "phone": "8 999 000-00-03", "ym_client_id": "1700000000123456789"}'),
    ("applied", b'{"submission_id": "a", "phone": "8 999 000-00-03", "yclid": "777"}'),
    ("applied", b'{"submission_id": "a", "phone": "8 999 000-00-04"}'),
    ("applied", b'{"phone": "8 999 000-00-05", "ym_client_id": "1.7E+18"}'),
    ("quarantined", b'{"phone": "8 999 000-00-06"'),
    ("quarantined", b""),
)
CRM: tuple[tuple[str, bytes], ...] = (
    ("applied", b"leads[update][0][id]=30052001&leads[update][0][status_id]=70012"),
    ("applied", b"leads[update][0][id]=30052001&leads[update][0][status_id]=70012"),
    ("applied", b"task[add][0][id]=5&task[add][0][text]=call"),
    ("quarantined", b"leads[update][0][id]=not-a-number"),
    ("quarantined", b"\xff\xfe\x00"),
)


def test_what_came_in_ended_in_one_way_each(open_company: OpenCompany) -> None:
    company = open_company()
    for _, body in SITE:
        company.send_bytes(body, "application/json")
        company.clock.advance(seconds=1)
    for _, body in CRM:
        company.post_hook(body)
    company.settle()
    for kind, expected in (("submission", SITE), ("hint", CRM)):
        ended = [one.fields for one in company.system.documents("outcome") if one.fields["kind"] == kind]
        assert Counter(str(one["outcome"]) for one in ended) == Counter(outcome for outcome, _ in expected)
        assert all(one["rule"] and one["reason"] and one["at"] for one in ended)
    quarantined = {one.key.id: one.fields for one in company.system.documents("quarantine")}
    ended_so = {one.key.id for one in company.system.documents("outcome") if one.fields["outcome"] == "quarantined"}
    assert quarantined.keys() == ended_so
    assert all(one["reason"] and one["body_sealed"] for one in quarantined.values())


def test_a_caller_without_the_secret_leaves_no_trace(open_company: OpenCompany) -> None:
    company = open_company()
    for path in ("/amocrm/wrong", "/amocrm/", f"/bitrix24/{HOOK_SECRET}", "/"):
        answer = company.system.call("receive-crm-event", path=path, data=CRM[0][1])
        assert answer.status_code == 404
    assert company.system.queue.published == []


def test_a_message_of_somebody_elses_topic_is_kept(open_company: OpenCompany) -> None:
    company = open_company()
    company.send_form(phone="8 999 000-00-03")
    company.mail.collect()
    [letter] = company.mail.waiting
    for body in (company.mail.envelope(letter), b"{}", b"no envelope"):
        assert company.system.call("read-crm", data=body, content_type="application/json").status_code == 204
    kept = company.system.documents("quarantine")
    assert [one.fields["kind"] for one in kept] == ["message"] * 3


class TestConversions:
    def test_each_is_sent_or_says_why_not(self, open_company: OpenCompany) -> None:
        """A form with and one without ids, a repeat, a sale without its price yet, and a lead the CRM gave birth to."""
        company = _busy_day(open_company())
        said = company.fire("upload-conversions")
        assert said is not None
        assert said["rows"] == {"accepted": 3}
        assert said["withheld"] == {"held.no_identifier": 3, "held.settling": 1}
        now = company.clock.now()
        told = [explain(company.system.store, company.policy, lead, now).decisions for lead in books.leads(company)]
        [repeat] = [one for decisions in told for one in decisions if one.ended == "duplicate"]
        assert (repeat.goal, repeat.rule) == ("lead_received", "duplicate.repeat")
        company.run_out()
        assert books.faults(company) == []
        ended: Counter[str] = Counter()
        for lead in books.leads(company):
            ended.update(f"claimed {goal}" for goal in lead.claims)
            ended.update(f"{expiry.rule} {expiry.goal}" for expiry in lead.expired.values())
        assert ended == {
            "claimed lead_received": 2,
            "claimed lead_qualified": 1,
            "claimed flat_sold": 1,
            "expired.never_captured lead_received": 1,
            "expired.never_captured lead_qualified": 2,
        }

    def test_a_row_that_metrica_refuses_is_found_and_told_and_holds_up_no_other(
        self, open_company: OpenCompany
    ) -> None:
        company = open_company()
        for place, client_id in enumerate((ANNA, BORIS, VERA)):
            company.send_form(phone=f"8 999 000-00-0{place + 3}", ym_client_id=client_id)
        company.settle()
        company.clock.advance(minutes=1)
        company.vendors.break_("metrica", "invalid_uploading", id=BORIS, times=None)
        for _ in range(3):
            company.fire("upload-conversions")
            company.clock.advance(hours=2)
        company.fire("check-uploads")
        assert [one for one, _, _ in company.counted()] == [ANNA, VERA]
        ledger = UploadLedger(UploadContext.of(company.system.runtime, "check-uploads"))
        ends: dict[str, Any] = {}
        for lead in books.leads(company):
            for claim in lead.claims.values():
                ends[claim.identifier] = leaf_of(ledger, str(claim.token), claim.index).upload
        assert {one: str(upload.state) for one, upload in ends.items()} == {
            ANNA: "terminal",
            BORIS: "refused",
            VERA: "terminal",
        }
        assert ends[BORIS].reason == "invalid_uploading"
        assert company.logged("row_refused")

    def test_a_status_that_nobody_mapped_is_told(self, open_company: OpenCompany) -> None:
        company = open_company(crm={"pipelines": {PIPELINE: {LOST: "lost", QUALIFIED: "qualified", "142": "sold"}}})
        sent = company.send_form(phone="8 999 000-00-03", ym_client_id=ANNA)
        made = company.act("create_lead", name="a", fields={"_YM_UID": ANNA}, status_id=int(NEW))
        company.live(hours=1)
        company.act("move", lead_id=made["lead_id"], status_id=70013)
        company.live(hours=1)
        state = company.lead(str(sent.lead_id)).state(company.policy)
        assert state.unmapped_statuses == {f"{PIPELINE}/70013"}


def test_daily_totals_are_what_a_recount_gives(open_company: OpenCompany) -> None:
    company = _busy_day(open_company())
    company.run_out()
    totals = books.totals(company)
    assert totals == books.recount(company)
    assert sum(number for (_, _, name), number in totals.items() if name == "leads") == 5


def _busy_day(company: Company) -> Company:
    """Four forms of three people and a walk-in; two deals are moved on."""
    deals = {}
    for name, digit, known in (
        ("anna", 3, {"ym_client_id": ANNA}),
        ("anna again", 3, {"ym_client_id": ANNA}),
        ("boris", 4, {}),
        ("vera", 5, {"yclid": "777"}),
    ):
        company.send_form(form=name, phone=f"8 999 000-00-0{digit}", **known)
        fields = {"_YM_UID": ANNA} if "ym_client_id" in known else {}
        made = company.act("create_lead", name=name, fields=fields, status_id=int(NEW), phone=f"+7999000000{digit}")
        deals[name] = made["lead_id"]
        company.settle()
        company.clock.advance(minutes=7)
    company.act("create_lead", name="walk-in", status_id=int(QUALIFIED), phone="+74950000000")
    _pull(company)
    for name, status in (("anna", int(QUALIFIED)), ("boris", int(QUALIFIED)), ("vera", 142)):
        company.act("move", lead_id=deals[name], status_id=status)
    _pull(company)
    return company


def _pull(company: Company) -> None:
    company.settle()
    company.clock.advance(minutes=15)
    company.fire("sync-crm")
    company.settle()
