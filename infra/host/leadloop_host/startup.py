"""Everything that is checked before the host starts: each failure is one sentence, none is a traceback."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import ValidationError

from leadloop import manifest as manifests
from leadloop.adapters.file_clock import ClockUnreadable
from leadloop.identity.keys import KeyMalformed, KeyRing
from leadloop.manifest import Manifest
from leadloop.policy import Policy
from leadloop.policy.faults import PolicyInvalid
from leadloop.policy.loader import load_policy
from leadloop.ports.store import StoreUnavailable
from leadloop.runtime import Runtime, runtime
from leadloop.secret_readers import readers
from leadloop.secrets import HMAC_KEY, SecretMissing, Secrets
from leadloop_host.faults import StartRefused
from leadloop_host.options import Options
from leadloop_host.schedules import Schedule, schedules_of


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be served, checked."""

    policy: Policy
    manifest: Manifest
    schedules: tuple[Schedule, ...]


def plan(options: Options) -> Plan:
    """Read policy and manifest and see that they and the secrets agree. Raises ``StartRefused``."""
    try:
        policy = load_policy(options.policy)
    except PolicyInvalid as fault:
        raise StartRefused(f"the policy cannot be used:\n{fault}") from None
    manifest = _read_manifest(options.functions_folder() / "functions.yaml")
    _check_secrets(manifest, policy)
    return Plan(policy, manifest, schedules_of(manifest, policy.schedules))


def _read_manifest(path: Path) -> Manifest:
    try:
        return manifests.load(path)
    except ValidationError as fault:
        found = "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in fault.errors())
    except yaml.YAMLError:
        found = "not YAML; compare it with the one of the checkout"
    except OSError as fault:
        found = str(fault.strerror)
    raise StartRefused(f"the manifest {path} cannot be used: {found}")


def open_runtime(options: Options) -> Runtime:
    """Tell functions, through the environment, where everything is; open documents and messages.

    Raises ``StartRefused`` when a database is damaged, too new, locked or cannot be written, or when
    the clock's file cannot be read.
    """
    os.environ["LEADLOOP_POLICY"] = str(options.policy.resolve())
    os.environ["LEADLOOP_DATA"] = str(options.data.resolve())
    os.environ["LEADLOOP_MANIFEST"] = str(options.functions_folder() / "functions.yaml")
    opened = runtime()
    try:
        opened.clock.now()
        opened.store.get_many([])
        _ = opened.bus
    except (StoreUnavailable, ClockUnreadable) as fault:
        raise StartRefused(f"{fault}") from None
    return opened


def _check_secrets(manifest: Manifest, policy: Policy) -> None:
    secrets, faults = Secrets(os.environ), []
    for name, read_by in readers(manifest, policy).items():
        try:
            secrets.get(name)
            _check_form(name, secrets)
        except (SecretMissing, KeyMalformed) as fault:
            faults.append(f"{fault} (read by {', '.join(read_by)})")
    if faults:
        raise StartRefused("\n".join(faults))


def _check_form(name: str, secrets: Secrets) -> None:
    """Under a ring that cannot be read every lead would be answered and none understood. Raises ``KeyMalformed``."""
    if name == HMAC_KEY:
        KeyRing.of(secrets)
