# Jobs that call the scheduled functions.

mock_provider "google" {}

variables {
  project   = "acme-leads"
  region    = "europe-west1"
  prefix    = "ll-"
  schedules = { tick = { schedule = "*/5 * * * *", timeout = 60 }, tock = { schedule = "30 3 * * *", timeout = 300 } }
  services = {
    tick      = { service = "ll-tick", uri = "https://tick.example" }
    tock      = { service = "ll-tock", uri = "https://tock.example" }
    take-form = { service = "ll-take-form", uri = "https://form.example" }
  }
}

run "a_job_for_each" {
  module {
    source = "./modules/schedules"
  }

  assert {
    condition = { for name, one in google_cloud_scheduler_job.tick : name => [one.name, one.schedule, one.time_zone, one.attempt_deadline] } == {
      tick = ["ll-tick", "*/5 * * * *", "Etc/UTC", "80s"]
      tock = ["ll-tock", "30 3 * * *", "Etc/UTC", "320s"]
    }
    error_message = "expected each schedule kept in UTC, and its call to end by the function's own time-out"
  }

  assert {
    condition = alltrue([
      for name, one in google_cloud_scheduler_job.tick :
      one.http_target[0].uri == var.services[name].uri && one.http_target[0].http_method == "POST" &&
      one.http_target[0].oidc_token[0].audience == var.services[name].uri && one.http_target[0].oidc_token[0].service_account_email == google_service_account.scheduler.email
    ])
    error_message = "expected each job to call its function, with a token made out to that function's address"
  }

  assert {
    condition     = toset([for one in google_cloud_run_service_iam_member.scheduler : "${one.service} ${one.role}"]) == toset(["ll-tick roles/run.invoker", "ll-tock roles/run.invoker"])
    error_message = "expected the scheduler's account to call scheduled functions, and nothing else"
  }
}
