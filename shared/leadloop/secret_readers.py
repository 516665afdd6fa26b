"""Which function reads which secret under a policy: what a start asks for, what a function is given in the cloud."""

from __future__ import annotations

from leadloop.manifest import Function, Manifest
from leadloop.policy import ContactMode, Policy
from leadloop.secrets import SEAL_PRIVATE_KEY, VERDICT_SECRET


def secrets_of(function: Function, policy: Policy) -> tuple[str, ...]:
    """The environment variables with secrets that a function of the manifest reads.

    The owner's private key opens contacts only where they are kept, and verdicts are signed only for a policy that
    names the services they come from; elsewhere nobody is handed the one or the other.
    """
    idle = set()
    if policy.contacts.mode is not ContactMode.KEEP:
        idle.add(SEAL_PRIVATE_KEY)
    if not policy.fraud.providers:
        idle.add(VERDICT_SECRET)
    return tuple(name for name in function.secrets if name not in idle)


def readers(manifest: Manifest, policy: Policy) -> dict[str, tuple[str, ...]]:
    """Secret → the functions that read it, in the manifest's order; none that nobody reads."""
    found: dict[str, tuple[str, ...]] = {}
    for name, function in manifest.functions.items():
        for secret in secrets_of(function, policy):
            found[secret] = (*found.get(secret, ()), name)
    return found
