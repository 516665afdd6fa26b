"""What a CRM has told of that is heard and not asked: whether it can be known, when it spoke last, and of what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from leadloop.crm.signed.survey import Heard, hear_of
from leadloop.doctor.check import Check, Stage, State
from leadloop.identity.keys import KeyMalformed
from leadloop.numerals import counted
from leadloop.policy import Policy
from leadloop.secrets import SIGNED_SECRET, SecretMissing
from leadloop.standard_webhooks import signing_keys

if TYPE_CHECKING:
    from leadloop.runtime import Runtime

_MAKE = "whsec_$(openssl rand -base64 32)"
_POST = "let it post to .../receive-crm-event/signed, as docs/en/signed-webhooks.md says"


def told_checks(world: Runtime, *, has_store: bool) -> Iterator[Check]:
    """Look at the secret and at what is kept. Raises ``StoreUnavailable``."""
    name = world.policy.crm.account
    try:
        in_force = len(signing_keys(world.secrets, SIGNED_SECRET))
    except (SecretMissing, KeyMalformed) as fault:
        yield _funnel(
            "crm.account", State.ERROR, str(fault), f'make one with echo "{_MAKE}", and give it to {name} too'
        )
    else:
        yield _funnel("crm.account", State.GOOD, f"{counted(in_force, 'secret')} of {name} in force")
    if not has_store:
        yield _told(State.NOT_LOOKED_AT, f"what {name} told is known only with --data or --project")
        return
    heard = hear_of(world.store, world.clock.now())
    yield _last(name, heard)
    yield from _unknown(world.policy, heard)


def _last(name: str, heard: Heard) -> Check:
    deals = f"{name} has told of {counted(heard.deals, 'deal')}"
    if heard.last_at is None:
        return _told(State.WARNING, f"{deals}, and of none in the last 30 days", _POST)
    return _told(State.GOOD, f"{deals}, last at {heard.last_at:%Y-%m-%d %H:%M} UTC")


def _unknown(policy: Policy, heard: Heard) -> Iterator[Check]:
    """Statuses and reasons that came and mean nothing; those that never came may only not have happened yet."""
    crm, reasons = policy.crm, policy.disqualification.reasons
    statuses = sorted(f"{one.pipeline_id}/{one.status_id}" for one in heard.statuses if not crm.knows(*one))
    if statuses:
        said = f"{counted(len(statuses), 'status', 'statuses')} without a meaning came: {', '.join(statuses)}"
        yield _funnel(
            "crm.statuses", State.WARNING, said, "give each a stage in crm.pipelines, or name it in crm.ignored"
        )
    elif heard.statuses:
        yield _funnel(
            "crm.statuses", State.GOOD, f"every one of {len(heard.statuses)} statuses that came has a meaning"
        )
    mapped = {one for reason in reasons.values() for one in reason.loss_reasons}
    unmapped = sorted(heard.loss_reasons - mapped) if reasons else []
    if unmapped:
        said = f"{counted(len(unmapped), 'loss reason')} without a meaning came: {', '.join(unmapped)}"
        what_to_do = "name each in `loss_reasons` of one of disqualification.reasons"
        yield _funnel("crm.loss_reasons", State.WARNING, said, what_to_do)


def _told(state: State, found: str, what_to_do: str = "") -> Check:
    return Check(Stage.BORN_IN_CRM, "crm.told", state, found, what_to_do)


def _funnel(rule: str, state: State, found: str, what_to_do: str = "") -> Check:
    return Check(Stage.FUNNELS, rule, state, found, what_to_do)
