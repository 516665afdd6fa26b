"""The policy of the invented developer «Сокол» is what ``leadloop init`` writes."""

import re
from pathlib import Path

import pytest

from leadloop.cli.new_project import Choices, Language, policy_text
from leadloop.policy import ContactMode, GoalEvent
from leadloop.policy.loader import load_policy, read_policy

OWN_FIELDS = {"known_ids", "duplicate", "quality", "fraud"}
EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "real_estate" / "leadloop.yaml"


def test_example_is_understood() -> None:
    policy = load_policy(EXAMPLE)
    assert policy.site.counter == "45000001"
    assert policy.crm.host == "sokol.amocrm.ru"
    assert policy.contacts.mode is ContactMode.HASH
    assert policy.crm.stage_of("3383152", "142") == "sold"
    assert policy.goals["lead_received"].on is GoalEvent.RECEIVED
    assert policy.goals["lead_sold"].value == "price"


def test_example_is_the_text_that_init_writes() -> None:
    public_key = load_policy(EXAMPLE).contacts.public_key
    assert EXAMPLE.read_text(encoding="utf-8") == policy_text(Choices(language="ru"), public_key)


def test_both_languages_say_the_same() -> None:
    public_key = load_policy(EXAMPLE).contacts.public_key
    assert read_policy(policy_text(Choices(language="en"), public_key)) == load_policy(EXAMPLE)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_what_is_commented_out_holds_once_the_hashes_are_gone(language: Language) -> None:
    public_key = load_policy(EXAMPLE).contacts.public_key
    text = policy_text(Choices(language=language), public_key)
    text = re.sub(r"^  # (?=(fields:|  [a-z_]+: [0-9]))", "  ", text, flags=re.MULTILINE)
    policy = read_policy(re.sub(r"^# (?=( *[a-z_]+:( |$)))", "", text, flags=re.MULTILINE))
    assert policy.crm.fields.model_dump(exclude_unset=True).keys() == {
        "source",
        "called_number",
        "call_seconds",
        *OWN_FIELDS,
    }
    assert policy.crm.fields.own == OWN_FIELDS
    assert set(policy.forms.fields.values()) == {"phone", "ignored"}
    assert (policy.forms.tilda_key, policy.forms.vk_groups) == ("Api-Key", {"200000001": "1a2b3c4d"})
    assert (policy.qualification.profile, policy.qualification.needed) == ("warm", ("location", "budget"))
    assert set(policy.disqualification.reasons) == {"spam", "wants_to_rent"}
