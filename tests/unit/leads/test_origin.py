"""A lead's source from its own facts: every cause of none, what the CRM makes of it, what is put back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.facts import Fact
from leadloop.leads.origin import to_restore
from leadloop.leads.state import LeadState
from leadloop.messages import PageAddress
from leadloop.policy import Policy
from support.crm_sources import overwritten, shown
from support.lead_facts import POLICY, YCLID, after, any_facts, lead_of, linked, lost, observed, state_of, submitted
from support.policies import sokol
from support.settable_clock import MORNING

NOON, EVENING = after(hours=3), after(hours=9)
VK = {"utm_source": "vk", "utm_campaign": "spring"}
FIELDS = {"fields": {"source": "860001", "called_number": "860002"}}
POOL = sokol(crm=FIELDS, sources={"static_pool": ["+74950000000"]})
STRICT = sokol(crm=FIELDS, sources={"unknown": "none"})
RESTORING = sokol(crm=FIELDS, sources={"restore": True})

CAUSES: list[tuple[str, Policy, tuple[Fact, ...], str, str]] = [
    ("a form without signs", POLICY, (submitted(),), "none.never_captured", "is the tag on that page?"),
    ("a visitor who came directly", POLICY, (submitted(client_id="17" * 9),), "none.never_captured", "came directly"),
    (
        "a page of the site itself",
        POLICY,
        (submitted(referrer=PageAddress(host="sokol.example")),),
        "none.never_captured",
        "came from sokol.example",
    ),
    ("a tag of nobody", STRICT, (submitted(utm={"utm_source": "zz"}),), "none.unknown_label", "'zz'"),
    ("a word of nobody", STRICT, (linked(), shown(source="Дядя")), "none.unknown_label", "'Дядя'"),
    ("a deal of which nothing was read", POLICY, (linked(),), "none.born_in_crm", "was read yet"),
    ("a deal that says nothing", POLICY, (linked(), shown(created_by="integration")), "none.born_in_crm", "no field"),
    ("a person's entry", POLICY, (linked(), shown(created_by="user")), "none.entered_by_hand", "a person entered"),
    ("a shared number", POOL, (linked(), shown(called_number="84950000000")), "none.static_pool", "+74950000000"),
    (
        "a deal merged away unread",
        POLICY,
        (linked("1"), lost("1", "merged", "2", NOON), linked("2", "merge", NOON), shown("2", NOON, utm_source="ok")),
        "none.lost_in_merge",
        "merged into another one",
    ),
    (
        "a source wiped before it was read",
        POLICY,
        (linked(), shown(at=NOON, created_by="integration"), overwritten("utm_source", "", "—", MORNING, by="5")),
        "none.overwritten",
        "user 5 changed utm_source at 2026-09-01T09:00:00.000000Z: '' → '—'",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "facts", "rule", "words"), [case[1:] for case in CAUSES], ids=[c[0] for c in CAUSES]
)
def test_no_source_has_its_cause(policy: Policy, facts: tuple[Fact, ...], rule: str, words: str) -> None:
    source = state_of(*facts, policy=policy).source
    assert (source.label, source.rule, source.is_none) == ("none", rule, True)
    assert words in source.reason
    assert source.connection == ""


class TestWhatIsFirstKnownStays:
    def test_a_later_form_tells_only_what_the_first_left_out(self) -> None:
        later = submitted(NOON, form="later", utm=VK)
        silent, told = submitted(form="first"), submitted(form="first", referrer=PageAddress(host="ya.ru"))
        assert state_of(silent, later).source[:2] == ("vk", "utm.utm_source")
        assert "in a later form" in state_of(silent, later).source.reason
        assert state_of(told, later).source.label == "ya_ru"

    def test_a_deal_tells_what_no_form_did(self) -> None:
        facts = (submitted(), linked(at=NOON), shown(at=NOON, utm_source="vk"))
        assert state_of(*facts).source[:2] == ("vk", "utm.utm_source")
        assert "in the deal" in state_of(*facts).source.reason
        assert state_of(*facts, submitted(EVENING, form="later", utm={"utm_source": "ok"})).source.label == "ok"

    def test_a_tag_that_names_no_source_is_the_first_thing_known_too(self) -> None:
        source = state_of(submitted(utm={"utm_source": "?"}), linked(), shown(utm_source="vk")).source
        assert source.rule == "none.unknown_label"

    def test_a_deal_that_was_overwritten_tells_what_it_told_first(self) -> None:
        facts = (
            linked(),
            shown(at=EVENING, utm_source="site"),
            overwritten("utm_source", "vk", "ok", NOON),
            overwritten("utm_source", "ok", "site", EVENING),
        )
        assert state_of(*facts).source.label == "vk"

    def test_a_click_id_in_the_fields_of_a_deal_is_a_click(self) -> None:
        assert state_of(linked(), observed(yclid=YCLID)).source[:2] == ("yandex_direct", "click_id.yclid")

    def test_what_stands_in_a_deal_of_somebody_else_is_not_the_leads(self) -> None:
        facts = (linked("1"), lost("1", "merged", "2", NOON), linked("2", "merge", NOON), shown("2", utm_source="vk"))
        assert state_of(*facts).source.label == "none"
        assert state_of(submitted(), *facts).source.rule == "none.never_captured"


IN_CRM: list[tuple[str, tuple[Fact, ...], str, str]] = [
    ("no deal yet", (submitted(utm=VK),), "in_crm.no_deal", "none"),
    ("a deal that was not read", (submitted(utm=VK), linked()), "in_crm.not_read", "none"),
    ("the same", (submitted(utm=VK), linked(), shown(utm_source="VK")), "in_crm.same", "vk"),
    ("neither knows", (submitted(), linked(), shown(created_by="user")), "in_crm.same", "none"),
    ("the click in its field", (submitted(yclid=YCLID), linked(), shown(yclid=YCLID)), "in_crm.same",
     "yandex_direct"),
    ("not passed", (submitted(utm=VK), linked(), shown(created_by="integration")), "none.not_passed_to_crm", "none"),
    ("another word", (submitted(utm=VK), linked(), shown(source="Звонок")), "in_crm.differs", "звонок"),
    ("wiped", (submitted(utm=VK), linked(), shown(at=NOON), overwritten("utm_source", "vk", "", NOON)),
     "none.overwritten", "none"),
    ("replaced", (submitted(utm=VK), linked(), shown(at=NOON, utm_source="ok"),
     overwritten("utm_source", "vk", "ok", NOON)), "none.overwritten", "ok"),
    ("a campaign replaced", (submitted(utm=VK), linked(), shown(at=NOON, utm_source="vk", utm_campaign="x"),
     overwritten("utm_campaign", "spring", "x", NOON)), "none.overwritten", "vk"),
    ("put back", (submitted(utm=VK), linked(), shown(at=EVENING, utm_source="vk"),
     overwritten("utm_source", "vk", "ok", NOON), overwritten("utm_source", "ok", "vk", EVENING)), "in_crm.same", "vk"),
    ("corrected to what we know", (submitted(utm=VK), linked(), shown(at=NOON, utm_source="vk"),
     overwritten("utm_source", "site", "vk", NOON)), "in_crm.same", "vk"),
    ("merged into a deal of another source", (submitted(utm=VK), linked("1"), shown("1", utm_source="vk"),
     lost("1", "merged", "2", NOON), linked("2", "merge", NOON), shown("2", NOON, utm_source="ok")),
     "none.lost_in_merge", "ok"),
    ("merged into a deal of the same source", (submitted(utm=VK), linked("1"), lost("1", "merged", "2", NOON),
     linked("2", "merge", NOON), shown("2", NOON, utm_source="vk")), "in_crm.same", "vk"),
    ("born in the CRM", (linked(), shown(utm_source="vk")), "in_crm.same", "vk"),
    ("born in the CRM and overwritten", (linked(), shown(at=NOON, utm_source="ok"),
     overwritten("utm_source", "vk", "ok", NOON)), "none.overwritten", "ok"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "rule", "label"), [case[1:] for case in IN_CRM], ids=[case[0] for case in IN_CRM])
def test_what_the_crm_makes_of_it(facts: tuple[Fact, ...], rule: str, label: str) -> None:
    crm = state_of(*facts).source_in_crm
    assert (crm.rule, crm.label) == (rule, label)
    assert crm.reason
    assert crm.is_amiss == (rule.startswith("none.") or rule == "in_crm.differs")


def test_an_overwriting_says_who_when_and_what() -> None:
    crm = state_of(
        submitted(utm=VK),
        linked(),
        shown(at=NOON, utm_source="ok"),
        overwritten("utm_source", "vk", "ok", NOON, by="9"),
    ).source_in_crm
    assert (crm.field, crm.by, crm.at, crm.old, crm.new) == ("utm_source", "9", NOON, "vk", "ok")
    assert crm.reason == "user 9 changed utm_source at 2026-09-01T12:00:00.000000Z: 'vk' → 'ok'"


def restored(*facts: Fact, policy: Policy = RESTORING) -> dict[str, str]:
    return to_restore(policy, state_of(*facts, policy=policy))


class TestWhatIsPutBack:
    WIPED = (submitted(utm=VK), linked(), shown(at=NOON), overwritten("utm_source", "vk", "", NOON))

    def test_what_was_first_known_of_the_overwritten_field_and_no_other(self) -> None:
        assert restored(*self.WIPED) == {"utm_source": "vk"}

    def test_nothing_unless_the_policy_says_so(self) -> None:
        assert restored(*self.WIPED, policy=POLICY) == {}

    def test_nothing_once_it_stands_there_again(self) -> None:
        assert restored(*self.WIPED, shown(at=EVENING, utm_source="vk")) == {}

    def test_nothing_that_nobody_overwrote(self) -> None:
        assert restored(submitted(utm=VK), linked(), shown(utm_source="ok")) == {}

    def test_of_a_deal_born_in_the_crm_what_it_held_first(self) -> None:
        twice = (overwritten("source", "Авито", "Звонок", NOON), overwritten("source", "Звонок", "Сайт", EVENING))
        assert restored(linked(), shown(at=EVENING, source="Сайт"), *twice) == {"source": "Авито"}

    def test_what_the_form_told_goes_before_what_the_deal_held(self) -> None:
        facts = (
            submitted(utm=VK),
            linked(),
            shown(at=NOON, utm_source="ok"),
            overwritten("utm_source", "x", "ok", NOON),
        )
        assert restored(*facts) == {"utm_source": "vk"}

    def test_the_referrer_as_it_was_written(self) -> None:
        page = PageAddress(host="ya.ru", path="/search")
        facts = (submitted(referrer=page), linked(), shown(at=NOON), overwritten("referrer", "ya.ru/search", "", NOON))
        assert restored(*facts) == {"referrer": "ya.ru/search"}

    def test_a_long_text_that_a_reading_cuts_stands_there(self) -> None:
        long = "x" * 255
        changed = overwritten("utm_campaign", long[:200], "y", NOON)
        facts = (submitted(utm={"utm_campaign": long}), linked(), changed)
        assert restored(*facts, shown(at=NOON, utm_campaign="y")) == {"utm_campaign": long}
        assert restored(*facts, shown(at=EVENING, utm_campaign=long[:200])) == {}

    def test_nothing_in_a_deal_of_somebody_else(self) -> None:
        merged = (lost("1", "merged", "2", NOON), linked("2", "merge", NOON), shown("2", EVENING, utm_source="ok"))
        changed = overwritten("utm_source", "vk", "ok", EVENING, deal="2")
        assert restored(submitted(utm=VK), linked("1"), *merged, changed) == {}


_WORDS = st.sampled_from(["", "vk", "ok", "Авито"])
_MOMENTS = st.sampled_from([MORNING, NOON, EVENING])
_NAMES = st.sampled_from(["utm_source", "source", "utm_campaign"])
_DEALS = st.sampled_from(["1", "2"])
_OF_SOURCES = st.one_of(
    st.builds(
        lambda deal, at, said, by: shown(
            deal, at, **{name: text for name, text in said.items() if text}, created_by=by
        ),
        _DEALS,
        _MOMENTS,
        st.dictionaries(_NAMES, _WORDS),
        st.sampled_from(["user", "integration"]),
    ),
    st.builds(
        lambda field, old, new, at, deal, by: overwritten(field, old, new, at, deal=deal, by=by),
        *(_NAMES, _WORDS, _WORDS, _MOMENTS, _DEALS, st.sampled_from(["", "7", "9"])),
    ),
)


def judged(state: LeadState) -> tuple[object, ...]:
    return state.source, state.source_in_crm, to_restore(RESTORING, state)


@given(any_facts(), st.lists(_OF_SOURCES, max_size=8), st.data())
def test_the_order_in_which_facts_arrive_decides_nothing(
    facts: list[Fact], of_sources: list[Fact], data: st.DataObject
) -> None:
    known = [*facts, *of_sources]
    arriving = data.draw(st.permutations([*known, *known[:3]]))
    lead = lead_of()
    for fact in arriving:
        lead = lead.with_facts((fact,))
    state = lead.state(RESTORING)
    assert judged(state) == judged(state_of(*known, policy=RESTORING))
    assert state.source.label
    assert state.source.reason
    assert state.source_in_crm.reason
    assert state.source.is_none == (state.source.label == "none")
