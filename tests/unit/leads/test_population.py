"""All leads at once give what lead by lead gave, in any order: two ways to one answer, written apart."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.leads.lead import Lead
from leadloop.leads.population import assess_all
from leadloop.leads.velocity import look_round
from leadloop.messages import LeadCaptured
from leadloop.policy import Policy
from leadloop.policy.duplicates import Clients, Duplicates
from leadloop.policy.fraud import Fraud
from leadloop.ports.store import Query
from support.lead_facts import BORIS, entered, linked, observed, visited
from support.policies import WON, sokol
from support.settable_clock import MORNING
from unit.leads.test_family import DAY, Register, key_id, sent

KEYS = st.lists(st.sampled_from(["phone-1", "phone-2", "email-1", "email-2", "email-3"]), max_size=2, unique=True)
CLIENTS = st.sampled_from([None, "1700000000123456789", "1700000000123456790"])


PLACES = st.fixed_dictionaries(
    {
        "network": st.sampled_from([None, "ab" * 8, "cd" * 8]),
        "device": st.sampled_from([None, "ef" * 8, "01" * 8]),
        "phone_block": st.sampled_from([None, "23" * 8]),
    }
)


@st.composite
def histories(draw: st.DrawFn) -> list[LeadCaptured]:
    """Forms of some leads: one lead may send several, from other browsers, places and contacts."""
    forms = []
    for number in range(draw(st.integers(1, 8))):
        lead_id = f"l{draw(st.integers(0, 6))}"
        at = MORNING + draw(st.sampled_from([0, 0.5, 1, 1.5, 30, 31, 24 * 9])) * timedelta(hours=1)
        ids = {"client_id": client} if (client := draw(CLIENTS)) else {}
        bot = {"bot_signs": {"honeypot_filled": True}} if draw(st.sampled_from([False, False, True])) else {}
        form = sent(lead_id, at, *draw(KEYS), **draw(PLACES), **ids, **bot)
        forms.append(form.model_copy(update={"event_id": f"e-{number}"}))
    return forms


EVERY_ONE = Fraud.model_validate(
    {"velocity": dict.fromkeys(("client_id", "device", "network", "phone_block"), 1), "weights": {"phone_block": 50}}
)
"""Who came with anybody else came in a crowd."""


def rule(**said: object) -> Policy:
    return sokol().model_copy(update={"duplicates": Duplicates.model_validate(said), "fraud": EVERY_ONE})


@pytest.mark.parametrize(
    "policy",
    [
        rule(window="2d", clients=Clients(stages=("sold",))),
        rule(keys=["phone"], window="1d", counted_from="first", credit="last"),
        rule(keys=["person", "client_id"], window="ever"),
    ],
    ids=["person", "phone", "with browsers"],
)
@given(forms=histories(), chance=st.randoms(), sold=st.integers(0, 3))
def test_one_by_one_in_any_order_is_as_all_at_once(
    policy: Policy, forms: list[LeadCaptured], chance: object, sold: int
) -> None:
    chance.shuffle(forms)  # type: ignore[attr-defined]
    desk = Register(policy=policy)
    for number, form in enumerate(forms):
        desk.take(form)
        if number == sold:
            facts = [linked("1"), entered(WON, MORNING + DAY), visited(MORNING + 2 * DAY)]
            desk.tell(form.submission.lead_id, *facts, observed("1", MORNING + DAY, client_id=BORIS))
            look_round(desk.store, desk.policy, form.submission.lead_id)
    kept = {one.key.id: Lead.of(one) for one in desk.store.query(Query("lead")).documents}
    bare = [
        lead.model_copy(update={"circumstances": Lead(id="x").circumstances, "repeat_of": None})
        for lead in kept.values()
    ]
    told = assess_all(policy, bare)
    assert {id_: (lead.circumstances, lead.repeat_of) for id_, lead in told.items()} == {
        id_: (lead.circumstances, lead.repeat_of) for id_, lead in kept.items()
    }


def test_a_shared_telephone_is_shared_for_all() -> None:
    desk = Register()
    for number in range(6):
        desk.take(sent(f"l{number}", MORNING + number * DAY, "phone-office", f"email-{number}"))
    told = assess_all(desk.policy, [desk.lead(f"l{number}") for number in range(6)])
    assert {lead.circumstances.person for lead in told.values()} == {key_id(f"email-{number}") for number in range(6)}
