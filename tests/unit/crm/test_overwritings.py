"""Who overwrote a deal's source: from the CRM's feed where it tells, from two readings where it does not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.crm.deal_signs import MOST_VIEWS, VIEWS_AT_ONCE, heard_of, source_of, view_of
from leadloop.crm.overwritings import MOST_OVERWRITINGS, SourceReading, changed_fields, read_overwritings
from leadloop.crm.port import CrmLead, FieldChange, Status
from leadloop.crm.stages import FEED_LAG
from leadloop.facts import Fact, join
from leadloop.leads import facts_of
from leadloop.policy import Policy
from support.lead_facts import ANNA, after, submitted
from support.policies import sokol

POLICY = sokol()
MARAT = "2852002"


def shown(at: datetime, responsible: str | None = None, **source: str) -> CrmLead:
    """The deal as the CRM shows it, last changed at an instant."""
    status = Status("7001", "70011")
    return CrmLead("1", status, None, after(), at, source=source, responsible=responsible)


def viewed(at: datetime, **source: str) -> Fact:
    fact = view_of("amocrm", shown(at, **source), heard_of("amocrm", "1", ()), source, at)
    assert fact is not None
    return fact


def change(at: datetime, old: str, new: str, by: str = MARAT, field: str = "utm_source") -> FieldChange:
    return FieldChange(at, f"{at}{old}{new}", field, old, new, by)


def read(
    facts: tuple[Fact, ...],
    entity: CrmLead,
    *changes: FieldChange,
    now: datetime | None = None,
    policy: Policy = POLICY,
) -> SourceReading:
    heard, source = heard_of("amocrm", "1", facts), source_of(policy, entity)
    return read_overwritings(policy, "amocrm", entity, facts, heard, source, changes, now or entity.updated_at)


def told(reading: SourceReading) -> list[tuple[str, str, str]]:
    return [(str(one.values["old"]), str(one.values["new"]), str(one.values["by"])) for one in reading.overwritings]


KNOWN = join((submitted(utm={"utm_source": "yandex"}),), (viewed(after(minutes=1), utm_source="yandex"),))


def test_what_the_feed_tells_is_certain_at_once() -> None:
    reading = read(KNOWN, shown(after(hours=1), utm_source="avito"), change(after(hours=1), "yandex", "avito"))
    assert (told(reading), reading.is_settled) == ([("yandex", "avito", MARAT)], True)
    assert reading.source["utm_source"] == "avito"


def test_what_the_feed_does_not_tell_waits_for_it_and_is_then_nobodys() -> None:
    entity = shown(after(hours=1), utm_source="avito")
    waiting = read(KNOWN, entity, now=entity.updated_at + FEED_LAG - timedelta(seconds=1))
    assert (told(waiting), waiting.is_settled, waiting.source["utm_source"]) == ([], False, "yandex")
    over = read(KNOWN, entity, now=entity.updated_at + FEED_LAG)
    assert (told(over), over.is_settled, over.source["utm_source"]) == ([("yandex", "avito", "")], True, "avito")


def test_the_feeds_word_that_comes_after_all_does_not_make_a_second_overwriting() -> None:
    entity = shown(after(hours=1), utm_source="avito")
    guessed = read(KNOWN, entity, now=entity.updated_at + FEED_LAG).overwritings
    facts = join(KNOWN, (*guessed, viewed(after(hours=1), utm_source="avito")))
    late = change(after(minutes=59), "yandex", "avito")
    again = read(facts, shown(after(hours=2), utm_source="cian"), late, change(after(hours=2), "avito", "cian"))
    assert told(again) == [("avito", "cian", MARAT)]


def test_an_older_change_to_the_same_text_explains_nothing_new() -> None:
    first = change(after(hours=1), "yandex", "avito")
    facts = join(KNOWN, read(KNOWN, shown(after(hours=1), utm_source="avito"), first).overwritings)
    facts = join(facts, (viewed(after(hours=2), utm_source="yandex"),))
    reading = read(facts, shown(after(hours=3), utm_source="avito"), first)
    assert (told(reading), reading.is_settled) == ([], False)
    second = change(after(hours=3), "yandex", "avito")
    assert told(read(facts, shown(after(hours=3), utm_source="avito"), first, second)) == [("yandex", "avito", MARAT)]


@pytest.mark.parametrize(
    "now",
    [
        shown(after(hours=1), utm_source="yandex"),
        shown(after(hours=1), utm_source="yandex", utm_medium="cpc"),
        shown(after(hours=1), utm_source="yandex", created_by="5"),
    ],
    ids=["the same", "another one filled", "not a text that somebody writes"],
)
def test_what_is_no_overwriting_is_not_asked_about(now: CrmLead) -> None:
    assert changed_fields(POLICY, heard_of("amocrm", "1", KNOWN), source_of(POLICY, now)) == frozenset()
    assert read(KNOWN, now).is_settled


def test_what_the_site_told_is_compared_before_the_first_reading() -> None:
    """By the feed alone: an integration of the site's own may have written something else from the first."""
    facts = (submitted(utm={"utm_source": "yandex"}, client_id=ANNA),)
    entity = shown(after(hours=1), utm_source="avito")
    assert changed_fields(POLICY, heard_of("amocrm", "1", facts), source_of(POLICY, entity)) == {"utm_source"}
    late = entity.updated_at + FEED_LAG
    assert (told(read(facts, entity, now=late)), read(facts, entity).is_settled) == ([], True)
    assert told(read(facts, entity, change(after(minutes=30), "yandex", "avito"))) == [("yandex", "avito", MARAT)]


class TestEmptying:
    def test_is_to_overwrite_with_nothing(self) -> None:
        reading = read(KNOWN, shown(after(hours=1)), change(after(hours=1), "yandex", ""))
        assert (told(reading), reading.is_settled, dict(reading.source)) == ([("yandex", "", MARAT)], True, {})

    def test_waits_for_the_feed_and_is_then_nobodys(self) -> None:
        entity = shown(after(hours=1))
        waiting = read(KNOWN, entity)
        assert (told(waiting), waiting.is_settled, dict(waiting.source)) == ([], False, {"utm_source": "yandex"})
        over = read(KNOWN, entity, now=entity.updated_at + FEED_LAG)
        assert (told(over), over.is_settled, dict(over.source)) == ([("yandex", "", "")], True, {})

    def test_what_is_typed_afterwards_replaces_the_last_text(self) -> None:
        wiped = [change(after(hours=1), "yandex", "")]
        facts = _with(KNOWN, shown(after(hours=1)), wiped)
        facts = _with(facts, shown(after(hours=2), utm_source="avito"), [*wiped, change(after(hours=2), "", "avito")])
        assert _overwritten(facts) == [("yandex", ""), ("yandex", "avito")]
        entity = shown(after(hours=3), utm_source="avito")
        assert changed_fields(POLICY, heard_of("amocrm", "1", facts), source_of(POLICY, entity)) == frozenset()

    def test_between_two_readings_is_told_too(self) -> None:
        changes = [change(after(hours=1), "yandex", ""), change(after(hours=2), "", "avito", by="7")]
        reading = read(KNOWN, shown(after(hours=2), utm_source="avito"), *changes)
        assert (told(reading), reading.is_settled) == ([("yandex", "", MARAT), ("yandex", "avito", "7")], True)

    def test_that_is_made_good_by_the_next_change_is_none(self) -> None:
        changes = [change(after(hours=1), "yandex", "", by=""), change(after(hours=1), "", "yandex", by="")]
        assert changed_fields(POLICY, heard_of("amocrm", "1", KNOWN), {"utm_source": "yandex"}) == frozenset()
        later = shown(after(hours=2), utm_source="avito")
        assert told(read(KNOWN, later, *changes, change(after(hours=2), "yandex", "avito"))) == [
            ("yandex", "avito", MARAT)
        ]

    def test_an_id_without_the_form_of_one_is_as_good_as_none(self) -> None:
        facts = join((submitted(client_id=ANNA),), (viewed(after(minutes=1), client_id=ANNA),))
        garbled = change(after(hours=1), ANNA, "нет", field="client_id")
        reading = read(facts, shown(after(hours=1)), garbled)
        assert (told(reading), reading.is_settled) == ([(ANNA, "", MARAT)], True)

    def test_a_field_that_the_policy_names_no_more_was_emptied_by_nobody(self) -> None:
        facts = join(KNOWN, (viewed(after(minutes=2), utm_source="yandex", source="Авито"),))
        entity = shown(after(hours=1), utm_source="yandex")
        assert changed_fields(POLICY, heard_of("amocrm", "1", facts), source_of(POLICY, entity)) == frozenset()
        named = sokol(crm={"fields": {"source": "752912"}})
        assert changed_fields(named, heard_of("amocrm", "1", facts), source_of(named, entity)) == {"source"}


def test_another_deals_facts_are_not_this_ones() -> None:
    other = facts_of.deal_view("amocrm", "2", {"source": {"utm_source": "vk"}}, after(minutes=5))
    assert heard_of("amocrm", "1", join(KNOWN, (other,))).source == {"utm_source": "yandex"}


@given(st.lists(st.sampled_from(["yandex", "avito", "cian", "vk"]), min_size=1, max_size=12), st.data())
def test_however_often_it_is_read_the_same_overwritings_are_told(texts: list[str], data: st.DataObject) -> None:
    """Read after each change, or only now and then: where the last reading shows another text than the one before it,
    the feed makes up for what no reading saw."""
    history = [change(after(hours=number), old, new) for number, (old, new) in enumerate(_steps("yandex", texts), 1)]
    seen_at = data.draw(st.sets(st.integers(0, len(history)), max_size=5)) | {len(history)}
    every, some = KNOWN, KNOWN
    for number in range(len(history) + 1):
        text = history[number - 1].new if number else "yandex"
        entity, so_far = shown(after(hours=number + 1), utm_source=text), history[:number]
        every = _with(every, entity, so_far)
        some = _with(some, entity, so_far) if number in seen_at else some
    wanted = [(one.old, one.new) for one in history if one.new != "yandex"]
    assert _overwritten(every) == wanted
    assert _overwritten(some) == wanted[: len(_overwritten(some))]
    shown_at = ["yandex", *(one.new for one in history)]
    before = max((number for number in seen_at if number < len(history)), default=0)
    if shown_at[-1] not in ("yandex", shown_at[before]):
        assert _overwritten(some) == wanted


def _steps(first: str, texts: list[str]) -> list[tuple[str, str]]:
    steps, last = [], first
    for text in texts:
        if text != last:
            steps.append((last, text))
            last = text
    return steps


def _with(facts: tuple[Fact, ...], entity: CrmLead, changes: list[FieldChange]) -> tuple[Fact, ...]:
    reading = read(facts, entity, *changes)
    view = view_of("amocrm", entity, heard_of("amocrm", "1", facts), reading.source, entity.updated_at)
    return join(facts, (*reading.overwritings, *((view,) if view is not None else ())))


def _overwritten(facts: tuple[Fact, ...]) -> list[tuple[str, str]]:
    return [(str(one.values["old"]), str(one.values["new"])) for one in facts if one.kind == "source_overwritten"]


class TestRestlessDeals:
    def test_what_flaps_leaves_room_for_everything_else(self) -> None:
        facts = KNOWN
        for minute in range(1000):
            text = "avito" if minute % 2 else "yandex"
            entity = shown(after(minutes=minute), responsible=str(minute), utm_source=text)
            facts = _with(facts, entity, [change(after(minutes=minute), "yandex", text)])
        days = 2
        assert len(facts) <= 1 + VIEWS_AT_ONCE + days + MOST_OVERWRITINGS

    def test_it_is_still_told_of_once_a_day_and_at_last_no_more(self) -> None:
        facts = KNOWN
        for day in range(MOST_VIEWS + 50):
            facts = _with(facts, shown(after(days=day, minutes=2), responsible=str(day)), [])
        views = [fact for fact in facts if fact.kind == "deal_observed"]
        assert len(views) == MOST_VIEWS

    def test_the_order_of_two_changes_within_a_second_is_kept(self) -> None:
        facts = KNOWN
        for responsible in ("7", "5", "7", "3"):
            facts = _with(facts, shown(after(hours=1), responsible=responsible, utm_source="yandex"), [])
        views = [fact.values["responsible"] for fact in facts if fact.kind == "deal_observed"]
        assert views == [None, "7", "5", "7", "3"]
