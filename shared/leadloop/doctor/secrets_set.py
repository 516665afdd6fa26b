"""Whether every secret that the policy needs is set: without one of them a host does not start."""

from __future__ import annotations

from collections.abc import Iterator

from leadloop.doctor.check import Check, Stage, State
from leadloop.numerals import counted
from leadloop.runtime import Runtime, SettingMissing
from leadloop.secret_readers import readers
from leadloop.secrets import COMAGIC_TOKEN, METRICA_TOKEN, SecretMissing


def secret_checks(world: Runtime) -> Iterator[Check]:
    """Name those that are missing, except what a vendor is asked with: that vendor's own check tells of it."""
    asked_with = {METRICA_TOKEN, COMAGIC_TOKEN, world.policy.crm.credential}
    try:
        read_by = readers(world.manifest, world.policy)
    except SettingMissing:
        yield _check(State.NOT_LOOKED_AT, "without functions.yaml it is not known which are needed; see --functions")
        return
    needed = {name: by for name, by in read_by.items() if name not in asked_with}
    missing = [name for name in needed if not _is_set(world, name)]
    if missing and world.environment.get("LEADLOOP_PROJECT"):
        unseen = f"not set here: {', '.join(missing)}; the functions in the cloud have theirs from Secret Manager"
        yield _check(State.NOT_LOOKED_AT, unseen)
        return
    for name in missing:
        what_to_do = "set it in .env beside the policy, or in the environment in which doctor and the host are started"
        yield _check(State.ERROR, f"{name} is not set; read by {', '.join(needed[name])}", what_to_do)
    if not missing:
        yield _check(State.GOOD, f"{counted(len(needed), 'secret')} besides the vendors' tokens set")


def _is_set(world: Runtime, name: str) -> bool:
    try:
        return bool(world.secrets.get(name))
    except SecretMissing:
        return False


def _check(state: State, found: str, what_to_do: str = "") -> Check:
    return Check(Stage.SOURCES, "environment.secrets", state, found, what_to_do)
