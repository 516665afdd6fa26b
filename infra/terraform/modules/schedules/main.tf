# One account for all jobs, as for all messages: see the module `bus`.
resource "google_service_account" "scheduler" {
  account_id   = "${var.prefix}scheduler"
  display_name = "leadloop schedules call under this name"
}

resource "google_cloud_run_service_iam_member" "scheduler" {
  for_each = var.schedules

  project  = var.project
  location = var.region
  service  = var.services[each.key].service
  role     = "roles/run.invoker"
  member   = google_service_account.scheduler.member
}

resource "google_cloud_scheduler_job" "tick" {
  for_each = var.schedules

  name             = "${var.prefix}${each.key}"
  region           = var.region
  schedule         = each.value.schedule
  time_zone        = "Etc/UTC"
  attempt_deadline = "${each.value.timeout + 20}s" # the function's own time-out comes first

  retry_config {
    retry_count          = 1 # the next tick goes on anyway
    min_backoff_duration = "10s"
  }

  http_target {
    http_method = "POST"
    uri         = var.services[each.key].uri

    oidc_token {
      service_account_email = google_service_account.scheduler.email
      audience              = var.services[each.key].uri
    }
  }
}
