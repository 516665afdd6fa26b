"""What would be applied, against the manifest: every limit, trigger, grant and name is the manifest's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leadloop import indexes
from leadloop.cost.assumptions import IMAGES_KEPT
from leadloop.cost.schedules import firings_a_day
from leadloop.policy.loader import load_policy
from leadloop.secret_readers import readers
from leadloop_host.dispatcher import DEAD_LETTER_TOPIC
from leadloop_packaging.staging import RUNTIME
from support.knocks import MANIFEST
from support.packages import packages
from support.terraform import POLICY, PREFIX, PROJECT, REGION, bundle

FUNCTIONS = MANIFEST.functions
PUBLIC = {name for name, one in FUNCTIONS.items() if one.public}
CONSUMERS = {name: one for name, one in FUNCTIONS.items() if one.topic}
SCHEDULED = {name: one for name, one in FUNCTIONS.items() if one.schedule}


def function(name: str) -> dict[str, Any]:
    """A function as Google is asked for it."""
    return bundle().each("google_cloudfunctions2_function")[name]


def service(name: str) -> dict[str, Any]:
    [config] = function(name)["service_config"]
    assert isinstance(config, dict)
    return config


def member(name: str) -> str:
    """A function's account, as grants name it."""
    account: str = bundle().each("google_service_account", "function")[name]["member"]
    return account


def test_each_function_has_the_limits_of_the_manifest() -> None:
    found = {
        name: (
            float(service(name)["available_cpu"]),
            service(name)["available_memory"],
            service(name)["timeout_seconds"],
            service(name)["max_instance_request_concurrency"],
            service(name)["max_instance_count"],
        )
        for name in bundle().each("google_cloudfunctions2_function")
    }
    said = {
        name: (one.cpu, one.memory, one.timeout, one.concurrency, one.max_instances) for name, one in FUNCTIONS.items()
    }
    assert found == said, "a function has other limits than the manifest gives it"


def test_each_function_is_its_package() -> None:
    for name, package in packages().items():
        [build] = function(name)["build_config"]
        built = (build["entry_point"], build["runtime"])
        assert built == (name.replace("-", "_"), RUNTIME), f"{name} is built as another function, or for another Python"
        [source] = build["source"][0]["storage_source"]
        assert source["object"] == f"{name}/{package.sha256}.zip", f"{name} is not its package"


def test_as_many_images_are_kept_as_are_paid_for() -> None:
    policies = bundle().one("google_artifact_registry_repository", "images")["cleanup_policies"]
    [kept] = [one["most_recent_versions"][0]["keep_count"] for one in policies if one["action"] == "KEEP"]
    assert kept == IMAGES_KEPT, "`leadloop cost` reckons with another number of images: change IMAGES_KEPT, or this"


def test_each_function_knows_its_bundle_by_variables_that_are_no_secrets() -> None:
    for name, one in FUNCTIONS.items():
        assert service(name)["environment_variables"] == {
            "LEADLOOP_PROJECT": PROJECT,
            "LEADLOOP_DATABASE": f"{PREFIX}documents",
            "LEADLOOP_PREFIX": PREFIX,
            "THREADS": str(one.concurrency),
        }, f"{name}: the state keeps every variable of a function; a secret belongs into the manifest's `secrets`"


def test_each_function_has_an_account_of_its_own() -> None:
    accounts = bundle().each("google_service_account", "function")
    ids = {name: one["account_id"] for name, one in accounts.items()}
    assert ids == {name: f"{PREFIX}{name}" for name in FUNCTIONS}, "an account is missing, or has another's name"
    used = {name: service(name)["service_account_email"] for name in FUNCTIONS}
    assert used == {name: one["email"] for name, one in accounts.items()}, "a function runs under another's account"
    assert len(set(used.values())) == len(FUNCTIONS), "two functions share an account"


def test_the_public_calls_what_the_manifest_says_and_nothing_else() -> None:
    invited = bundle().each("google_cloud_run_service_iam_member", "public")
    called = {one["service"] for one in invited.values()}
    assert called == {f"{PREFIX}{name}" for name in PUBLIC}, "the public calls other functions than the manifest says"
    open_to_all = {one.address for one in bundle().resources if "allUsers" in json.dumps(one.values)}
    doors = {f'module.functions.google_cloud_run_service_iam_member.public["{name}"]' for name in PUBLIC}
    assert open_to_all == doors, "everybody has some other right"
    reached = {name for name in FUNCTIONS if service(name)["ingress_settings"] != "ALLOW_INTERNAL_ONLY"}
    assert reached == PUBLIC, "a function that is not public is reached from outside, or a public one is not"


def test_each_secret_is_read_by_exactly_those_the_policy_has_read_it() -> None:
    granted = {
        (one["secret_id"], one["member"]) for one in bundle().each("google_secret_manager_secret_iam_member").values()
    }
    named = {
        (one["secret"], member(name)) for name in FUNCTIONS for one in service(name)["secret_environment_variables"]
    }
    needed = readers(MANIFEST, load_policy(POLICY))
    read = {(f"{PREFIX}{secret}", member(name)) for secret, by in needed.items() for name in by}
    assert named == read, "a function is given other secrets than it reads under the policy"
    assert granted == read, "a function does not start for want of a grant, or may read what it does not"
    told = bundle().outputs["secrets"]
    assert told == {secret: f"{PREFIX}{secret}" for secret in needed}, "people are told of other secrets than are read"


def test_each_secret_of_the_manifest_has_a_place_and_none_a_value() -> None:
    said = {secret for one in FUNCTIONS.values() for secret in one.secrets}
    assert set(bundle().each("google_secret_manager_secret")) == said, "a secret has no place, or one that nobody reads"
    values = [one.address for one in bundle().resources if "secret_version" in one.type]
    assert not values, "the state would keep the value of a secret"


def test_each_consumer_has_a_signed_subscription_that_never_expires() -> None:
    subscriptions = bundle().each("google_pubsub_subscription")
    topics = {one["id"]: one["name"] for one in bundle().each("google_pubsub_topic").values()}
    assert set(topics.values()) == {f"{PREFIX}{topic}" for topic in MANIFEST.topics}, "topics are not the manifest's"
    assert set(subscriptions) == set(CONSUMERS), "a consumer gets no messages, or nobody is to get them"
    for name, one in CONSUMERS.items():
        found = subscriptions[name]
        [push], [retry] = found["push_config"], found["retry_policy"]
        [token] = push["oidc_token"]
        assert topics[found["topic"]] == f"{PREFIX}{one.topic}"
        assert found["ack_deadline_seconds"] == max(one.timeout, 10)
        assert (push["push_endpoint"], token["audience"]) == (service(name)["uri"], service(name)["uri"])
        assert token["service_account_email"] == bundle().one("google_service_account", "push")["email"]
        assert found["expiration_policy"] == [{"ttl": ""}]
        assert float(retry["minimum_backoff"].rstrip("s")) == MANIFEST.delivery.min_backoff
        assert float(retry["maximum_backoff"].rstrip("s")) == MANIFEST.delivery.max_backoff


def test_what_fails_every_delivery_goes_to_its_keeper() -> None:
    dead = bundle().each("google_pubsub_topic")[DEAD_LETTER_TOPIC]
    mortal = {name for name, one in CONSUMERS.items() if one.topic != DEAD_LETTER_TOPIC}
    for name, one in bundle().each("google_pubsub_subscription").items():
        policy = {"dead_letter_topic": dead["id"], "max_delivery_attempts": MANIFEST.delivery.max_attempts}
        expected = [policy] if name in mortal else []
        assert one["dead_letter_policy"] == expected, f"{name}: a message is given up too soon, never, or twice"


def test_each_schedule_is_kept_by_a_job_that_signs() -> None:
    jobs = bundle().each("google_cloud_scheduler_job")
    crons = {name: load_policy(POLICY).schedules.get(name, one.schedule) for name, one in SCHEDULED.items()}
    kept = {name: (one["schedule"], one["time_zone"]) for name, one in jobs.items()}
    assert kept == {name: (cron, "Etc/UTC") for name, cron in crons.items()}, "a schedule is not kept as it was said"
    for name, one in jobs.items():
        [target] = one["http_target"]
        [token] = target["oidc_token"]
        assert (target["uri"], token["audience"]) == (service(name)["uri"], service(name)["uri"])
        assert token["service_account_email"] == bundle().one("google_service_account", "scheduler")["email"]


def test_the_database_has_the_indexes_of_the_code_and_no_other() -> None:
    composite = {
        (one["collection"], tuple((at["field_path"], at["order"] or at["array_config"]) for at in one["fields"]))
        for one in bundle().each("google_firestore_index").values()
    }
    modes = {"ascending": "ASCENDING", "contains": "CONTAINS"}
    needed = {
        (one.collection, tuple((field.path, modes[field.mode]) for field in one.fields))
        for one in indexes.composite_indexes()
    }
    assert composite == needed, "a query of several fields is refused, or an index is written for none"


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("indexed", {(one.collection, one.fields[0].path) for one in indexes.single_field_indexes()}),
        ("unindexed", {(collection, "*") for collection in indexes.COLLECTIONS}),
        ("expiring", {(collection, "expires_at") for collection in indexes.EXPIRING}),
    ],
)
def test_each_field_is_indexed_or_expires_as_the_code_says(resource: str, expected: set[tuple[str, str]]) -> None:
    fields = bundle().each("google_firestore_field", resource).values()
    found = {(one["collection"], one["field"]) for one in fields}
    assert found == expected, f"google_firestore_field.{resource} are not those of leadloop.indexes"


def test_a_function_comes_after_what_it_cannot_do_without() -> None:
    """Without an index its queries fail, without a grant it is not built, does not start, or logs a secret."""
    functions = [one for one in bundle().resources if one.type == "google_cloudfunctions2_function"]
    for one in functions:
        missing = {
            "module.store.google_firestore_index.composite",
            "module.store.google_firestore_field.indexed",
            "module.secrets.google_secret_manager_secret_iam_member.reader",
            "module.accounts.google_project_iam_member.documents",
            "module.accounts.google_project_iam_member.create",
            "module.builder.google_artifact_registry_repository_iam_member.build",
            "module.builder.google_project_iam_member.copied_source",
            "module.functions.google_logging_project_exclusion.senders",
            "google_project_service.apis",
        } - one.after
        assert not missing, f"expected {one.address} to wait for {missing}: write it into depends_on"


def test_nobody_publishes_before_somebody_listens() -> None:
    """A message that is published before its subscription is there is lost."""
    grants = [one for one in bundle().resources if one.type == "google_pubsub_topic_iam_member"]
    early = [one.address for one in grants if "module.bus.google_pubsub_subscription.consumer" not in one.after]
    assert grants
    assert not early, f"expected depends_on = [google_pubsub_subscription.consumer] of {early}"


def test_pub_sub_s_own_account_is_granted_nothing_before_it_is_there() -> None:
    """It comes with the project's first topic."""
    [grant] = [one for one in bundle().resources if one.type == "google_service_account_iam_member"]
    assert "module.bus.google_pubsub_topic.topic" in grant.after, f"{grant.address}: expected it to wait for a topic"


def test_somebody_is_told_of_every_silence_of_the_manifest() -> None:
    silent = bundle().each("google_monitoring_alert_policy", "silent")
    told = {name: one["conditions"][0]["condition_absent"][0]["duration"] for name, one in silent.items()}
    said = {name: f"{one.silence}s" for name, one in FUNCTIONS.items() if one.silence}
    assert told == said, "somebody is told of other silences than the manifest says"


def test_whatever_runs_more_often_than_daily_has_a_silence() -> None:
    """Once a day is more than Cloud Monitoring can wait for; those that fail are told by their job's log."""
    untold = {name for name, one in SCHEDULED.items() if not one.silence}
    assert untold == {"expire-contacts"}, "nobody would be told that a function does not run: give it a silence"


def test_a_silence_is_longer_than_the_time_between_two_runs() -> None:
    gaps = {name: 86400 / firings_a_day(str(one.schedule)) for name, one in SCHEDULED.items()}
    false_alarms = {name for name, one in SCHEDULED.items() if one.silence and one.silence <= gaps[name] + one.timeout}
    assert not false_alarms, f"somebody would be told that {false_alarms} do not run each time that they wait"


SHARED = {"google_firestore_field", "google_firestore_index", "google_storage_bucket_object", "google_project_service"}
"""What lies in something that is the bundle's own, or belongs to the project."""


def test_every_name_begins_with_the_bundle_s_prefix() -> None:
    for one in bundle().resources:
        if one.type in SHARED or "_iam_" in one.type or one.type == "terraform_data":
            continue
        name = next(
            str(one.values[at])
            for at in ("account_id", "secret_id", "repository_id", "display_name", "name")
            if one.values.get(at)
        )
        assert name.startswith((PREFIX, f"{PROJECT}-{PREFIX}")), f"{one.address}: another bundle may have that name"


def test_everything_rests_in_the_region() -> None:
    places = {
        str(one.values[at])
        for one in bundle().resources
        for at in ("location", "location_id", "region")
        if one.values.get(at)
    }
    assert places == {REGION}, "something rests outside the region"
