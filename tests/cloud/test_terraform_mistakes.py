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
    said: str
    """What they say of it."""
    runs: tuple[str, ...] = ()
    """Those that must see it, where the others of the file would cost much and have nothing to say; all if empty."""


MISTAKES = {
    "an index is missing": Mistake(
        "modules/store/main.tf",
        "index in var.indexes.composite :",
        "index in slice(var.indexes.composite, 1, 2) :",
        "store",
        "a query's index is missing",
    ),
    "an index of one field is missing": Mistake(
        "modules/store/main.tf",
        "one in var.indexes.single :",
        "one in slice(var.indexes.single, 1, 2) :",
        "store",
        "expected an index of one field where a query walks it",
    ),
    "nothing expires": Mistake(
        "modules/store/main.tf", "  ttl_config {}\n", "", "store", "what is kept for a time only would be kept for ever"
    ),
    "leads can be deleted": Mistake(
        "modules/store/main.tf", "var.protect ?", "!var.protect ?", "store", "all leads could be deleted by one command"
    ),
    "a function is public by accident": Mistake(
        "modules/functions/main.tf",
        "name => one if one.public }",
        "name => one if one.concurrency > 0 }",
        "functions",
        "expected the public to call what the manifest calls public",
    ),
    "every function can be reached from outside": Mistake(
        "modules/functions/main.tf",
        '"ALLOW_ALL" : "ALLOW_INTERNAL_ONLY"',
        '"ALLOW_ALL" : "ALLOW_ALL"',
        "functions",
        "a function that is not public can be reached from outside",
    ),
    "instances are not bounded": Mistake(
        "modules/functions/main.tf",
        "    max_instance_count               = each.value.max_instances\n",
        "",
        "functions",
        "a function has other limits than the manifest gives it",
    ),
    "a function runs under another's account": Mistake(
        "modules/functions/main.tf",
        "var.emails[each.key]",
        "var.emails[keys(var.emails)[0]]",
        "functions",
        "a function runs under another's account",
    ),
    "a function is given every secret": Mistake(
        "modules/functions/main.tf",
        "for_each = each.value.secrets",
        "for_each = keys(var.secrets)",
        "functions",
        "a function is given other secrets than it reads",
    ),
    "the secret of a webhook is logged": Mistake(
        "modules/functions/main.tf",
        'google_logging_project_exclusion" "senders" {\n  for_each = local.public',
        'google_logging_project_exclusion" "senders" {\n  for_each = {}',
        "functions",
        "the secret in a webhook's address would be logged",
    ),
    "a grant is on the wrong topic": Mistake(
        "modules/bus/main.tf",
        "topic  = google_pubsub_topic.topic[each.value.topic].name",
        "topic  = google_pubsub_topic.topic[local.dead_letters].name",
        "bus",
        "expected each function to publish where the manifest says",
    ),
    "whoever publishes may do all with a topic": Mistake(
        "modules/bus/main.tf",
        'role   = "roles/pubsub.publisher"\n  member = var.members',
        'role   = "roles/pubsub.editor"\n  member = var.members',
        "bus",
        "expected each function to publish where the manifest says",
    ),
    "dead letters are not kept": Mistake(
        "modules/bus/main.tf",
        "== local.dead_letters ? [] : [local.dead_letters]",
        "== local.dead_letters ? [] : []",
        "bus",
        "expected dead letters of every consumer",
    ),
    "Pub/Sub may not take dead messages off": Mistake(
        "modules/bus/main.tf",
        "  for_each = local.mortal\n",
        "  for_each = {}\n",
        "bus",
        "Pub/Sub itself cannot take a dead message off its subscription",
    ),
    "a quiet subscription expires": Mistake(
        "modules/bus/main.tf", 'ttl = ""', 'ttl = "2678400s"', "bus", "a quiet month would delete a subscription"
    ),
    "messages are not signed": Mistake(
        "modules/bus/main.tf",
        "      audience              = var.services[each.key].uri\n",
        "",
        "bus",
        "with a token made out to that function's address",
    ),
    "a job calls another function": Mistake(
        "modules/schedules/main.tf",
        "uri         = var.services[each.key].uri",
        "uri         = values(var.services)[0].uri",
        "schedules",
        "expected each job to call its function",
    ),
    "a secret is read by all": Mistake(
        "modules/secrets/main.tf",
        "member    = var.members[each.value.function]",
        'member    = "allUsers"',
        "secrets",
        "readable by the functions that name it, and by nobody else",
    ),
    "documents of other bundles can be read": Mistake(
        "modules/accounts/main.tf",
        "  member  = google_service_account.function[each.key].member\n\n  condition {\n    title      = "
        "local.only_documents.title\n    expression = local.only_documents.expression\n  }\n}\n\n# For",
        "  member  = google_service_account.function[each.key].member\n}\n\n# For",
        "accounts",
        "reaches beyond the bundle's own database",
    ),
    "the public can read leads": Mistake(
        "modules/accounts/main.tf",
        '["datastore.entities.create"]',
        '["datastore.entities.create", "datastore.entities.get"]',
        "accounts",
        "whoever only adds documents must not see one",
    ),
    "the build account reads every bucket": Mistake(
        "modules/builder/main.tf",
        '-${var.region}/\\")"',
        '\\") || true"',
        "builder",
        "reads buckets that are not Cloud Functions' own",
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
        "an alert goes nowhere",
    ),
    "names of two bundles meet": Mistake(
        "modules/bus/main.tf",
        'name                       = "${var.prefix}${each.key}"',
        'name                       = "ll-${each.key}"',
        "bundle",
        "two bundles meet in one name",
        ("a_bundle", "another_bundle_beside_it"),
    ),
    "any prefix will do": Mistake(
        "variables.tf",
        '"^[a-z][a-z0-9]{0,6}-$"',
        '"^[a-z][a-z0-9-]{0,6}-$"',
        "bundle",
        "Missing expected failure",
        ("a_prefix_that_begins_another",),
    ),
    "what waits is dropped after ten minutes": Mistake(
        "modules/bus/main.tf", '"604800s"', '"600s"', "bus", "to wait for seven days, the longest there is"
    ),
    "what was destroyed cannot be read": Mistake(
        "modules/store/main.tf", "RECOVERY_ENABLED", "RECOVERY_DISABLED", "store", "cannot be read as it was before"
    ),
    "an index over many collections": Mistake(
        "modules/store/main.tf",
        'query_scope = "COLLECTION"',
        'query_scope = "COLLECTION_GROUP"',
        "store",
        "an index serves queries over many collections",
    ),
    "an index of one field over many collections": Mistake(
        "modules/store/main.tf",
        'query_scope  = "COLLECTION"',
        'query_scope  = "COLLECTION_GROUP"',
        "store",
        "an index serves queries over many collections",
    ),
    "a secret never changes": Mistake(
        "modules/functions/main.tf", '= "latest"', '= "1"', "functions", "a secret's new value would not come"
    ),
    "what is deployed is not called": Mistake(
        "modules/functions/main.tf",
        "all_traffic_on_latest_revision   = true",
        "all_traffic_on_latest_revision   = false",
        "functions",
        "what was deployed last would not be called",
    ),
    "an alert watches a metric that there is not": Mistake(
        "modules/alerts/main.tf",
        "subscription/oldest_unacked_message_age",
        "subscription/oldest_unacked_message_ages",
        "alerts",
        "expected every subscription to be watched",
    ),
    "an alert waits for an answer that there is not": Mistake(
        "modules/alerts/main.tf",
        '${local.services} AND ${local.answers} AND metric.labels.response_code_class = \\"5xx\\"',
        '${local.services} AND ${local.answers} AND metric.labels.response_code_class = \\"5XX\\"',
        "alerts",
        "expected one 5xx or 429 of a public function to be told",
    ),
    "nobody is told that instances are used up": Mistake(
        "modules/alerts/main.tf",
        'response_code = \\"429\\"',
        'response_code_class = \\"429\\"',
        "alerts",
        "expected one 5xx or 429 of a public function to be told",
    ),
    "a silence beside a schedule that it does not fit": Mistake(
        "main.tf",
        "== try(one.schedule, null) ? try(one.silence, null) : null",
        "== null ? null : try(one.silence, null)",
        "bundle",
        "a silence that fits another schedule would be told by mistake",
        ("the_policy_s_schedules_replace_the_manifest_s",),
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_refused(name: str, tmp_path: Path) -> None:
    mistake, copy = MISTAKES[name], checkout(tmp_path / "checkout")
    if mistake.runs:
        copy.keep_runs(mistake.seen_by, mistake.runs)
    copy.change(mistake.path, mistake.old, mistake.new)
    refusal = copy.refusal(mistake.seen_by)
    assert mistake.said in " ".join(refusal.split()), refusal


def test_without_a_mistake_nothing_is_refused(tmp_path: Path) -> None:
    assert checkout(tmp_path / "checkout").refusal("bus") == ""
