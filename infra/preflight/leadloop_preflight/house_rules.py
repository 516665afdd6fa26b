"""What this bundle forbids itself, beyond what Terraform or a scanner refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from leadloop_preflight.configuration import Declared, declared_in
from leadloop_preflight.outcome import Outcome

_IN_STATE = re.compile(r"google_secret_manager_secret_version|google_service_account_key")
_REPLACES_OTHERS = re.compile(r"_iam_(policy|binding)$")
_BASIC_ROLES = {"roles/owner", "roles/editor", "roles/viewer"}
_EVERYONE = {"allUsers", "allAuthenticatedUsers"}
_PUBLIC = "${local.public}"
_ENVIRONMENT = {"LEADLOOP_PROJECT", "LEADLOOP_DATABASE", "LEADLOOP_PREFIX", "THREADS"}

Rule = Callable[[Declared], Iterator[str]]


def kept(folder: Path) -> Outcome:
    """No rule of the house is broken by any file of a folder."""
    declared = [one for one in declared_in(folder) if one.kind in _RULES]
    findings = [
        f"{one.path.relative_to(folder)}: {one.kind} {'.'.join(one.labels)}: {finding}\n"
        for one in declared
        for rule in _RULES[one.kind]
        for finding in rule(one)
    ]
    if findings:
        return Outcome("rules", "refused", f"{len(findings)} broken", "".join(findings))
    resources = sum(one.kind == "resource" for one in declared)
    return Outcome("rules", "passed", f"{resources} resources keep secrets out of state and grants narrow")


def _secrets_stay_out_of_state(one: Declared) -> Iterator[str]:
    if _IN_STATE.match(one.labels[0]) or "secret_data" in one.body:
        yield "the value of a secret would rest in the state; add it by hand: gcloud secrets versions add"


def _variables_are_no_secrets(one: Declared) -> Iterator[str]:
    for path, value in _members(one.body):
        match path:
            case (*_, "environment_variables"):
                yield "what it passes on cannot be seen; expected environment_variables = { ... } with every name"
            case (*_, "environment_variables", name) if name not in _ENVIRONMENT:
                expected = f"expected one of {', '.join(sorted(_ENVIRONMENT))}, or a secret of the manifest"
                yield f"the variable {name} would rest in the state; {expected}"
            case (*_, "environment_variables", name) if not str(value).startswith("${"):
                yield f"the variable {name} is written out; expected a reference, as to var.project"


def _nothing_is_to_be_hidden(one: Declared) -> Iterator[str]:
    if {"sensitive", "ephemeral"} & one.body.keys():
        yield "what is to be hidden does not belong into the state; add secrets by hand: gcloud secrets versions add"


def _grants_add(one: Declared) -> Iterator[str]:
    if _REPLACES_OTHERS.search(one.labels[0]):
        yield "it removes the grants of others; use the resource ending in _iam_member"


def _grants_are_narrow(one: Declared) -> Iterator[str]:
    for role in _BASIC_ROLES & set(_texts(one.body)):
        yield f"{role} is a basic role, for nearly everything in the project; grant the one that is needed"


def _public_is_the_manifests_word(one: Declared) -> Iterator[str]:
    if _EVERYONE & set(_texts(one.body)) and one.body.get("for_each") != _PUBLIC:
        yield "anyone could call it; expected for_each = local.public, the functions that the manifest calls public"


_OF_THE_CLOUD: tuple[Rule, ...] = (
    _secrets_stay_out_of_state,
    _variables_are_no_secrets,
    _grants_add,
    _grants_are_narrow,
    _public_is_the_manifests_word,
)
_RULES: Mapping[str, tuple[Rule, ...]] = {
    "resource": _OF_THE_CLOUD,
    "data": _OF_THE_CLOUD,
    "variable": (_nothing_is_to_be_hidden,),
    "output": (_nothing_is_to_be_hidden,),
}


def _members(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Every argument at any depth, by the names that lead to it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _members(inner, (*path, name))
    elif isinstance(value, list):
        for inner in value:
            yield from _members(inner, path)
    else:
        yield path, value


def _texts(value: object) -> Iterable[str]:
    """Every text in a body, those in an expression included."""
    return re.findall(r"[\w/.]+", json.dumps(value, default=str))
