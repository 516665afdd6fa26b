# What somebody is told of.

mock_provider "google" {}

variables {
  project         = "acme-leads"
  region          = "europe-west1"
  project_number  = "4242"
  prefix          = "ll-"
  email           = "ops@acme.example"
  billing_account = ""
  monthly_budget  = 20
  services        = { take-form = "ll-take-form", keep-dead = "ll-keep-dead", tick = "ll-tick", tock = "ll-tock" }
  functions = {
    take-form = { public = true }
    keep-dead = { public = false, topic = "dead-letters" }
    tick      = { public = false, schedule = "*/5 * * * *", silence = 1800 }
    tock      = { public = false, schedule = "30 3 * * *" }
  }
}

run "what_goes_wrong_is_told" {
  module {
    source = "./modules/alerts"
  }

  # Whole filters: of a metric or a label that there is not, nothing is ever told.
  assert {
    condition     = google_monitoring_alert_policy.dead_letters.conditions[0].condition_threshold[0].filter == "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = starts_with(\"ll-\") AND metric.type = \"pubsub.googleapis.com/subscription/dead_letter_message_count\"" && google_monitoring_alert_policy.dead_letters.conditions[0].condition_threshold[0].threshold_value == 0
    error_message = "a dead letter is told to nobody"
  }

  assert {
    condition     = google_monitoring_alert_policy.unkept[0].conditions[0].condition_threshold[0].filter == "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = one_of(\"ll-keep-dead\") AND metric.type = \"pubsub.googleapis.com/subscription/num_undelivered_messages\"" && google_monitoring_alert_policy.unkept[0].conditions[0].condition_threshold[0].threshold_value == 0
    error_message = "dead letters that cannot be kept are told to nobody"
  }

  assert {
    condition     = google_monitoring_alert_policy.waiting.conditions[0].condition_threshold[0].filter == "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = starts_with(\"ll-\") AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\"" && google_monitoring_alert_policy.waiting.conditions[0].condition_threshold[0].threshold_value == 900
    error_message = "expected every subscription to be watched, the dead letters' own too"
  }

  assert {
    condition = { for one in google_monitoring_alert_policy.failing.conditions : one.condition_threshold[0].filter => one.condition_threshold[0].threshold_value } == {
      "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = one_of(\"ll-take-form\") AND metric.type = \"run.googleapis.com/request_count\" AND metric.labels.response_code_class = \"5xx\"" = 0
      "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = one_of(\"ll-take-form\") AND metric.type = \"run.googleapis.com/request_count\" AND metric.labels.response_code = \"429\""       = 0
      "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = starts_with(\"ll-\") AND metric.type = \"run.googleapis.com/request_count\" AND metric.labels.response_code_class = \"5xx\""     = 5
    }
    error_message = "expected one 5xx or 429 of a public function to be told, of another more than five 5xx"
  }

  assert {
    condition     = alltrue([for one in google_monitoring_alert_policy.failing.conditions : one.condition_threshold[0].aggregations[0].group_by_fields == tolist(["resource.labels.service_name"])])
    error_message = "an alert does not say which function fails"
  }

  assert {
    condition     = google_monitoring_alert_policy.unfired.conditions[0].condition_matched_log[0].filter == "resource.type = \"cloud_scheduler_job\" AND resource.labels.job_id =~ \"^ll-\" AND severity >= ERROR" && length(google_monitoring_alert_policy.unfired.alert_strategy[0].notification_rate_limit) == 1
    error_message = "a scheduled run that fails is told to nobody"
  }

  assert {
    condition = { for name, one in google_monitoring_alert_policy.silent : name => [one.conditions[0].condition_absent[0].duration, one.conditions[0].condition_absent[0].filter] } == {
      tick = ["1800s", "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = \"ll-tick\" AND metric.type = \"run.googleapis.com/request_count\" AND metric.labels.response_code_class = \"2xx\""]
    }
    error_message = "expected to be told of the function that the manifest gives a silence"
  }

  assert {
    condition = alltrue([
      for one in concat(
        [google_monitoring_alert_policy.dead_letters, google_monitoring_alert_policy.unkept[0], google_monitoring_alert_policy.waiting, google_monitoring_alert_policy.failing, google_monitoring_alert_policy.unfired],
        values(google_monitoring_alert_policy.silent),
      ) : one.notification_channels == tolist([google_monitoring_notification_channel.email[0].id]) && one.documentation[0].subject != "" && strcontains(one.documentation[0].content, "docs/en/troubleshooting.md") && startswith(one.display_name, "ll-")
    ])
    error_message = "an alert goes nowhere, or does not say what to do"
  }

  assert {
    condition     = strcontains(google_monitoring_alert_policy.dead_letters.documentation[0].content, "`leadloop dead-letters --replay all --policy leadloop.yaml --project acme-leads --prefix ll-`")
    error_message = "a dead letter's alert does not give the command that puts it back into this bundle"
  }

  assert {
    condition     = length(google_billing_budget.monthly) == 0
    error_message = "a budget without a billing account"
  }
}

run "without_a_public_function_nobody_looks_for_one" {
  module {
    source = "./modules/alerts"
  }

  variables {
    functions = { tick = { public = false, schedule = "*/5 * * * *", silence = 1800 } }
  }

  assert {
    condition     = length(google_monitoring_alert_policy.failing.conditions) == 1 && length(google_monitoring_alert_policy.unkept) == 0
    error_message = "Cloud Monitoring refuses one_of() of nothing"
  }
}

run "without_an_address_nobody_is_told" {
  module {
    source = "./modules/alerts"
  }

  variables {
    email = ""
  }

  assert {
    condition     = length(google_monitoring_notification_channel.email) == 0 && length(google_monitoring_alert_policy.dead_letters.notification_channels) == 0
    error_message = "expected no channel to an address that there is not"
  }
}

run "with_a_billing_account_there_is_a_budget" {
  module {
    source = "./modules/alerts"
  }

  variables {
    billing_account = "01AB23-456789-CDEF01"
  }

  assert {
    condition     = google_billing_budget.monthly[0].amount[0].specified_amount[0].units == "20" && google_billing_budget.monthly[0].budget_filter[0].projects == toset(["projects/4242"])
    error_message = "expected a budget of this project alone"
  }
}

run "a_silence_longer_than_can_be_seen" {
  command = plan

  module {
    source = "./modules/alerts"
  }

  variables {
    functions = { tock = { public = false, schedule = "30 3 * * *", silence = 90000 } }
  }

  expect_failures = [var.functions]
}

run "a_silence_of_no_whole_minutes" {
  command = plan

  module {
    source = "./modules/alerts"
  }

  variables {
    functions = { tick = { public = false, schedule = "*/5 * * * *", silence = 1830 } }
  }

  expect_failures = [var.functions]
}
