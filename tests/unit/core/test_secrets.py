"""Secrets come from the environment, are never empty, and are never shown."""

import pytest

from leadloop.secrets import HOOK_SECRET, METRICA_TOKEN, SecretMissing, Secrets, endpoint


def test_a_secret_is_read_without_the_blanks_around_it() -> None:
    assert Secrets({METRICA_TOKEN: " y0_abc\n"}).get(METRICA_TOKEN) == "y0_abc"


@pytest.mark.parametrize("environment", [{}, {METRICA_TOKEN: ""}, {METRICA_TOKEN: " \n"}])
def test_a_secret_that_is_not_there_is_named(environment: dict[str, str]) -> None:
    with pytest.raises(SecretMissing, match=r"LEADLOOP_METRICA_TOKEN is not set; set it .* and start again") as missing:
        Secrets(environment).get(METRICA_TOKEN)
    assert missing.value.name == METRICA_TOKEN


def test_two_secrets_at_once_let_one_be_replaced() -> None:
    assert Secrets({HOOK_SECRET: "new , old,"}).several(HOOK_SECRET) == ("new", "old")


@pytest.mark.parametrize("text", ["", ",", " , ,"])
def test_commas_alone_are_no_secret(text: str) -> None:
    """An empty list of secrets would refuse everybody in silence."""
    with pytest.raises(SecretMissing):
        Secrets({HOOK_SECRET: text}).several(HOOK_SECRET)


def test_secrets_are_not_shown() -> None:
    assert "y0_abc" not in repr(Secrets({METRICA_TOKEN: "y0_abc"}))
    assert "y0_abc" not in str(SecretMissing(METRICA_TOKEN))


@pytest.mark.parametrize(
    ("environment", "used"),
    [
        ({}, "https://api-metrika.yandex.net"),
        ({"LEADLOOP_ENDPOINT_METRICA": ""}, "https://api-metrika.yandex.net"),
        ({"LEADLOOP_ENDPOINT_METRICA": "http://127.0.0.1:9000/"}, "http://127.0.0.1:9000"),
        ({"LEADLOOP_ENDPOINT_AMOCRM": "http://127.0.0.1:9001"}, "https://api-metrika.yandex.net"),
    ],
)
def test_a_vendor_can_be_somewhere_else(environment: dict[str, str], used: str) -> None:
    assert endpoint(environment, "metrica", "https://api-metrika.yandex.net") == used
