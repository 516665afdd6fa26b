"""A tick of the schedule over every account of the policy in turn: each is pulled, and its marks drained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from leadloop.crm.defects import OF_OURS, NotUnderstood
from leadloop.crm.draining import CRM_UNREADABLE, drain
from leadloop.crm.port import Crm
from leadloop.crm.pulling import pull
from leadloop.crm.token_expiry import announce_expiry
from leadloop.identity.keys import KeyMalformed
from leadloop.runtime import Runtime
from leadloop.secrets import SecretMissing


class Synced(NamedTuple):
    """What a tick did, over all accounts."""

    found: int
    read: int
    complete: bool
    """Whether every feed of every account was read to its end."""


def sync_all(runtime: Runtime, accounts: Sequence[Crm], function: str, most: int) -> Synced:
    """Read what changed in each account; one that does not answer keeps no other from being read.

    ``most`` entities of those found, and as many of those marked, are read of each. Raises ``StoreError``.
    """
    ticks = [_sync(runtime, account, function, most) for account in accounts]
    found, read, complete = zip(*ticks, strict=True)
    return Synced(sum(found), sum(read), all(complete))


def _sync(runtime: Runtime, account: Crm, function: str, most: int) -> Synced:
    try:
        pulled = pull(runtime, account, function, most)
        drained = 0 if pulled.unreadable else drain(runtime, account, function, most)
        announce_expiry(runtime, account)
    except (SecretMissing, KeyMalformed, *OF_OURS) as fault:
        failure = NotUnderstood(account.name, fault) if isinstance(fault, OF_OURS) else fault
        what_to_do = NotUnderstood.what_to_do if isinstance(fault, OF_OURS) else CRM_UNREADABLE
        runtime.log.error("crm_unreadable", crm=account.name, reason=str(failure), what_to_do=what_to_do)
        return Synced(0, 0, complete=False)
    return Synced(pulled.found, pulled.read + drained, pulled.complete)
