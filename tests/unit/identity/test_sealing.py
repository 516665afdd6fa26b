"""Only the owner can open what was sealed."""

import base64

import pytest

from leadloop.identity.contact import Contact, open_contact
from leadloop.identity.keys import KeyMalformed
from leadloop.identity.sealing import SealUnreadable, seal, unseal
from support.policies import SEAL_PRIVATE_KEY, SEAL_PUBLIC_KEY

OTHER_KEY = base64.b64encode(b"\x22" * 32).decode()


@pytest.mark.parametrize("content", [b"", b"\x00\xff", "Анна".encode(), b"x" * 300_000])
def test_the_owner_reads_back_every_byte(content: bytes) -> None:
    assert unseal(SEAL_PRIVATE_KEY, seal(SEAL_PUBLIC_KEY, content)) == content


def test_the_same_content_seals_differently_each_time() -> None:
    assert seal(SEAL_PUBLIC_KEY, b"Anna") != seal(SEAL_PUBLIC_KEY, b"Anna")


def test_another_key_opens_nothing() -> None:
    with pytest.raises(SealUnreadable, match="sealed to another key or damaged"):
        unseal(OTHER_KEY, seal(SEAL_PUBLIC_KEY, b"Anna"))


@pytest.mark.parametrize("text", ["", "not base64!", "QUJD"])
def test_a_damaged_text_is_named_as_such(text: str) -> None:
    with pytest.raises(SealUnreadable):
        unseal(SEAL_PRIVATE_KEY, text)


@pytest.mark.parametrize("key", ["", "short", base64.b64encode(b"x" * 31).decode()])
def test_a_malformed_key_is_named_without_its_value(key: str) -> None:
    with pytest.raises(KeyMalformed, match="LEADLOOP_SEAL_PRIVATE_KEY is malformed: expected 32 bytes"):
        unseal(key, "")
    with pytest.raises(KeyMalformed, match=r"contacts\.public_key"):
        seal(key, b"")


def test_a_contact_comes_back_whole_and_never_prints_itself() -> None:
    contact = Contact(name="Анна Примерова", phones=("+79990000003",), emails=("anna@example.org",), comment="вечером")
    sealed = contact.sealed(SEAL_PUBLIC_KEY)
    assert open_contact(SEAL_PRIVATE_KEY, sealed) == contact
    assert f"{contact} {contact!r}" == "Contact(…) Contact(…)"
    assert not Contact()
