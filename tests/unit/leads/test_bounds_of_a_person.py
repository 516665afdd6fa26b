"""Where a person ends does not hang on who came when: bounds are crossed in any order with one outcome."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.leads import by_client_id
from leadloop.leads.clearing import clear_totals
from leadloop.leads.family import MOST_KIN
from leadloop.leads.lead import Lead
from leadloop.leads.population import assess_all
from leadloop.messages import LeadCaptured
from leadloop.policy import Policy
from leadloop.policy.duplicates import Duplicates
from leadloop.ports.store import Query
from leadloop.queries import every_document, leads_in_order
from leadloop.report.judgements import judgements
from support.policies import sokol
from support.settable_clock import MORNING
from unit.leads.test_family import DAY, Register, key_id, sent

ANNA = "1700000000123456789"


def bounded(most: int, **rule: object) -> Policy:
    base = sokol(defaults={"person_keys": most, "shared_key_persons": 3})
    return base.model_copy(update={"duplicates": Duplicates.model_validate(rule)}) if rule else base


def chain(length: int) -> list[LeadCaptured]:
    """Each came with the phone of the one before and a new one."""
    return [sent(f"c{n:02}", MORNING + n * DAY, f"phone-{n:02}", f"phone-{n + 1:02}") for n in range(length)]


def shuffled(forms: list[LeadCaptured], seed: int) -> list[LeadCaptured]:
    return Random(seed).sample(forms, len(forms))


def persons(desk: Register) -> dict[str, str | None]:
    found = [Lead.of(one) for one in desk.store.query(Query("lead")).documents]
    return {lead.id: lead.circumstances.person for lead in found}


class TestAChain:
    def test_is_one_person_up_to_the_bound(self) -> None:
        desk = Register(policy=bounded(6)).take(*chain(5))
        assert set(persons(desk).values()) == {key_id("phone-00")}
        assert desk.repeats() == {f"c{n:02}": "c00" if n else None for n in range(5)}

    @pytest.mark.parametrize("seed", range(12))
    def test_is_nobody_beyond_it_in_any_order(self, seed: int) -> None:
        desk = Register(policy=bounded(6)).take(*shuffled(chain(6), seed))
        assert set(persons(desk).values()) == {None}
        assert set(desk.repeats().values()) == {None}
        assert desk.everything() == Register(policy=bounded(6)).take(*chain(6)).everything()

    def test_costs_no_more_however_long_it_is(self) -> None:
        def cost(length: int) -> tuple[int, int]:
            desk = Register(policy=bounded(6)).take(*chain(length - 1))
            reads, writes = desk.store.usage.reads, desk.store.usage.writes
            desk.take(chain(length)[-1])
            return desk.store.usage.reads - reads, desk.store.usage.writes - writes

        assert cost(10) == cost(30)

    def test_that_a_shared_telephone_cuts_in_two_is_two_persons(self) -> None:
        """Others come with the phone in its middle, until it is an office's."""
        others = [sent(f"o{n}", MORNING + n * DAY, "phone-04", f"email-{n}") for n in range(3)]
        desk = Register(policy=bounded(6)).take(*chain(8))
        assert set(persons(desk).values()) == {None}
        desk.take(*others)
        expected = {f"c{n:02}": key_id("phone-00" if n < 4 else "phone-05") for n in range(8)}
        assert persons(desk) == expected | {f"o{n}": key_id(f"email-{n}") for n in range(3)}
        for seed in range(8):
            again = Register(policy=bounded(6)).take(*shuffled([*chain(8), *others], seed))
            assert again.everything() == desk.everything()


KEYS = st.lists(
    st.sampled_from([f"{kind}-{n}" for kind in ("phone", "email") for n in range(4)]), max_size=3, unique=True
)
CLIENTS = st.sampled_from([None, None, ANNA, "1700000000123456790", "1700000000123456791"])


@st.composite
def histories(draw: st.DrawFn) -> list[LeadCaptured]:
    forms = []
    for number in range(draw(st.integers(2, 9))):
        at = MORNING + draw(st.sampled_from([0, 0.5, 1, 30, 31, 24 * 9])) * timedelta(hours=1)
        ids = {"client_id": client} if (client := draw(CLIENTS)) else {}
        forms.append(sent(f"l{number}", at, *draw(KEYS), **ids))
    return forms


@pytest.mark.parametrize(
    "policy",
    [bounded(3), bounded(4, keys=["phone"], window="2d"), bounded(3, keys=["person", "client_id"], window="ever")],
    ids=["person", "phone", "with browsers"],
)
@given(forms=histories(), seed=st.integers(0, 99))
def test_across_the_bound_any_order_is_as_all_at_once(policy: Policy, forms: list[LeadCaptured], seed: int) -> None:
    one, other = Register(policy=policy).take(*forms), Register(policy=policy).take(*shuffled(forms, seed))
    for desk in (one, other):
        clear_totals(desk.store, most=100)
    assert one.everything() == other.everything()
    kept = {document.key.id: Lead.of(document) for document in one.store.query(Query("lead")).documents}
    bare = [
        lead.model_copy(update={"circumstances": Lead(id="x").circumstances, "repeat_of": None})
        for lead in kept.values()
    ]
    assert {id_: (lead.circumstances, lead.repeat_of) for id_, lead in assess_all(policy, bare).items()} == {
        id_: (lead.circumstances, lead.repeat_of) for id_, lead in kept.items()
    }


class TestAClientIdOfMany:
    POLICY = bounded(60, keys=["person", "client_id"], window="ever")

    def crowd(self, size: int) -> list[LeadCaptured]:
        """Leads without any contact, and in their middle one that has a phone."""
        forms = [sent(f"n{n:02}", MORNING + n * DAY, client_id=ANNA) for n in range(size - 1)]
        return [*forms, sent("anna", MORNING + 5 * DAY, "phone-anna", client_id=ANNA)]

    def test_joins_them_to_the_person_that_came_with_it(self) -> None:
        desk = Register(policy=self.POLICY).take(*self.crowd(by_client_id.MOST_LEADS))
        assert set(persons(desk).values()) == {key_id("phone-anna")}
        assert set(desk.repeats().values()) == {None, "n00"}

    @pytest.mark.parametrize("seed", range(3))
    def test_joins_nobody_once_it_is_of_one_more(self, seed: int) -> None:
        desk = Register(policy=self.POLICY).take(*shuffled(self.crowd(by_client_id.MOST_LEADS + 1), seed))
        assert set(desk.repeats().values()) == {None}
        assert {id_ for id_, name in persons(desk).items() if name is not None} == {"anna"}

    @pytest.mark.parametrize("kind", ["without a contact", "with one"])
    def test_costs_no_more_however_many_there_are(self, kind: str) -> None:
        def cost(size: int) -> tuple[int, int]:
            desk = Register(policy=self.POLICY).take(*self.crowd(size))
            reads, writes = desk.store.usage.reads, desk.store.usage.writes
            keys = ("phone-boris",) if kind == "with one" else ()
            desk.take(sent("last", MORNING + 99 * DAY, *keys, client_id=ANNA))
            return desk.store.usage.reads - reads, desk.store.usage.writes - writes

        assert cost(45) == cost(70)
        assert cost(by_client_id.MOST_LEADS)[0] < 300


def test_explain_says_that_the_ids_of_a_chain_join_nobody() -> None:
    desk = Register(policy=bounded(6)).take(*chain(6))
    told = judgements(desk.store, desk.policy, desk.lead("c02"), MORNING, lambda setting: setting)
    [person] = [one for one in told if one.about == "person"]
    assert (person.answer, person.rule, person.setting) == ("nobody", "identity.chain", "defaults.person_keys")
    assert "more than 6" in person.reason


@pytest.mark.parametrize("seed", range(2))
def test_a_person_of_very_many_leads_is_one_series_in_any_order(seed: int) -> None:
    """More than are looked at when one comes: those that were told long ago are told anew where one comes late."""
    forms = [sent(f"l{n:03}", MORNING + n * timedelta(hours=3), "phone-test") for n in range(MOST_KIN + 20)]
    first, *rest = forms
    desk = Register().take(*shuffled(rest, seed), first)
    found = every_document(desk.store, leads_in_order())
    assert {one.key.id: Lead.of(one).circumstances.repeats for one in found} == {
        form.submission.lead_id: "l000" if form is not first else None for form in forms
    }


def test_the_lead_that_began_a_series_keeps_its_credit_however_many_follow() -> None:
    forms = [sent(f"l{n:03}", MORNING + n * timedelta(hours=3), "phone-test") for n in range(1, MOST_KIN + 3)]
    desk = Register().take(sent("l000", MORNING, "phone-test", yclid="7325873983740247041"), *forms)
    told = [desk.lead(id_).circumstances for id_ in ("l001", "l050", f"l{MOST_KIN + 2:03}")]
    assert [(one.credit, one.credit_source) for one in told] == [("l000", "yandex_direct")] * 3
