"""Of every setting of the policy it is known whether history can be judged by another value of it."""

from __future__ import annotations

from typing import Any

import pytest

from leadloop.policy import Policy
from leadloop.policy.settings import settings, settings_of_kinds
from leadloop.report.what_if_settings import group_of, not_kept, without_verdict
from support.policies import sokol

NAMES = sorted({one.name for one in (*settings(), *settings_of_kinds()) if not one.is_section})


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_judged_by_or_named_as_not_judged(name: str) -> None:
    assert group_of(name)


def test_no_group_names_what_is_no_setting() -> None:
    from leadloop.report import what_if_settings as groups

    held = groups.JUDGED | groups.READ_IN_THE_CRM | groups.NOT_KEPT.keys() | groups.NO_VERDICT.keys()
    assert held == set(NAMES)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"fraud": {"weights": {"phone_block": 100}}}, "fraud.weights.phone_block"),
        ({"fraud": {"providers": {"adjust": {}}}}, "fraud.providers.adjust"),
        ({"identity": {"shared": ["info@sokol.example"]}}, "identity.shared"),
        ({"site": {"origins": ["https://other.example"]}}, "site.origins"),
        ({"site": {"default_region": "KZ"}}, "site.default_region"),
        ({"contacts": {"mode": "none"}}, "contacts.mode"),
        ({"defaults": {"key_match_window": "30d"}}, "defaults.key_match_window"),
        ({"crm": {"account": "other"}}, "crm.account"),
    ],
)
def test_what_acts_before_facts_are_made_is_named_with_the_reason(changed: dict[str, Any], named: str) -> None:
    told = not_kept(sokol(), sokol(**changed))
    assert told.keys() == {named}
    assert told[named]
    assert not_kept(sokol(**changed), sokol(**changed)) == {}


def test_blocks_of_phones_that_are_noted_already_are_judged_by() -> None:
    assert not_kept(weighing(50), weighing(100)) == {}
    assert not_kept(weighing(50), weighing(0)) == {}


def weighing(block: int) -> Policy:
    return sokol(fraud={"weights": {"phone_block": block}})


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"defaults": {"pull_period": "30m"}}, "defaults.pull_period"),
        ({"goals": {"lead_received": {"on": "received", "value": 500}}}, "goals.lead_received.value"),
        ({"schedules": {"sync-crm": "*/5 * * * *"}}, "schedules"),
    ],
)
def test_what_judges_no_lead_says_so(changed: dict[str, Any], named: str) -> None:
    assert without_verdict(sokol(), sokol(**changed)).keys() == {named}


def test_of_an_entry_that_is_new_the_defaults_are_not_named() -> None:
    bare, titled = ({"dictionary": {"vk": {"title": title}}} for title in ("", "ВК"))
    assert without_verdict(sokol(sources=bare), sokol(sources=titled)).keys() == {"sources.dictionary.vk.title"}
    assert without_verdict(sokol(), sokol(sources=titled, goals={"lead_bad": {"on": "disqualified"}})) == {}


def test_what_is_judged_by_is_not_named() -> None:
    other = sokol(duplicates={"window": "30d"}, fraud={"hold_from": 60}, qualification={"profile": "cold"})
    assert not_kept(sokol(), other) == without_verdict(sokol(), other) == {}
