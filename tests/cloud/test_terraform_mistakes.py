"""Planted mistakes: each is one edit that somebody might make, and the tests beside the configuration refuse it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from support.terraform import checkout


class Mistake(NamedTuple):
    """A file of infra/terraform, what stands there, what somebody writes, and the tests that must see it."""

    path: str
    old: str
    new: str
    seen_by: str


MISTAKES = {
    "an index is missing": Mistake(
        "modules/store/main.tf",
        "index in var.indexes.composite :",
        "index in slice(var.indexes.composite, 1, 2) :",
        "store",
    ),
    "an index of one field is missing": Mistake(
        "modules/store/main.tf", "one in var.indexes.single :", "one in slice(var.indexes.single, 1, 2) :", "store"
    ),
    "nothing expires": Mistake("modules/store/main.tf", "  ttl_config {}\n", "", "store"),
    "leads can be deleted": Mistake("modules/store/main.tf", "var.protect ?", "!var.protect ?", "store"),
    "a function is public by accident": Mistake(
        "modules/functions/main.tf",
        "public = { for name, one in var.functions : name => one if one.public }",
        "public = { for name, one in var.functions : name => one if one.concurrency > 0 }",
        "functions",
    ),
    "every function can be reached from outside": Mistake(
        "modules/functions/main.tf", '"ALLOW_ALL" : "ALLOW_INTERNAL_ONLY"', '"ALLOW_ALL" : "ALLOW_ALL"', "functions"
    ),
    "instances are not bounded": Mistake(
        "modules/functions/main.tf",
        "    max_instance_count               = each.value.max_instances\n",
        "",
        "functions",
    ),
    "a function runs under another's account": Mistake(
        "modules/functions/main.tf", "var.emails[each.key]", "var.emails[keys(var.emails)[0]]", "functions"
    ),
    "a function is given every secret": Mistake(
        "modules/functions/main.tf", "for_each = each.value.secrets", "for_each = keys(var.secrets)", "functions"
    ),
    "the secret of a webhook is logged": Mistake(
        "modules/functions/main.tf",
        'google_logging_project_exclusion" "senders" {\n  for_each = local.public',
        'google_logging_project_exclusion" "senders" {\n  for_each = {}',
        "functions",
    ),
    "a grant is on the wrong topic": Mistake(
        "modules/bus/main.tf",
        "topic  = google_pubsub_topic.topic[each.value.topic].name",
        "topic  = google_pubsub_topic.topic[local.dead_letters].name",
        "bus",
    ),
    "whoever publishes may do all with a topic": Mistake(
        "modules/bus/main.tf",
        'role   = "roles/pubsub.publisher"\n  member = var.members',
        'role   = "roles/pubsub.editor"\n  member = var.members',
        "bus",
    ),
    "dead letters are not kept": Mistake(
        "modules/bus/main.tf",
        "== local.dead_letters ? [] : [local.dead_letters]",
        "== local.dead_letters ? [] : []",
        "bus",
    ),
    "Pub/Sub may not take dead messages off": Mistake(
        "modules/bus/main.tf", "  for_each = local.mortal\n", "  for_each = {}\n", "bus"
    ),
    "a quiet subscription expires": Mistake("modules/bus/main.tf", 'ttl = ""', 'ttl = "2678400s"', "bus"),
    "messages are not signed": Mistake(
        "modules/bus/main.tf",
        "      audience              = var.services[each.key].uri\n",
        "",
        "bus",
    ),
    "a job calls another function": Mistake(
        "modules/schedules/main.tf",
        "uri         = var.services[each.key].uri",
        "uri         = values(var.services)[0].uri",
        "schedules",
    ),
    "a secret is read by all": Mistake(
        "modules/secrets/main.tf", "member    = var.members[each.value.function]", 'member    = "allUsers"', "secrets"
    ),
    "documents of other bundles can be read": Mistake(
        "modules/accounts/main.tf",
        "  member  = google_service_account.function[each.key].member\n\n  condition {\n    title      = "
        "local.only_documents.title\n    expression = local.only_documents.expression\n  }\n}\n\n# For",
        "  member  = google_service_account.function[each.key].member\n}\n\n# For",
        "accounts",
    ),
    "the public can read leads": Mistake(
        "modules/accounts/main.tf",
        '["datastore.entities.create"]',
        '["datastore.entities.create", "datastore.entities.get"]',
        "accounts",
    ),
    "the build account reads every bucket": Mistake(
        "modules/builder/main.tf", '-${var.region}/\\")"', '\\") || true"', "builder"
    ),
    "nobody is told of dead letters": Mistake(
        "modules/alerts/main.tf",
        'resource "google_monitoring_alert_policy" "dead_letters" {\n'
        '  display_name          = "${var.prefix}messages died"\n  combiner              = "OR"\n'
        '  severity              = "ERROR"\n  notification_channels = local.told',
        'resource "google_monitoring_alert_policy" "dead_letters" {\n'
        '  display_name          = "${var.prefix}messages died"\n  combiner              = "OR"\n'
        '  severity              = "ERROR"\n  notification_channels = []',
        "alerts",
    ),
    "names of two bundles meet": Mistake(
        "modules/bus/main.tf",
        'name                       = "${var.prefix}${each.key}"',
        'name                       = "ll-${each.key}"',
        "bundle",
    ),
    "any prefix will do": Mistake("variables.tf", '"^[a-z][a-z0-9]{0,6}-$"', '"^[a-z][a-z0-9-]{0,6}-$"', "bundle"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_refused(name: str, tmp_path: Path) -> None:
    mistake, copy = MISTAKES[name], checkout(tmp_path / "checkout")
    copy.change(mistake.path, mistake.old, mistake.new)
    refusal = copy.refusal(mistake.seen_by)
    assert "Error: Test assertion failed" in refusal or "Error: Missing expected failure" in refusal, refusal


def test_without_a_mistake_nothing_is_refused(tmp_path: Path) -> None:
    assert checkout(tmp_path / "checkout").refusal("bus") == ""
