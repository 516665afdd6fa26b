"""What this bundle forbids itself, beyond what Terraform or a scanner refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from leadloop_preflight.configuration import Declared, declared_in
from leadloop_preflight.outcome import Outcome

_IN_STATE = re.compile(r"google_secret_manager_secret_version|google_service_account_key")
_REPLACES_OTHERS = re.compile(r"_iam_(policy|binding)$")
_BASIC_ROLES = {"roles/owner", "roles/editor", "roles/viewer"}
_EVERYONE = {"allUsers", "allAuthenticatedUsers"}
_PUBLIC = "${local.public}"

Rule = Callable[[Declared], Iterator[str]]


def kept(folder: Path) -> Outcome:
    """No rule of the house is broken by any file of a folder."""
    declared = [one for one in declared_in(folder) if one.kind in {"resource", "data"}]
    findings = [
        f"{one.path.relative_to(folder)}: {one.kind} {'.'.join(one.labels)}: {finding}\n"
        for one in declared
        for rule in (_secrets_stay_out_of_state, _grants_add, _grants_are_narrow, _public_is_the_manifests_word)
        for finding in rule(one)
    ]
    if findings:
        return Outcome("rules", "refused", f"{len(findings)} broken", "".join(findings))
    return Outcome("rules", "passed", f"{len(declared)} resources keep secrets out of state and grants narrow")


def _secrets_stay_out_of_state(one: Declared) -> Iterator[str]:
    if _IN_STATE.match(one.labels[0]) or "secret_data" in one.body:
        yield "the value of a secret would rest in the state; add it by hand: gcloud secrets versions add"


def _grants_add(one: Declared) -> Iterator[str]:
    if _REPLACES_OTHERS.search(one.labels[0]):
        yield "it removes the grants of others; use the resource ending in _iam_member"


def _grants_are_narrow(one: Declared) -> Iterator[str]:
    for role in _BASIC_ROLES & set(_texts(one.body)):
        yield f"{role} is a basic role, for nearly everything in the project; grant the one that is needed"


def _public_is_the_manifests_word(one: Declared) -> Iterator[str]:
    if _EVERYONE & set(_texts(one.body)) and one.body.get("for_each") != _PUBLIC:
        yield "anyone could call it; expected for_each = local.public, the functions that the manifest calls public"


def _texts(value: object) -> Iterable[str]:
    """Every text in a body, those in an expression included."""
    return re.findall(r"[\w/.]+", json.dumps(value, default=str))
