# Each function as the manifest describes it.

mock_provider "google" {}

variables {
  project        = "acme-leads"
  region         = "europe-west1"
  prefix         = "ll-"
  database       = "ll-documents"
  build_account  = "projects/acme-leads/serviceAccounts/ll-build@acme-leads.iam.gserviceaccount.com"
  bucket         = "acme-leads-ll-source"
  repository     = "projects/acme-leads/locations/europe-west1/repositories/ll-functions"
  warm_instances = 0
  emails         = { take-form = "form@acme", take-hook = "hook@acme", keep-record = "record@acme" }
  secrets        = { ACME_KEY = "ll-ACME_KEY", LEADLOOP_HOOK_SECRET = "ll-LEADLOOP_HOOK_SECRET" }
  functions = {
    take-form = {
      public  = true, cpu = 1, memory = "512Mi", timeout = 10, concurrency = 16, max_instances = 7, secrets = ["ACME_KEY"]
      package = "form.zip", sha256 = "f0", entry_point = "take_form", runtime = "python313"
    }
    take-hook = {
      public  = true, cpu = 1, memory = "512Mi", timeout = 10, concurrency = 8, max_instances = 5, secrets = ["LEADLOOP_HOOK_SECRET"]
      package = "hook.zip", sha256 = "40", entry_point = "take_hook", runtime = "python313"
    }
    keep-record = {
      public  = false, cpu = 0.583, memory = "1Gi", timeout = 60, concurrency = 1, max_instances = 3, secrets = []
      package = "record.zip", sha256 = "4e", entry_point = "keep_record", runtime = "python312"
    }
  }
}

run "as_the_manifest_says" {
  module {
    source = "./modules/functions"
  }

  assert {
    condition = {
      for name, one in google_cloudfunctions2_function.function : name => [
        one.name, one.service_config[0].max_instance_count, one.service_config[0].max_instance_request_concurrency,
        one.service_config[0].available_cpu, one.service_config[0].available_memory, one.service_config[0].timeout_seconds,
      ]
      } == {
      take-form   = ["ll-take-form", 7, 16, "1", "512Mi", 10]
      take-hook   = ["ll-take-hook", 5, 8, "1", "512Mi", 10]
      keep-record = ["ll-keep-record", 3, 1, "0.583", "1Gi", 60]
    }
    error_message = "a function has other limits than the manifest gives it"
  }

  assert {
    condition     = keys(google_cloud_run_service_iam_member.public) == ["take-form", "take-hook"]
    error_message = "expected the public to call what the manifest calls public, and nothing else"
  }

  assert {
    condition     = alltrue([for name, one in google_cloud_run_service_iam_member.public : one.service == "ll-${name}" && one.role == "roles/run.invoker"])
    error_message = "the public is let in at another service, or may do more than call"
  }

  assert {
    condition     = { for name, one in google_cloudfunctions2_function.function : name => one.service_config[0].ingress_settings } == { take-form = "ALLOW_ALL", take-hook = "ALLOW_ALL", keep-record = "ALLOW_INTERNAL_ONLY" }
    error_message = "a function that is not public can be reached from outside"
  }

  assert {
    condition     = tomap({ for name, one in google_cloudfunctions2_function.function : name => one.service_config[0].service_account_email }) == var.emails
    error_message = "a function runs under another's account"
  }

  assert {
    condition     = { for name, one in google_cloudfunctions2_function.function : name => join(" ", one.service_config[0].secret_environment_variables[*].key) } == { take-form = "ACME_KEY", take-hook = "LEADLOOP_HOOK_SECRET", keep-record = "" }
    error_message = "a function is given other secrets than it reads"
  }

  assert {
    condition     = toset(flatten([for one in google_cloudfunctions2_function.function : one.service_config[0].secret_environment_variables[*].version])) == toset(["latest"])
    error_message = "a secret's new value would not come with new instances"
  }

  assert {
    condition     = alltrue([for one in google_cloudfunctions2_function.function : one.service_config[0].all_traffic_on_latest_revision])
    error_message = "what was deployed last would not be called"
  }

  assert {
    condition     = alltrue([for one in google_cloudfunctions2_function.function : tonumber(one.service_config[0].environment_variables.THREADS) == one.service_config[0].max_instance_request_concurrency])
    error_message = "expected as many threads as calls at a time"
  }

  assert {
    condition     = google_cloudfunctions2_function.function["take-form"].build_config[0].source[0].storage_source[0].object == "take-form/f0.zip"
    error_message = "another content would not be deployed: it is not in the name"
  }

  assert {
    condition     = alltrue([for one in google_cloudfunctions2_function.function : one.build_config[0].docker_repository == var.repository && one.build_config[0].service_account == var.build_account])
    error_message = "a function is built by another account, or into another repository"
  }

  assert {
    condition = {
      for name, one in google_logging_project_exclusion.senders : name => one.filter
      } == {
      for name in ["take-form", "take-hook"] : name => "resource.type=\"cloud_run_revision\" AND log_id(\"run.googleapis.com/requests\") AND resource.labels.service_name=\"ll-${name}\""
    }
    error_message = "visitors' IP addresses or the secret in a webhook's address would be logged, or a log is missed"
  }

  assert {
    condition     = google_logging_project_exclusion.successes.filter == "resource.type=\"cloud_run_revision\" AND log_id(\"run.googleapis.com/requests\") AND severity<WARNING AND resource.labels.service_name=~\"^ll-\""
    error_message = "requests that went well would be logged, or others missed"
  }

  assert {
    condition     = alltrue([for one in google_cloudfunctions2_function.function : one.service_config[0].min_instance_count == 0])
    error_message = "instances are kept ready that nobody asked for"
  }
}

run "public_ones_are_kept_ready_when_asked" {
  command = plan

  module {
    source = "./modules/functions"
  }

  variables {
    warm_instances = 2
  }

  assert {
    condition     = { for name, one in google_cloudfunctions2_function.function : name => one.service_config[0].min_instance_count } == { take-form = 2, take-hook = 2, keep-record = 0 }
    error_message = "expected public functions, and no others, to be kept ready"
  }
}

run "more_are_kept_ready_than_there_may_be" {
  command = plan

  module {
    source = "./modules/functions"
  }

  variables {
    warm_instances = 6
  }

  expect_failures = [var.warm_instances]
}

run "without_a_bound_on_instances" {
  command = plan

  module {
    source = "./modules/functions"
  }

  variables {
    functions = {
      keep-record = {
        public  = false, cpu = 1, memory = "512Mi", timeout = 60, concurrency = 1, max_instances = 0, secrets = []
        package = "record.zip", sha256 = "4e", entry_point = "keep_record", runtime = "python313"
      }
    }
  }

  expect_failures = [var.functions]
}

run "several_calls_at_a_time_on_less_than_a_cpu" {
  command = plan

  module {
    source = "./modules/functions"
  }

  variables {
    functions = {
      keep-record = {
        public  = false, cpu = 0.5, memory = "512Mi", timeout = 60, concurrency = 2, max_instances = 1, secrets = []
        package = "record.zip", sha256 = "4e", entry_point = "keep_record", runtime = "python313"
      }
    }
  }

  expect_failures = [var.functions]
}

run "without_a_package" {
  command = plan

  module {
    source = "./modules/functions"
  }

  variables {
    functions = {
      keep-record = {
        public  = false, cpu = 1, memory = "512Mi", timeout = 60, concurrency = 1, max_instances = 1, secrets = []
        package = "", sha256 = "", entry_point = "", runtime = ""
      }
    }
  }

  expect_failures = [var.functions]
}
