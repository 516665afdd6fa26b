locals {
  told          = google_monitoring_notification_channel.email[*].id
  public        = [for name, one in var.functions : "\"${var.services[name]}\"" if one.public]
  silences      = { for name, one in var.functions : name => one.silence if one.silence != null }
  keepers       = [for name, one in var.functions : "\"${var.prefix}${name}\"" if one.topic == "dead-letters"]
  subscriptions = "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = starts_with(\"${var.prefix}\")"
  services      = "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = starts_with(\"${var.prefix}\")"
  edge          = "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = one_of(${join(", ", local.public)})"
  answers       = "metric.type = \"run.googleapis.com/request_count\""
  bundle        = "--project ${var.project} --prefix ${var.prefix}"
  more          = "More: docs/en/troubleshooting.md of leadloop, Alerts of the cloud; docs/ru/troubleshooting.md, Оповещения облака."
}

resource "google_monitoring_notification_channel" "email" {
  count = var.email == "" ? 0 : 1

  display_name = "${var.prefix}leadloop"
  type         = "email"
  labels       = { email_address = var.email }
}

# A count that is not written again never falls to zero, so its incident ends by time alone, and the next is told anew.
resource "google_monitoring_alert_policy" "dead_letters" {
  display_name          = "${var.prefix}messages died"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.told

  conditions {
    display_name = "a message failed every delivery"

    condition_threshold {
      filter          = "${local.subscriptions} AND metric.type = \"pubsub.googleapis.com/subscription/dead_letter_message_count\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
        group_by_fields      = ["resource.labels.subscription_id"]
      }
    }
  }

  alert_strategy {
    auto_close = "1800s"
  }

  documentation {
    subject = "$${resource.label.subscription_id}: a message failed every delivery"
    content = "The function $${resource.label.subscription_id} failed on a message for hours. The message is kept for 30 days: put right what the function's log complains of, see the message with `leadloop dead-letters --policy leadloop.yaml ${local.bundle}`, and have it delivered again with `leadloop dead-letters --replay all --policy leadloop.yaml ${local.bundle}`. ${local.more}"
  }
}

resource "google_monitoring_alert_policy" "unkept" {
  count = length(local.keepers) == 0 ? 0 : 1

  display_name          = "${var.prefix}dead letters are not kept"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.told

  conditions {
    display_name = "a dead letter has waited for five minutes"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = one_of(${join(", ", local.keepers)}) AND metric.type = \"pubsub.googleapis.com/subscription/num_undelivered_messages\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "300s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MIN"
      }
    }
  }

  alert_strategy {
    auto_close = "3600s"
  }

  documentation {
    subject = "$${resource.label.subscription_id} cannot keep dead letters"
    content = "Messages that failed every delivery wait in Pub/Sub, which drops them after seven days. $${resource.label.subscription_id} is to write them to the database: its log says why it cannot. ${local.more}"
  }
}

resource "google_monitoring_alert_policy" "waiting" {
  display_name          = "${var.prefix}messages wait"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = local.told

  conditions {
    display_name = "the oldest message has waited for a quarter of an hour"

    condition_threshold {
      filter          = "${local.subscriptions} AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      comparison      = "COMPARISON_GT"
      threshold_value = 900
      duration        = "300s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  alert_strategy {
    auto_close = "3600s"
  }

  documentation {
    subject = "$${resource.label.subscription_id}: messages wait"
    content = "The function $${resource.label.subscription_id} fails or cannot keep up: its log says which. Messages are tried again for about four hours before they are dead letters, so nothing is lost yet. ${local.more}"
  }
}

resource "google_monitoring_alert_policy" "failing" {
  display_name          = "${var.prefix}functions fail"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.told

  # No function of ours answers 429: Cloud Run does when every instance is busy, and no other may be started.
  dynamic "conditions" {
    for_each = length(local.public) == 0 ? {} : {
      "a form or a webhook was refused with 5xx"       = "metric.labels.response_code_class = \"5xx\""
      "a form or a webhook met no free instance (429)" = "metric.labels.response_code = \"429\""
    }

    content {
      display_name = conditions.key

      condition_threshold {
        filter          = "${local.edge} AND ${local.answers} AND ${conditions.value}"
        comparison      = "COMPARISON_GT"
        threshold_value = 0
        duration        = "0s"

        aggregations {
          alignment_period     = "300s"
          per_series_aligner   = "ALIGN_DELTA"
          cross_series_reducer = "REDUCE_SUM"
          group_by_fields      = ["resource.labels.service_name"]
        }
      }
    }
  }

  conditions {
    display_name = "more than five answers 5xx in five minutes"

    condition_threshold {
      filter          = "${local.services} AND ${local.answers} AND metric.labels.response_code_class = \"5xx\""
      comparison      = "COMPARISON_GT"
      threshold_value = 5
      duration        = "0s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
        group_by_fields      = ["resource.labels.service_name"]
      }
    }
  }

  alert_strategy {
    auto_close = "1800s"
  }

  documentation {
    subject = "$${resource.label.service_name} answers 5xx or 429"
    content = "The log of $${resource.label.service_name} says why of 5xx, at severity ERROR; 429 means that more came than max_instances of the manifest take at once. What a form or the CRM was refused comes only if its sender tries again; messages are delivered again by themselves. ${local.more}"
  }
}

# Absence is seen only of what was there within a day: what has never run well, or runs once a day, is told of here.
resource "google_monitoring_alert_policy" "unfired" {
  display_name          = "${var.prefix}a scheduled run failed"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = local.told

  conditions {
    display_name = "Cloud Scheduler got no good answer"

    condition_matched_log {
      filter = "resource.type = \"cloud_scheduler_job\" AND resource.labels.job_id =~ \"^${var.prefix}\" AND severity >= ERROR"

      label_extractors = {
        job = "EXTRACT(resource.labels.job_id)"
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"

    notification_rate_limit {
      period = "3600s"
    }
  }

  documentation {
    subject = "$${log.extracted_label.job} failed"
    content = "The job $${log.extracted_label.job} could not call its function, or the function failed: the logs of both say why. The next run goes on where this one stopped. ${local.more}"
  }
}

resource "google_monitoring_alert_policy" "silent" {
  for_each = local.silences

  display_name          = "${var.prefix}${each.key} does not run"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.told

  conditions {
    display_name = "no good run for ${each.value / 60} minutes"

    condition_absent {
      filter   = "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = \"${var.services[each.key]}\" AND ${local.answers} AND metric.labels.response_code_class = \"2xx\""
      duration = "${each.value}s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    subject = "${var.prefix}${each.key} does not run"
    content = "Its job in Cloud Scheduler is paused or may not call it, or every run fails: look at the job's last result, then at the function's log. ${local.more}"
  }
}

resource "google_billing_budget" "monthly" {
  count = var.billing_account == "" ? 0 : 1

  billing_account = var.billing_account
  display_name    = "${var.prefix}leadloop"

  budget_filter {
    projects = ["projects/${var.project_number}"]
  }

  amount {
    specified_amount {
      units = tostring(var.monthly_budget)
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1.0]

    content {
      threshold_percent = threshold_rules.value
    }
  }

  dynamic "all_updates_rule" {
    for_each = var.email == "" ? [] : [local.told]

    content {
      monitoring_notification_channels = all_updates_rule.value
    }
  }
}
