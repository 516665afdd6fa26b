"""The texts of leadloop's own fields, and when the CRM is to be told anew."""

from __future__ import annotations

import pytest

from leadloop.crm.deal_signs import UNLISTED
from leadloop.crm.lead_fields import fields_of
from leadloop.crm.own_fields import MOST_IDS, Repeated, is_told_anew, own_fields
from leadloop.crm.port import LONGEST_TEXT
from leadloop.crm.restoring import restoring
from leadloop.facts import Fact, join
from leadloop.leads import facts_of
from leadloop.leads.circumstances import ALONE, Circumstances, Lent
from leadloop.leads.lead import Lead
from leadloop.policy import Policy
from support.lead_facts import ANNA, BORIS, YCLID, after, entered, linked, observed, submitted
from support.policies import LOST, MEETING, QUALIFIED, sokol

FIELDS = {"known_ids": "600001", "duplicate": "600002", "quality": "600003", "fraud": "600004"}
REF = "amocrm-lead-1"


def policy(*names: str, **sections: object) -> Policy:
    chosen = {name: FIELDS[name] for name in names or FIELDS}
    return sokol("hash", crm={"fields": chosen}, qualification={"profile": "warm", "fields": PLACES}, **sections)


PLACES = {"location": "600011", "budget": "600012"}


def lead(*facts: Fact, circumstances: Circumstances = ALONE, repeat_of: str | None = None) -> Lead:
    return Lead(id="anna", facts=join((), facts or (submitted(),)), circumstances=circumstances, repeat_of=repeat_of)


def texts(of: Lead, repeated: Repeated | None = None, under: Policy | None = None) -> dict[str, str]:
    chosen = under or policy()
    return own_fields(chosen, of, of.state(chosen), repeated)


def seen(*filled: str) -> Fact:
    return facts_of.deal_view("amocrm", "1", {"filled": list(filled), "source": {}}, after(hours=1))


class TestKnownIds:
    def test_every_id_of_every_kind_in_one_order(self) -> None:
        told = [submitted(client_id=BORIS, appmetrica_device_id="42"), observed(client_id=ANNA, yclid=YCLID)]
        wanted = f"client_id: {ANNA}, {BORIS}; yclid: {YCLID}; appmetrica_device_id: 42"
        assert texts(lead(*told))["known_ids"] == texts(lead(*reversed(told)))["known_ids"] == wanted

    def test_a_borrowed_one_says_so_and_never_goes_where_it_would_be_read_back_as_its_own(self) -> None:
        caller = lead(observed(), circumstances=Circumstances(lent=Lent(client_id=ANNA, at=after(), lead_id="before")))
        state = caller.state(policy())
        assert state.ids == {"client_id": ANNA}
        assert texts(caller) | {"known_ids": f"borrowed_client_id: {ANNA}"} == texts(caller)
        assert "client_id" not in fields_of(caller, state)

    def test_none_is_no_text(self) -> None:
        assert "known_ids" not in texts(lead())

    def test_of_very_many_only_so_many(self) -> None:
        many = [observed(client_id=str(int(ANNA) + number)) for number in range(MOST_IDS + 5)]
        assert texts(lead(*many))["known_ids"].count(",") == MOST_IDS - 1


class TestDuplicate:
    @pytest.mark.parametrize(
        ("circumstances", "repeat_of", "repeated", "text"),
        [
            (ALONE, None, None, "unique"),
            (Circumstances(repeats="b", by="phone"), None, None, "duplicate of lead b (same phone)"),
            (
                Circumstances(repeats="b", by="phone"),
                None,
                Repeated("b", "123", after()),
                "duplicate of deal 123 (same phone, 2026-09-01)",
            ),
            (Circumstances(repeats="b", by="email"), None, Repeated("c", "7"), "duplicate of lead b (same email)"),
            (ALONE, "b", Repeated("b", "123"), "duplicate of deal 123 (within the hour)"),
            (Circumstances(client_since=after(days=-30)), None, None, "client since 2026-08-02"),
            (
                Circumstances(repeats="b", by="phone", client_since=after()),
                None,
                None,
                "duplicate of lead b (same phone)",
            ),
        ],
    )
    def test_reads(
        self, circumstances: Circumstances, repeat_of: str | None, repeated: Repeated | None, text: str
    ) -> None:
        assert texts(lead(circumstances=circumstances, repeat_of=repeat_of), repeated)["duplicate"] == text

    def test_a_day_is_one_of_the_sites_zone(self) -> None:
        late = Circumstances(client_since=after().replace(hour=22))
        assert texts(lead(circumstances=late))["duplicate"] == "client since 2026-09-02"
        west = policy(site={"time_zone": "Europe/Kaliningrad"})
        assert (
            texts(lead(circumstances=Circumstances(client_since=after().replace(hour=21))), under=west)["duplicate"]
            == "client since 2026-09-01"
        )


class TestQualityAndFraud:
    def test_a_new_lead_is_undecided_and_passes(self) -> None:
        told = texts(lead())
        assert (told["quality"], told["fraud"]) == ("pending", "open")

    def test_what_is_missing_and_why_it_was_lost_are_said(self) -> None:
        reached = (submitted(), linked(), entered(QUALIFIED, after(hours=1)))
        assert texts(lead(*reached, seen("budget")))["quality"] == "qualified_incomplete: missing location"
        assert texts(lead(*reached, seen("budget", "location")))["quality"] == "qualified"
        assert texts(lead(*reached, seen(), entered(LOST, after(hours=2))))["quality"] == "disqualified: missing"

    def test_what_is_held_is_held_with_its_signs(self) -> None:
        bot = submitted(bot_signs={"honeypot_filled": True})
        assert texts(lead(bot))["fraud"].startswith(("held: score ", "fraud: score "))
        released = facts_of.release(after(days=1))
        assert texts(lead(bot, released))["fraud"] == "released"


class TestToldAnew:
    OLD = lead(submitted(client_id=ANNA), linked())

    def test_what_nothing_is_kept_of_never_is(self) -> None:
        changed = self.OLD.with_facts((entered(QUALIFIED, after(hours=1)), seen("budget", "location")))
        assert not is_told_anew(sokol(), self.OLD, changed)
        assert not is_told_anew(sokol(), None, changed)
        assert is_told_anew(policy("quality"), self.OLD, changed)
        assert not is_told_anew(policy("known_ids"), self.OLD, changed)

    def test_a_stage_that_decides_nothing_changes_nothing(self) -> None:
        changed = self.OLD.with_facts((entered("99999", after(hours=1)),))
        assert not is_told_anew(policy(), self.OLD, changed)

    def test_a_guest_on_somebody_elses_deal_is_not_told_of(self) -> None:
        guest = self.OLD.model_copy(update={"ownership": {REF: False}})
        changed = guest.with_facts((entered(MEETING, after(hours=1)), observed(client_id=BORIS)))
        assert not is_told_anew(policy(), guest, changed)
        owner = changed.model_copy(update={"ownership": {REF: True}})
        assert is_told_anew(policy(), guest, owner)

    def test_an_overwriting_is_told_if_it_is_to_be_put_back(self) -> None:
        changed = self.overwritten()
        assert not is_told_anew(sokol(), self.OLD, changed)
        assert is_told_anew(RESTORING, self.OLD, changed)
        back = facts_of.deal_view("amocrm", "1", {"source": {"utm_source": "yandex"}}, after(hours=2))
        assert not is_told_anew(RESTORING, changed, changed.with_facts((back,)))

    def test_nothing_is_put_back_into_a_deal_that_is_gone(self) -> None:
        changed = self.overwritten()
        assert restoring(RESTORING, changed.state(RESTORING)).texts == {"utm_source": "yandex"}
        gone = changed.with_facts((facts_of.crm_entity_lost("amocrm", "1", "deleted", None, after(hours=2)),))
        assert restoring(RESTORING, gone.state(RESTORING)).texts == {}

    @pytest.mark.parametrize("old", [UNLISTED, "я" * LONGEST_TEXT])
    def test_what_is_not_known_whole_is_not_put_back(self, old: str) -> None:
        assert restoring(RESTORING, self.overwritten(old).state(RESTORING)).texts == {}

    def overwritten(self, old: str = "yandex") -> Lead:
        shown = facts_of.deal_view("amocrm", "1", {"source": {"utm_source": "avito"}}, after(hours=1))
        at = after(minutes=59)
        told = facts_of.source_overwriting("amocrm", "1", "utm_source", old, "avito", "5", at)
        return self.OLD.with_facts((told, shown))


RESTORING = sokol(sources={"restore": True})
