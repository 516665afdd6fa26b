"""Signatures of Standard Webhooks: the specification's own example, and every byte of it changed."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from leadloop.identity.keys import KeyMalformed
from leadloop.secrets import VERDICT_SECRET, SecretMissing, Secrets
from leadloop.standard_webhooks import Stamp, judge, signing_keys

# The published example: https://github.com/standard-webhooks/standard-webhooks, libraries' tests.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, TIMESTAMP = "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330"
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
SENT_AT = datetime.fromtimestamp(int(TIMESTAMP), UTC)
OTHER = f"whsec_{base64.b64encode(bytes(32)).decode()}"


def rule(
    signatures: str = SIGNATURE,
    id_: str = ID,
    timestamp: str = TIMESTAMP,
    body: bytes = BODY,
    secret: str = SECRET,
    now: datetime = SENT_AT,
) -> str:
    """Which rule decides."""
    said = {"webhook-id": id_, "webhook-timestamp": timestamp, "webhook-signature": signatures}
    verdict = judge(signing_keys(Secrets({VERDICT_SECRET: secret}), VERDICT_SECRET), Stamp.of(said), body, now)
    assert verdict.ok is (verdict.rule == "webhook.signed")
    return verdict.rule


def test_the_published_example_is_signed() -> None:
    assert rule() == "webhook.signed"


@pytest.mark.parametrize("secret", [f"{OTHER},{SECRET}", f"{SECRET},{OTHER}", SECRET.removeprefix("whsec_")])
def test_each_of_two_secrets_is_in_force(secret: str) -> None:
    assert rule(secret=secret) == "webhook.signed"


@pytest.mark.parametrize("signatures", [f"v1,AAAA {SIGNATURE}", f"{SIGNATURE} v1a,AAAA", f"v1,{'A' * 44} {SIGNATURE}"])
def test_one_of_several_signatures_is_enough(signatures: str) -> None:
    assert rule(signatures) == "webhook.signed"


@pytest.mark.parametrize(
    "signatures",
    [
        *("", "v1,", SIGNATURE[3:], f"v2,{SIGNATURE[3:]}", SIGNATURE.lower()),
        *(f"v1,{SIGNATURE}", "v1,ж", f"{SIGNATURE},", " ".join(["v1,AAAA"] * 50 + [SIGNATURE])),
    ],
)
def test_nothing_else_is_a_signature(signatures: str) -> None:
    assert rule(signatures) == "webhook.unsigned"


def test_another_secret_signed_nothing_of_ours() -> None:
    assert rule(secret=OTHER) == "webhook.unsigned"


@pytest.mark.parametrize("place", range(len(BODY)))
def test_any_byte_of_the_body_changed_is_noticed(place: int) -> None:
    for change in (1, 0x80):
        forged = BODY[:place] + bytes([BODY[place] ^ change]) + BODY[place + 1 :]
        assert rule(body=forged) == "webhook.unsigned"
    assert rule(body=BODY[:place] + BODY[place + 1 :]) == "webhook.unsigned"


@pytest.mark.parametrize("place", range(len(SIGNATURE)))
def test_any_character_of_the_signature_changed_is_noticed(place: int) -> None:
    other = "A" if SIGNATURE[place] != "A" else "B"
    assert rule(SIGNATURE[:place] + other + SIGNATURE[place + 1 :]) == "webhook.unsigned"


def test_any_character_of_id_and_time_changed_is_noticed() -> None:
    for place in range(len(ID)):
        assert rule(id_=ID[:place] + "!" + ID[place + 1 :]) == "webhook.unsigned"
    assert rule(timestamp=str(int(TIMESTAMP) + 1)) == "webhook.unsigned"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(300, "webhook.signed"), (301, "webhook.stale"), (-300, "webhook.signed"), (-301, "webhook.stale")],
)
def test_five_minutes_either_way_are_borne(seconds: int, expected: str) -> None:
    assert rule(now=SENT_AT + timedelta(seconds=seconds)) == expected


@pytest.mark.parametrize("timestamp", ["", "now", "-1", "1614265330.5", "１６１４２６５３３０", "9" * 12])
def test_a_time_is_whole_seconds(timestamp: str) -> None:
    assert rule(timestamp=timestamp) == "webhook.time_missing"


@pytest.mark.parametrize("id_", ["", "x" * 257, "msg\n1", "мсг"])
def test_an_id_is_plain_text(id_: str) -> None:
    assert rule(id_=id_) == "webhook.id_missing"


@pytest.mark.parametrize("secret", ["whsec_short", f"{SECRET},whsec_%%%", "whsec_" + "A" * 30, "A" * 92])
def test_a_secret_in_another_form_is_told_without_its_value(secret: str) -> None:
    with pytest.raises(KeyMalformed, match="24 to 64 bytes in base64") as malformed:
        rule(secret=secret)
    assert secret not in str(malformed.value)


def test_without_a_secret_nothing_is_judged() -> None:
    with pytest.raises(SecretMissing):
        rule(secret=" , ")
