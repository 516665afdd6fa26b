"""Which function reads which secret under a policy: what a start asks for, what a function is given in the cloud."""

from __future__ import annotations

from leadloop.manifest import Function, Manifest
from leadloop.policy import AmoCrm, ContactMode, Policy
from leadloop.secrets import (
    AMOCRM_CLIENT_SECRET,
    AMOCRM_TOKEN,
    BITRIX24_APPLICATION_TOKEN,
    BITRIX24_WEBHOOK,
    COMAGIC_TOKEN,
    GOOGLE_FORM_KEY,
    HMAC_KEY,
    HOOK_SECRET,
    SEAL_PRIVATE_KEY,
    SIGNED_SECRET,
    TILDA_KEY,
    VERDICT_SECRET,
    VK_SECRET,
)

ON_DEMAND = frozenset(
    {
        AMOCRM_CLIENT_SECRET,
        BITRIX24_APPLICATION_TOKEN,
        BITRIX24_WEBHOOK,
        COMAGIC_TOKEN,
        SIGNED_SECRET,
        VERDICT_SECRET,
        TILDA_KEY,
        VK_SECRET,
        GOOGLE_FORM_KEY,
    }
)
"""What only a policy that names its sender, or its integration, needs: nobody else need hear of it."""


def needed_under_every_policy(function: Function) -> frozenset[str]:
    """Those of a function's secrets that no policy spares it, whatever senders it names."""
    spared = ON_DEMAND | {HMAC_KEY} if SIGNED_SECRET in function.secrets else ON_DEMAND
    return frozenset(function.secrets) - spared


def secrets_of(function: Function, policy: Policy) -> tuple[str, ...]:
    """The environment variables with secrets that a function of the manifest reads.

    The owner's private key opens contacts only where they are kept, and a secret between us and a sender is needed only
    by a policy that names the sender; elsewhere nobody is handed them. An integration needs no long-lived token.
    A function that takes signed webhooks keys contacts for these alone.
    """
    is_heard, takes_contacts = policy.crm.is_heard, policy.contacts.mode is not ContactMode.NONE
    by_oauth = isinstance(policy.crm, AmoCrm) and policy.crm.oauth is not None
    asked_for = {
        AMOCRM_TOKEN: policy.crm.kind == "amocrm" and not by_oauth,
        AMOCRM_CLIENT_SECRET: by_oauth,
        BITRIX24_APPLICATION_TOKEN: policy.crm.kind == "bitrix24",
        BITRIX24_WEBHOOK: policy.crm.kind == "bitrix24",
        COMAGIC_TOKEN: policy.call_tracker is not None,
        HMAC_KEY: SIGNED_SECRET not in function.secrets or (is_heard and takes_contacts),
        HOOK_SECRET: any(name != "signed" for name in policy.account_names),
        SIGNED_SECRET: is_heard,
        SEAL_PRIVATE_KEY: policy.contacts.mode is ContactMode.KEEP,
        VERDICT_SECRET: bool(policy.fraud.providers),
        TILDA_KEY: policy.forms.tilda_key is not None,
        VK_SECRET: bool(policy.forms.vk_groups),
        GOOGLE_FORM_KEY: policy.forms.google_key == "required",
    }
    return tuple(name for name in function.secrets if asked_for.get(name, True))


def readers(manifest: Manifest, policy: Policy) -> dict[str, tuple[str, ...]]:
    """Secret → the functions that read it, in the manifest's order; none that nobody reads."""
    found: dict[str, tuple[str, ...]] = {}
    for name, function in manifest.functions.items():
        for secret in secrets_of(function, policy):
            found[secret] = (*found.get(secret, ()), name)
    return found
