"""Every golden form post is understood as its expectation says, and shows nothing personal."""

import pytest

from support.form_cases import CASES, FormCase


@pytest.mark.parametrize("name", CASES)
def test_a_form_post_is_understood(name: str) -> None:
    case = FormCase.read(name)
    assert case.understood() == case.expected


def test_there_is_a_case_for_every_kind_of_sender() -> None:
    senders = {name.partition("-")[0] for name in CASES}
    assert {"tilda", "elementor", "browser", "beacon", "json", "broken"} <= senders
