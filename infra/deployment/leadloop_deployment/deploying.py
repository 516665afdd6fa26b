"""``make deploy``: from a policy and a project to a running bundle; run again, only what changed is changed.

Secrets come first: a function cannot be deployed while one that it names has no value, and values are no business of
Terraform, whose state would keep them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from leadloop.adapters.system_clock import SystemClock
from leadloop.adapters.system_keys import SystemKeys
from leadloop.cli import check_report
from leadloop.cli.environment_file import environment_of
from leadloop.policy import ContactMode, Policy
from leadloop.policy.loader import PolicySource
from leadloop_deployment.bundle import VARIABLES, Bundle
from leadloop_deployment.faults import DeploymentRefused
from leadloop_deployment.google_cloud import GoogleCloud
from leadloop_deployment.terminal import agree, say
from leadloop_deployment.terraform import Terraform
from leadloop_packaging.checkout import ROOT, packages_of
from leadloop_packaging.staging import INDEX, stage

SECRETS_FIRST = ("google_project_service.apis", "module.secrets", "module.accounts", "module.builder")
"""Secrets must be there before a value is, and grants for builds minutes before the first build, when they hold."""


def deploy(bundle: Bundle, work: Path) -> None:
    """Package, show the plan, apply it after a yes, and say where the functions answer.

    Raises ``DeploymentRefused``, ``PackagingRefused``, ``PolicyInvalid``, ``EnvironmentFileInvalid``.
    """
    say(f"1. Policy {bundle.policy}, and packages with it")
    policy, environment = _checked(bundle)
    packages = work / "packages"
    stage(packages_of(ROOT, policy), packages)

    say(f"2. The project {bundle.project}")
    cloud = GoogleCloud(bundle)
    cloud.check_signed_in()
    cloud.check_project()
    home = cloud.home()
    cloud.check_region(home)
    if home is None:
        agree(
            f"{bundle} is new: first APIs are switched on, and gs://{bundle.state_bucket} keeps what Terraform knows."
        )
    cloud.switch_on_first_apis()
    cloud.keep_state_bucket(home)

    with Terraform(bundle, ROOT / "infra" / "terraform", packages, work) as terraform:
        terraform.init()
        say("3. Secrets")
        _fill_secrets(bundle, cloud, terraform, _secrets_of(packages), environment)

        say("4. Everything else")
        if terraform.plan():
            owner = f"counter {policy.site.counter}, {policy.crm.kind} {policy.crm.account}"
            agree(f"This is what will be changed: {bundle} gets {bundle.policy} ({owner}).")
            terraform.apply()
        _tell(bundle, policy, terraform.addresses())


def _checked(bundle: Bundle) -> tuple[Policy, Mapping[str, str]]:
    """The policy and the environment beside it, after both were found to be in order; what is odd is told."""
    source = PolicySource.of_file(bundle.policy)
    environment = environment_of(bundle.policy, os.environ)
    manifest = check_report.load_manifest(ROOT / "functions")
    today = SystemClock().now().date()
    report = check_report.report(source, source.policy, manifest, environment, SystemKeys().public_key_of, today)
    if not report.ok:
        faults = "\n".join(f"  {one.level}: {one.text}" for one in report.findings if one.level == "error")
        raise DeploymentRefused(f"{bundle.policy} is not ready; `leadloop check` says more:\n{faults}")
    for one in report.findings:
        # What is not in .env may be in Secret Manager already; what is in neither is asked for there.
        if one.level == "warning" and one.rule != "environment.missing":
            say(f"   warning: {one.text}")
    contacts = source.policy.contacts
    if contacts.mode is ContactMode.HASH and contacts.transit == "forbidden":
        say("   note: phones and e-mails that come as they are will be dropped (contacts.transit: forbidden):")
        say("   the sender hashes them (docs/en/personal-data.md), or contacts.transit says allowed")
    further = bundle.variables or f"none, so nobody is told when something breaks ({VARIABLES} beside the policy)"
    say(f"   further variables: {further}")
    return source.policy, environment


def _secrets_of(packages: Path) -> list[str]:
    """The variables that the packages need to find in Secret Manager."""
    index = json.loads((packages / INDEX).read_bytes())["packages"]
    return sorted({name for one in index.values() for name in one["secrets"]})


def _fill_secrets(
    bundle: Bundle, cloud: GoogleCloud, terraform: Terraform, needed: list[str], environment: Mapping[str, str]
) -> None:
    there = cloud.secrets()
    empty = [name for name in needed if bundle.secret(name) not in there]
    empty += cloud.without_value([name for name in needed if bundle.secret(name) in there])
    unknown = [name for name in empty if not environment.get(name)]
    if unknown:
        raise DeploymentRefused(
            f"expected values for {', '.join(unknown)} in .env beside {bundle.policy.name} or in the environment, "
            "found none there and none in Secret Manager; steps 4 and 5 of docs/en/getting-started.md get them"
        )
    if any(bundle.secret(name) not in there for name in needed) and terraform.plan(*SECRETS_FIRST):
        agree("Secrets without values come first. This is what will be made.")
        terraform.apply()
    if empty:
        told = ", ".join(f"{name} (of your shell)" if name in os.environ else name for name in empty)
        agree(f"Values of {told} go from .env to Secret Manager, and nowhere else.")
    for name in empty:
        cloud.add_value(name, environment[name])
        say(f"   {bundle.secret(name)}: has a value")
    if not empty:
        say("   every one has a value and keeps it, whatever .env says; to change one: docs/en/cloud.md, Secrets")


def _tell(bundle: Bundle, policy: Policy, addresses: Mapping[str, str]) -> None:
    say()
    say(f"{bundle} runs leadloop.")
    for name, address in sorted(addresses.items()):
        for path in paths_of(name, policy):
            say(f"   {name}: {address}{path}")
    say("What goes where, and what comes next: docs/en/cloud.md, docs/ru/cloud.md")


def paths_of(function: str, policy: Policy) -> tuple[str, ...]:
    """What the address of a function is followed by where it is entered: once for each account that posts to it."""
    if function == "capture-visit":
        return ("/tag.js",)
    if function != "receive-crm-event":
        return ("",)
    if policy.crm.is_heard:
        return (f"/{policy.crm.kind}",)
    return (f"/{policy.crm.kind}/<LEADLOOP_HOOK_SECRET of .env>",)
