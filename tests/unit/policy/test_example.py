"""The policy of the invented developer «Сокол» is what ``leadloop init`` writes."""

from pathlib import Path

from leadloop.cli.new_project import Choices, policy_text
from leadloop.policy import ContactMode, GoalEvent, load_policy, read_policy

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
