"""What the policy says of forms, told back: odd names, and who must bring a key."""

from __future__ import annotations

from leadloop.policy import Policy
from leadloop.policy.plain_words import tell
from support.policies import sokol


def forms(policy: Policy) -> list[str]:
    return [line for chapter in tell(policy) if chapter.title == "Forms" for line in chapter.lines]


def test_a_policy_that_says_nothing_of_forms_tells_nothing_of_them() -> None:
    assert forms(sokol()) == []


def test_every_name_and_every_sender_with_a_key_is_told() -> None:
    said = {
        "fields": {"Ваш контакт": "phone", "Телефон менеджера": "ignored"},
        "tilda_key": "Api-Key",
        "vk_groups": {"200000001": "1a2b3c4d", "200000002": "5e6f7a8b"},
        "google_key": "required",
    }
    assert forms(sokol(forms=said)) == [
        "a field named 'Ваш контакт' is read as phone",
        "a field named 'Телефон менеджера' is not what its name says, and is not read for it",
        "a form of Tilda must bring its API key as Api-Key",
        "of VK only 200000001, 200000002 may post, with the secret key of its community",
        "a lead form of Google Ads must bring its key",
    ]
