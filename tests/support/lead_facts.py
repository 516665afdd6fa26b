"""Facts of one lead as the site and the CRM tell them: one at a time, or any handful of them for Hypothesis."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from hypothesis import strategies as st

from leadloop.facts import Fact, join
from leadloop.leads import facts_of
from leadloop.leads.lead import Lead
from leadloop.leads.state import LeadState
from leadloop.messages import AdIds, BotSigns, ContactKey, PageAddress, Submission
from leadloop.policy import Policy
from support.policies import LOST, MEETING, NEW, PIPELINE, QUALIFIED, WON, sokol
from support.settable_clock import MORNING

ANNA, BORIS = "1700000000123456789", "1700000000123456790"
YCLID = "7325873983740247041"
PHONE = ContactKey(kind="phone", key_id="k1", normaliser="n1", hmac="0f" * 32)
UNMAPPED = "99999"
STATUSES = (NEW, QUALIFIED, MEETING, WON, LOST, UNMAPPED)
POLICY = sokol()


def after(**length: float) -> datetime:
    """So long after the morning everything begins."""
    return MORNING + timedelta(**length)


def submitted(at: datetime = MORNING, lead_id: str = "anna", **said: object) -> Fact:
    """The site sent the form; ad ids and anything else of a submission by name."""
    ids = {name: said.pop(name) for name in list(said) if name in AdIds.model_fields}
    sent = {"lead_id": lead_id, "fingerprint": "f", "occurred_at": at, "received_at": at, "ids": ids, **said}
    return facts_of.submission(Submission.model_validate(sent))


def visited(at: datetime = MORNING, client_id: str = ANNA) -> Fact:
    """The browser of a ClientID was on the site."""
    return facts_of.visit(client_id, at)


def linked(deal: str = "1", by: str = "created", at: datetime = MORNING) -> Fact:
    return facts_of.crm_link("amocrm", deal, by, at)


def entered(status: str, at: datetime = MORNING, deal: str = "1", exact: bool = True) -> Fact:
    return facts_of.stage_entry("amocrm", deal, PIPELINE, status, at, exact)


def priced(amount: int, at: datetime = MORNING, deal: str = "1") -> Fact:
    return facts_of.price("amocrm", deal, amount, "RUB", at)


def observed(deal: str = "1", at: datetime = MORNING, keys: tuple[str, ...] = (), **ids: str) -> Fact:
    return facts_of.observed_ids("amocrm", deal, ids, keys, at)


def called(seconds: int | None, at: datetime = MORNING, deal: str = "1") -> Fact:
    """A deal was read that says how long a call lasted."""
    return facts_of.deal_view("amocrm", deal, {"call_seconds": seconds}, at)


def lost(deal: str = "1", how: str = "deleted", into: str | None = None, at: datetime = MORNING) -> Fact:
    return facts_of.crm_entity_lost("amocrm", deal, how, into, at)


def lead_of(*facts: Fact, lead_id: str = "anna") -> Lead:
    return Lead(id=lead_id).with_facts(facts)


def state_of(*facts: Fact, policy: Policy = POLICY) -> LeadState:
    return lead_of(*facts).state(policy)


def joined(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    return join((), facts)


# Any handful. Few values, so that ids meet: the same fact again, earlier, later, sealed anew, found by another rule.

_MOMENTS = st.sampled_from([after(hours=hours) for hours in (0, 1, 14, 15, 24, 24 * 30)])
_DEALS = st.sampled_from(["1", "2"])
_IDS = st.fixed_dictionaries(
    {}, optional={"client_id": st.sampled_from([ANNA, BORIS]), "yclid": st.just(YCLID), "user_id": st.just("crm-7")}
)
_SUBMISSIONS = st.builds(
    submitted,
    at=_MOMENTS,
    submission_id=st.sampled_from([None, "s-1"]),
    form=st.sampled_from(["main", "callback"]),
    ids=_IDS.map(AdIds.model_validate),
    utm=st.sampled_from([{}, {"utm_source": "vk"}, {"utm_source": "Yandex", "utm_campaign": "spring"}]),
    referrer=st.sampled_from([PageAddress(), PageAddress(host="ya.ru")]),
    keys=st.sampled_from([(), (PHONE,)]),
    contact_sealed=st.sampled_from([None, "sealed-once", "sealed-again"]),
    bot_signs=st.sampled_from([BotSigns(), BotSigns(honeypot_filled=True)]),
)
_VISITS = st.builds(visited, at=_MOMENTS, client_id=st.sampled_from([ANNA, BORIS]))
_OF_THE_CRM = st.one_of(
    st.builds(linked, deal=_DEALS, by=st.sampled_from(["created", "field", "merge"]), at=_MOMENTS),
    st.builds(entered, status=st.sampled_from(STATUSES), at=_MOMENTS, deal=_DEALS, exact=st.booleans()),
    st.builds(priced, amount=st.integers(0, 3), at=_MOMENTS, deal=_DEALS),
    st.builds(lambda ids, deal, at: observed(deal, at, **ids), ids=_IDS, deal=_DEALS, at=_MOMENTS),
    st.builds(lost, deal=_DEALS, how=st.sampled_from(["deleted", "merged"]), at=_MOMENTS),
    st.builds(called, seconds=st.sampled_from([0, 3, 90]), at=_MOMENTS, deal=_DEALS),
)


def any_facts(most: int = 12) -> st.SearchStrategy[list[Fact]]:
    """Facts of a lead in any order, some of them more than once."""
    return st.lists(st.one_of(_SUBMISSIONS, _VISITS, _OF_THE_CRM), max_size=most)
