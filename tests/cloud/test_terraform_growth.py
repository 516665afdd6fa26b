"""A function that is added to the manifest deploys by its entry and its package alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leadloop.manifest import Function
from support.terraform import PREFIX, Bundle, checkout

ENTRY = """
  weigh-parcel:
    topic: parcels
    secrets: [ACME_TOKEN]
    publishes: [leads, parcels]
"""


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    copy = checkout(tmp_path_factory.mktemp("grown") / "checkout")
    manifest = copy.manifest.read_text(encoding="utf-8").replace("topics: [", "topics: [parcels, ")
    copy.manifest.write_text(manifest + ENTRY, encoding="utf-8")
    index = copy.packages / "packages.json"
    told = json.loads(index.read_bytes())
    told["packages"]["weigh-parcel"] = {
        **{"file": "weigh-parcel.zip", "sha256": "f00d", "entry_point": "weigh_parcel", "runtime": "python313"},
        "secrets": ["ACME_TOKEN"],
    }
    index.write_text(json.dumps(told), encoding="utf-8")
    return copy.applied()


def test_it_is_deployed_with_what_it_needs(grown: Bundle) -> None:
    account = grown.each("google_service_account", "function")["weigh-parcel"]
    held = [one for one in grown.resources if "role" in one.values and one.values["member"] == account["member"]]
    assert {(one.values["role"], one.values.get("topic") or one.values.get("secret_id", "")) for one in held} == {
        ("roles/datastore.user", ""),
        ("roles/pubsub.publisher", f"{PREFIX}leads"),
        ("roles/pubsub.publisher", f"{PREFIX}parcels"),
        ("roles/secretmanager.secretAccessor", f"{PREFIX}ACME_TOKEN"),
    }
    assert grown.outputs["secrets"]["ACME_TOKEN"] == f"{PREFIX}ACME_TOKEN"


def test_its_messages_come(grown: Bundle) -> None:
    subscription = grown.each("google_pubsub_subscription")["weigh-parcel"]
    assert subscription["topic"] == grown.each("google_pubsub_topic")["parcels"]["id"]
    [policy] = subscription["dead_letter_policy"]
    assert policy["dead_letter_topic"] == grown.each("google_pubsub_topic")["dead-letters"]["id"]


def test_what_its_entry_leaves_out_is_as_everywhere(grown: Bundle) -> None:
    [service] = grown.each("google_cloudfunctions2_function")["weigh-parcel"]["service_config"]
    usual = Function(topic="parcels")
    assert (
        float(service["available_cpu"]),
        service["available_memory"],
        service["timeout_seconds"],
        service["max_instance_request_concurrency"],
        service["max_instance_count"],
        service["ingress_settings"],
    ) == (usual.cpu, usual.memory, usual.timeout, usual.concurrency, usual.max_instances, "ALLOW_INTERNAL_ONLY")


def test_without_its_package_nothing_is_deployed(tmp_path: Path) -> None:
    copy = checkout(tmp_path / "checkout")
    manifest = copy.manifest.read_text(encoding="utf-8").replace("topics: [", "topics: [parcels, ")
    copy.manifest.write_text(manifest + ENTRY, encoding="utf-8")
    assert "There is no package of weigh-parcel" in " ".join(copy.refusal("bundle").split())
