"""Who may do what in the cloud: every grant that would be made, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from leadloop.policy.loader import load_policy
from leadloop.secret_readers import secrets_of
from leadloop_host.dispatcher import DEAD_LETTER_TOPIC
from support.knocks import MANIFEST
from support.terraform import NUMBER, POLICY, PREFIX, PROJECT, REGION, Bundle, bundle, checkout

AGENT = f"serviceAccount:service-{NUMBER}@gcp-sa-pubsub.iam.gserviceaccount.com"
CALL = "roles/run.invoker"
ADD_DOCUMENTS = "the bundle's role that adds documents"
ONLY_DOCUMENTS = f'resource.name == "projects/{PROJECT}/databases/{PREFIX}documents"'
ONLY_COPIED_SOURCE = f'resource.name.startsWith("projects/_/buckets/gcf-v2-sources-{NUMBER}-{REGION}/")'

TARGETS = {
    "google_project_iam_member": "project",
    "google_service_account_iam_member": "service_account_id",
    "google_artifact_registry_repository_iam_member": "repository",
    "google_storage_bucket_iam_member": "bucket",
    "google_secret_manager_secret_iam_member": "secret_id",
    "google_pubsub_topic_iam_member": "topic",
    "google_pubsub_subscription_iam_member": "subscription",
    "google_cloud_run_service_iam_member": "service",
}
"""The argument that says on what each kind of grant is."""

LOGS = 'resource "google_project_iam_member" "log" {'
WIDE = """resource "google_project_iam_member" "wide" {
  project = var.project
  role    = "roles/secretmanager.secretAccessor"
  member  = google_service_account.build.member
}
"""


class Grant(NamedTuple):
    """One role for one member on one thing; accounts, roles and things by the names that people give them."""

    kind: str
    on: str
    role: str
    member: str
    condition: str = ""


def made(bundle: Bundle) -> Iterator[Grant]:
    """Every grant as Google is asked for it."""
    names = _names(bundle)
    for one in bundle.resources:
        if "_iam_" not in one.type or one.type == "google_project_iam_custom_role":
            continue
        assert one.type in TARGETS, f"{one.address}: say in TARGETS on what a {one.type} is"
        kind = one.type.removeprefix("google_").removesuffix("_iam_member")
        on, role, member = (one.values[at] for at in (TARGETS[one.type], "role", "member"))
        conditions = " and ".join(at["expression"] for at in one.values["condition"] or ())
        yield Grant(kind, names.get(on, on), names.get(role, role), names.get(member, member), conditions)


def _names(bundle: Bundle) -> dict[str, str]:
    """What only Google knows → how people call it."""
    accounts = [one.values for one in bundle.resources if one.type == "google_service_account"]
    own = bundle.one("google_project_iam_custom_role", "create")
    images = bundle.one("google_artifact_registry_repository", "images")
    return {
        **{one["member"]: one["account_id"] for one in accounts},
        **{one["name"]: one["account_id"] for one in accounts},
        own["name"]: ADD_DOCUMENTS,
        images["name"]: images["repository_id"],
    }


def of_functions() -> Iterator[Grant]:
    """What the manifest gives each function, under the example's policy."""
    policy = load_policy(POLICY)
    for name, one in MANIFEST.functions.items():
        account = f"{PREFIX}{name}"
        changes = "roles/datastore.user" if one.documents == "change" else ADD_DOCUMENTS
        yield Grant("project", PROJECT, changes, account, ONLY_DOCUMENTS)
        for topic in one.publishes:
            yield Grant("pubsub_topic", f"{PREFIX}{topic}", "roles/pubsub.publisher", account)
        for secret in secrets_of(one, policy):
            yield Grant("secret_manager_secret", f"{PREFIX}{secret}", "roles/secretmanager.secretAccessor", account)


def of_callers() -> Iterator[Grant]:
    """Each function is called by its trigger alone."""
    for name, one in MANIFEST.functions.items():
        caller = "allUsers" if one.public else f"{PREFIX}push" if one.topic else f"{PREFIX}scheduler"
        yield Grant("cloud_run_service", f"{PREFIX}{name}", CALL, caller)


def of_pubsub() -> Iterator[Grant]:
    """Pub/Sub's own account signs what it pushes, and moves what fails every delivery to the dead letters."""
    yield Grant("service_account", f"{PREFIX}push", "roles/iam.serviceAccountTokenCreator", AGENT)
    yield Grant("pubsub_topic", f"{PREFIX}{DEAD_LETTER_TOPIC}", "roles/pubsub.publisher", AGENT)
    for name, one in MANIFEST.functions.items():
        if one.topic and one.topic != DEAD_LETTER_TOPIC:
            yield Grant("pubsub_subscription", f"{PREFIX}{name}", "roles/pubsub.subscriber", AGENT)


OF_THE_BUILD = {
    Grant("project", PROJECT, "roles/logging.logWriter", f"{PREFIX}build"),
    Grant("project", PROJECT, "roles/storage.objectViewer", f"{PREFIX}build", ONLY_COPIED_SOURCE),
    Grant("storage_bucket", f"{PROJECT}-{PREFIX}source", "roles/storage.objectViewer", f"{PREFIX}build"),
    Grant("artifact_registry_repository", f"{PREFIX}functions", "roles/artifactregistry.writer", f"{PREFIX}build"),
}


def test_every_grant_is_one_that_somebody_needs() -> None:
    found, needed = set(made(bundle())), {*of_functions(), *of_callers(), *of_pubsub(), *OF_THE_BUILD}
    assert not found - needed, f"nobody needs these grants: {_lines(found - needed)}"
    assert not needed - found, f"these grants are missing: {_lines(needed - found)}"


def test_a_grant_that_nobody_needs_is_seen(tmp_path: Path) -> None:
    copy = checkout(tmp_path / "checkout")
    copy.change("modules/builder/main.tf", LOGS, WIDE + LOGS)
    added = set(made(copy.applied())) - set(made(bundle()))
    assert added == {Grant("project", PROJECT, "roles/secretmanager.secretAccessor", f"{PREFIX}build")}


def test_the_bundle_s_own_role_adds_documents_and_does_no_more() -> None:
    [role] = [one.values for one in bundle().resources if one.type == "google_project_iam_custom_role"]
    assert role["permissions"] == ["datastore.entities.create"]


def _lines(grants: set[Grant]) -> str:
    return "".join(f"\n  {one.kind} {one.on}: {one.role} for {one.member} {one.condition}" for one in sorted(grants))
