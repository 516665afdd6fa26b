"""Contact keys: the same contact meets itself, under every key of the ring, and no secret is ever shown."""

import hashlib
import hmac

import pytest
from pydantic_core import to_json

from leadloop.identity.keys import KeyMalformed, KeyRing
from leadloop.messages import ContactKey
from leadloop.secrets import SecretMissing, Secrets

OLD, NEW = "11" * 32, "22" * 32
PHONE = "+79990000003"


def test_a_key_is_the_hmac_of_kind_and_normal_form() -> None:
    [key] = KeyRing.read(f"k1:{OLD}").keys_of("phone", PHONE)
    expected = hmac.new(bytes.fromhex(OLD), b"phone:+79990000003", hashlib.sha256).hexdigest()
    assert (key.hmac, key.id) == (expected, f"phone-k1-n1-{expected}")


def test_a_new_key_is_written_under_and_the_old_one_still_looked_up() -> None:
    before = KeyRing.read(f"k1:{OLD}").keys_of("phone", PHONE)
    ring = KeyRing.read(f"k2:{NEW}, k1:{OLD}")
    newest, oldest = ring.keys_of("phone", PHONE)
    assert (newest.key_id, oldest) == ("k2", before[0])
    assert (ring.newest, ring.oldest) == ("k2", "k1")


def test_a_phone_and_an_email_of_the_same_text_do_not_meet() -> None:
    ring = KeyRing.read(f"k1:{OLD}")
    assert ring.keys_of("phone", "x")[0].hmac != ring.keys_of("email", "x")[0].hmac


def test_a_ready_key_stands_under_the_newest_key() -> None:
    ring = KeyRing.read(f"k2:{NEW},k1:{OLD}")
    ready = ring.ready_key("phone", " " + "AB" * 32)
    assert ready is not None
    assert (ready.key_id, ready.hmac) == ("k2", "ab" * 32)


def test_a_key_reads_the_same_off_the_bus() -> None:
    [key] = KeyRing.read(f"k1:{OLD}").keys_of("email", "anna@mail.example")
    read = ContactKey.model_validate_json(to_json(key._asdict()))
    assert (read.id, read.model_dump()) == (key.id, key._asdict())


@pytest.mark.parametrize("text", ["", "ab" * 31, "ab" * 33, "zz" * 32, PHONE])
def test_what_is_no_ready_key_is_none(text: str) -> None:
    assert KeyRing.read(f"k1:{OLD}").ready_key("phone", text) is None


def test_parts_of_a_keyed_digest_do_not_run_together() -> None:
    ring = KeyRing.read(f"k1:{OLD}")
    assert ring.keyed_digest(b"ab", b"c") != ring.keyed_digest(b"a", b"bc")
    assert ring.keyed_digest(b"ab") != KeyRing.read(f"k1:{NEW}").keyed_digest(b"ab")


@pytest.mark.parametrize(
    "text", [OLD, f"k1={OLD}", f"k1:{OLD},", f"k1:{OLD},k1:{NEW}", "k1:" + "ab" * 8, f"K 1:{OLD}", "k1:" + "g" * 64]
)
def test_a_malformed_ring_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(KeyMalformed, match="LEADLOOP_HMAC_KEY is malformed") as refused:
        KeyRing.read(text)
    assert OLD[:16] not in str(refused.value)


def test_a_missing_ring_is_named() -> None:
    with pytest.raises(SecretMissing, match="LEADLOOP_HMAC_KEY"):
        KeyRing.of(Secrets({}))


def test_a_ring_does_not_print_its_keys() -> None:
    ring = KeyRing.read(f"k1:{OLD}")
    assert OLD not in repr(ring)
    assert repr(bytes.fromhex(OLD))[2:-1] not in repr(ring)
