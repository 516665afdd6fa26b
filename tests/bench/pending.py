"""Leads that await upload, written straight into a store as the functions would have left them.

Each has a deal that was qualified: one conversion for Metrica to take.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from leadloop import timestamps
from leadloop.leads import facts_of
from leadloop.leads.crm_refs import CrmRef
from leadloop.leads.lead import Lead
from leadloop.leads.writing import lead_writes
from leadloop.messages import AdIds, ContactKey, Submission
from leadloop.policy import Policy
from leadloop.ports.store import Create, Increment, Key, Store, Write
from support.policies import PIPELINE, QUALIFIED

LEADS_A_COMMIT = 500
_EXAMPLE = "7000000007"
"""A number that stands in the example wherever another lead has its own."""


def client_id(number: int) -> str:
    """A ClientID of its own for every number."""
    return f"17{number:017d}"


def example_of(policy: Policy, now: datetime) -> list[Write]:
    """One lead and its deal, made by the real code, and what they add to the totals."""
    at, deal, lead_id = now - timedelta(hours=30), f"3{_EXAMPLE}", f"lead-{_EXAMPLE}"
    sent = Submission(
        lead_id=lead_id,
        submission_id=f"form-{_EXAMPLE}",
        fingerprint=f"{_EXAMPLE:>032}",
        form="flat-request",
        occurred_at=at,
        received_at=at,
        ids=AdIds(client_id=client_id(int(_EXAMPLE))),
        utm={"utm_source": "yandex", "utm_medium": "cpc", "utm_campaign": "sokol-2k"},
        keys=(ContactKey(kind="phone", key_id="k1", normaliser="n1", hmac=f"{_EXAMPLE:>064}"),),
    )
    facts = (
        facts_of.submission(sent),
        facts_of.crm_link("amocrm", deal, "client_id", at),
        facts_of.stage_entry("amocrm", deal, PIPELINE, QUALIFIED, at + timedelta(minutes=30), exact=True),
    )
    ref = CrmRef(crm="amocrm", external_id=deal).with_lead(lead_id, timestamps.to_text(at))
    lead = ref.tell(Lead(id=lead_id)).with_facts(facts)
    return [ref.write(None), *lead_writes(policy, lead, None)]


def plant(store: Store, policy: Policy, leads: int, now: datetime) -> None:
    """Fill a store with so many leads awaiting upload, each after the example and with ids of its own.

    To make each by the real code would take longer than the run that is measured.
    """
    example = example_of(policy, now)
    documents = [(write.key, json.dumps(write.fields)) for write in example if isinstance(write, Create)]
    totals = [write for write in example if isinstance(write, Increment)]
    for start in range(0, leads, LEADS_A_COMMIT):
        numbers = range(start, min(start + LEADS_A_COMMIT, leads))
        copies = [_copy(key, text, number) for number in numbers for key, text in documents]
        grown = [
            Increment(one.key, {k: n * len(numbers) for k, n in one.amounts.items()}, one.fields) for one in totals
        ]
        store.commit([*copies, *grown])


def _copy(key: Key, text: str, number: int) -> Create:
    own = str(int(_EXAMPLE) + 1 + number)
    return Create(Key(key.collection, key.id.replace(_EXAMPLE, own)), json.loads(text.replace(_EXAMPLE, own)))
