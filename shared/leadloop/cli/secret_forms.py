"""Whether the secrets a deployment needs are set and well formed. Values are looked at and never shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from leadloop.crm.bitrix24.access import judge_address
from leadloop.doctor.token_form import fault_of
from leadloop.identity.keys import KeyMalformed, KeyRing
from leadloop.manifest import Manifest
from leadloop.policy import Policy
from leadloop.secret_readers import readers
from leadloop.secrets import (
    AMOCRM_CLIENT_SECRET,
    AMOCRM_TOKEN,
    BITRIX24_APPLICATION_TOKEN,
    BITRIX24_WEBHOOK,
    COMAGIC_TOKEN,
    GOOGLE_FORM_KEY,
    HMAC_KEY,
    HOOK_SECRET,
    METRICA_TOKEN,
    SEAL_PRIVATE_KEY,
    SIGNED_SECRET,
    TILDA_KEY,
    VERDICT_SECRET,
    VK_SECRET,
    SecretMissing,
    Secrets,
)
from leadloop.standard_webhooks import signing_keys
from leadloop.verdict import Verdict

LEAST_KEY_BYTES = 32
"""HMAC-SHA256 gains nothing from more and loses from less (RFC 2104, section 3)."""
LEAST_HOOK_LETTERS = 16
LEAST_SHARED_LETTERS = 8
"""VK's secret keys and Google's webhook keys may be at most 50 characters long, so many do not go far beyond."""


class State(StrEnum):
    """What can be said of a variable without saying its value."""

    SET = "set"
    MISSING = "missing"
    MALFORMED = "malformed"


class Variable(NamedTuple):
    """One environment variable: who reads it, and how it stands."""

    name: str
    state: State
    reason: str
    read_by: tuple[str, ...]


def look(
    manifest: Manifest, environment: Mapping[str, str], policy: Policy, public_key_of: Callable[[str], str]
) -> Iterator[Variable]:
    """Every variable a function of the manifest reads. ``public_key_of`` derives a seal key's public half."""
    named: dict[str, tuple[str, ...]] = {}
    for function, entry in manifest.functions.items():
        for name in entry.secrets:
            named[name] = (*named.get(name, ()), function)
    needed = readers(manifest, policy)
    secrets = Secrets(environment)
    for name, read_by in named.items():
        if name not in needed and name != SEAL_PRIVATE_KEY:
            continue
        try:
            verdict = form_of(name, secrets, policy, public_key_of)
        except SecretMissing:
            reason = "" if name in needed else "needed only to open what was sealed"
            yield Variable(name, State.MISSING, reason, needed.get(name, read_by))
        else:
            state = State.SET if verdict else State.MALFORMED
            yield Variable(name, state, verdict.reason, needed.get(name, read_by))


def form_of(name: str, secrets: Secrets, policy: Policy, public_key_of: Callable[[str], str]) -> Verdict:
    """Whether a secret is in the form it must have. Raises ``SecretMissing``."""
    match name:
        case _ if name == HMAC_KEY:
            return _hmac_ring(secrets)
        case _ if name == SEAL_PRIVATE_KEY:
            return _seal_key(secrets, policy, public_key_of)
        case _ if name == HOOK_SECRET:
            return _hook(secrets)
        case _ if name in (SIGNED_SECRET, VERDICT_SECRET):
            return _signing_keys(secrets, name)
        case _ if name == BITRIX24_WEBHOOK:
            return judge_address(secrets.get(name), policy.crm.host)
        case _ if name in (TILDA_KEY, VK_SECRET, GOOGLE_FORM_KEY, BITRIX24_APPLICATION_TOKEN):
            return _shared_keys(secrets, name)
        case _ if name in (AMOCRM_TOKEN, AMOCRM_CLIENT_SECRET, COMAGIC_TOKEN, METRICA_TOKEN):
            return _token(secrets, name)
    secrets.get(name)
    return Verdict(True, "secret.set", "")


def _hmac_ring(secrets: Secrets) -> Verdict:
    expected = f"expected id:hex with at least {LEAST_KEY_BYTES} bytes, such as k1:<64 hexadecimal digits>"
    try:
        KeyRing.of(secrets)
    except KeyMalformed:
        return Verdict(False, "secret.hmac_form", f"{expected}; several are joined by commas, newest first")
    shortest = min(len(entry.partition(":")[2]) // 2 for entry in secrets.several(HMAC_KEY))
    if shortest < LEAST_KEY_BYTES:
        return Verdict(False, "secret.hmac_short", f"{expected}, found a key of only {shortest} bytes")
    return Verdict(True, "secret.hmac_form", "")


def _seal_key(secrets: Secrets, policy: Policy, public_key_of: Callable[[str], str]) -> Verdict:
    try:
        public_key = public_key_of(secrets.get(SEAL_PRIVATE_KEY))
    except ValueError as error:
        return Verdict(False, "secret.seal_form", f"{error}; write it again as `leadloop init` wrote it")
    if public_key != policy.contacts.public_key:
        reason = "is not the other half of contacts.public_key, so nothing sealed could be opened; use the pair's own"
        return Verdict(False, "secret.seal_pair", reason)
    return Verdict(True, "secret.seal_pair", "opens what contacts.public_key seals")


def _hook(secrets: Secrets) -> Verdict:
    if all(re.fullmatch(rf"[A-Za-z0-9_-]{{{LEAST_HOOK_LETTERS},}}", part) for part in secrets.several(HOOK_SECRET)):
        return Verdict(True, "secret.hook_form", "")
    reason = f"expected at least {LEAST_HOOK_LETTERS} letters, digits, - or _, because it stands in a path"
    return Verdict(False, "secret.hook_form", reason)


def _signing_keys(secrets: Secrets, name: str) -> Verdict:
    try:
        signing_keys(secrets, name)
    except KeyMalformed:
        reason = "expected whsec_ and 24 to 64 bytes in base64; two are joined by a comma while one is replaced"
        return Verdict(False, "secret.signing_form", reason)
    return Verdict(True, "secret.signing_form", "")


def _shared_keys(secrets: Secrets, name: str) -> Verdict:
    if all(len(part) >= LEAST_SHARED_LETTERS for part in secrets.several(name)):
        return Verdict(True, "secret.shared_form", "")
    reason = f"expected at least {LEAST_SHARED_LETTERS} characters that nobody guesses; two are joined by a comma"
    return Verdict(False, "secret.shared_form", reason)


def _token(secrets: Secrets, name: str) -> Verdict:
    fault = fault_of(secrets.get(name))
    if not fault:
        return Verdict(True, "secret.token_form", "")
    return Verdict(False, "secret.token_form", f"{fault}; expected the token alone: copy it again")
