"""Whether the CRM's webhooks come: as the account lists them, or, where it lists none, as they came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from leadloop import timestamps
from leadloop.crm.survey import HookListed, Survey
from leadloop.doctor.check import Check, Stage, State
from leadloop.policy import ContactMode, Policy
from leadloop.policy.durations import write_duration
from leadloop.ports.store import Store
from leadloop.queries import every_document, hints_from
from leadloop.secrets import HOOK_SECRET, SecretMissing

if TYPE_CHECKING:
    from leadloop.runtime import Runtime

_WINDOWS = tuple(timedelta(hours=hours) for hours in (1, 24, 24 * 7, 24 * 30))
"""The webhooks of the shortest in which any came are read: of a busy account an hour's, not a month's."""


def hook_check(world: Runtime, survey: Survey, *, has_store: bool) -> Check:
    """Look at our webhook. Raises ``StoreUnavailable``."""
    if survey.hooks is not None:
        return _listed(world.policy, survey, survey.hooks, _secrets_in_force(world))
    if not has_store:
        unseen = "this token may not list webhooks; when the last one came is known only with --data or --project"
        return _check(State.NOT_LOOKED_AT, unseen, "look at them in the account")
    kind, now = world.policy.crm.kind, world.clock.now()
    last_at = _last_of(world.store, kind, now)
    if last_at is None:
        return _check(
            State.WARNING,
            f"no webhook of {kind} came in {_WINDOWS[-1].days} days; {_late(world.policy)}",
            f"{_create(kind)}; if it is there, see that it is on and that the host answers its address",
        )
    return _check(State.GOOD, f"webhooks of {kind} come, the last one at {last_at:%Y-%m-%d %H:%M} UTC")


def _last_of(store: Store, kind: str, now: datetime) -> datetime | None:
    """When the last webhook of a CRM was taken up; the call tracker's notifications stand beside them."""
    for window in _WINDOWS:
        hints = every_document(store, hints_from(timestamps.to_text(now - window)))
        came = [str(one.fields["at"]) for one in hints if str(one.fields.get("about")).startswith(f"{kind}-")]
        if came:
            return timestamps.from_text(came[-1])
    return None


def _listed(policy: Policy, survey: Survey, hooks: Sequence[HookListed], secrets: Sequence[str]) -> Check:
    if not secrets:
        return _check(State.NOT_LOOKED_AT, "no secret of the webhook is set, so ours is not known from others")
    ours = [one for one in hooks if _is_ours(one, policy.crm.kind, secrets)]
    if not ours:
        return _check(State.WARNING, f"no webhook of the account leads here; {_late(policy)}", _create(policy.crm.kind))
    on = [one for one in ours if one.is_on]
    if not on:
        said = f"the CRM has switched our webhook off, as it does after many failures; {_late(policy)}"
        return _check(State.ERROR, said, "see why the host did not answer, then switch it on in the account")
    wanted = survey.deal_events
    if policy.contacts.mode is not ContactMode.NONE:
        wanted |= survey.contact_events
    unheard = sorted(wanted - frozenset().union(*(one.events for one in on)))
    if unheard:
        said = f"our webhook does not tell of {', '.join(unheard)}: of these {_late(policy)}"
        return _check(State.WARNING, said, "tick these events at the webhook")
    return _check(State.GOOD, "our webhook is on, and tells of every change")


def _secrets_in_force(world: Runtime) -> tuple[str, ...]:
    try:
        return world.secrets.several(HOOK_SECRET)
    except SecretMissing:
        return ()


def _is_ours(hook: HookListed, kind: str, secrets: Sequence[str]) -> bool:
    path = urlsplit(hook.destination).path.rstrip("/")
    return any(path.endswith(f"/{kind}/{secret}") for secret in secrets)


def _late(policy: Policy) -> str:
    return f"changes are seen when next pulled, every {write_duration(policy.defaults.pull_period)}"


def _create(kind: str) -> str:
    return f"create it in the CRM, with the address .../receive-crm-event/{kind}/ and the secret"


def _check(state: State, found: str, what_to_do: str = "") -> Check:
    return Check(Stage.BORN_IN_CRM, "crm.hook", state, found, what_to_do)
