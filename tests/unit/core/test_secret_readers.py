"""Who is handed which secret under a policy."""

from __future__ import annotations

import pytest

from leadloop.policy import Policy
from leadloop.secret_readers import ON_DEMAND, readers, secrets_of
from leadloop.secrets import (
    AMOCRM_CLIENT_SECRET,
    AMOCRM_TOKEN,
    BITRIX24_APPLICATION_TOKEN,
    BITRIX24_WEBHOOK,
    GOOGLE_FORM_KEY,
    HMAC_KEY,
    HOOK_SECRET,
    SEAL_PRIVATE_KEY,
    SIGNED_SECRET,
    TILDA_KEY,
    VERDICT_SECRET,
    VK_SECRET,
)
from support.bitrix24_desk import in_portal
from support.knocks import MANIFEST
from support.oauth_desk import oauth_policy
from support.policies import sokol
from support.signed_desk import heard

OF_SENDERS = (TILDA_KEY, VK_SECRET, GOOGLE_FORM_KEY)


@pytest.mark.parametrize(("mode", "handed"), [("none", ()), ("hash", ()), ("keep", ("deliver-lead",))])
def test_the_owner_s_private_key_is_handed_out_only_where_contacts_are_kept(mode: str, handed: tuple[str, ...]) -> None:
    assert readers(MANIFEST, sokol(mode)).get(SEAL_PRIVATE_KEY, ()) == handed


@pytest.mark.parametrize(("providers", "handed"), [({}, ()), ({"adjust": {}}, ("receive-verdict",))])
def test_verdicts_are_signed_only_for_a_policy_that_names_services(
    providers: dict[str, object], handed: tuple[str, ...]
) -> None:
    assert readers(MANIFEST, sokol(fraud={"providers": providers})).get(VERDICT_SECRET, ()) == handed


@pytest.mark.parametrize(
    ("forms", "handed"),
    [
        ({}, set()),
        ({"tilda_key": "Api-Key"}, {TILDA_KEY}),
        ({"vk_groups": {"200000001": "1a2b3c4d"}}, {VK_SECRET}),
        ({"google_key": "required"}, {GOOGLE_FORM_KEY}),
    ],
)
def test_keys_of_senders_are_handed_out_only_for_a_policy_that_asks_for_them(
    forms: dict[str, object], handed: set[str]
) -> None:
    found = readers(MANIFEST, sokol(forms=forms))
    assert {name for name in OF_SENDERS if found.get(name) == ("capture-lead",)} == handed


def test_an_integration_is_let_in_by_its_own_secret_and_needs_no_long_lived_token() -> None:
    callers = ("deliver-lead", "read-crm", "sync-crm")
    found = [readers(MANIFEST, policy) for policy in (sokol(), oauth_policy())]
    assert [one.get(AMOCRM_TOKEN) for one in found] == [callers, None]
    assert [one.get(AMOCRM_CLIENT_SECRET) for one in found] == [None, callers]


@pytest.mark.parametrize(
    ("policy", "handed"),
    [
        (sokol(), {HOOK_SECRET}),
        (heard(), {SIGNED_SECRET, HMAC_KEY}),
        (heard("none"), {SIGNED_SECRET}),
    ],
    ids=["asked", "heard", "heard without contacts"],
)
def test_who_takes_webhooks_is_handed_what_their_sender_is_known_by_and_what_their_contacts_are_keyed_with(
    policy: Policy, handed: set[str]
) -> None:
    assert {*secrets_of(MANIFEST.functions["receive-crm-event"], policy)} == handed


def test_a_portal_s_webhooks_are_handed_out_only_for_a_policy_of_bitrix24() -> None:
    asks, heard = ("deliver-lead", "read-crm", "sync-crm"), ("receive-crm-event",)
    found = readers(MANIFEST, in_portal())
    assert (found[BITRIX24_WEBHOOK], found[BITRIX24_APPLICATION_TOKEN]) == (asks, heard)
    assert AMOCRM_TOKEN not in found
    assert not {BITRIX24_WEBHOOK, BITRIX24_APPLICATION_TOKEN} & readers(MANIFEST, sokol()).keys()


def test_every_other_secret_is_handed_to_whoever_the_manifest_names() -> None:
    for name, function in MANIFEST.functions.items():
        by_policy = {SEAL_PRIVATE_KEY, *ON_DEMAND, *({HMAC_KEY} if name == "receive-crm-event" else ())}
        assert set(function.secrets) - by_policy == set(secrets_of(function, sokol("hash"))), name
