# The whole bundle from the manifest, with the packages and the policy that the tests are given.

mock_provider "google" {}

variables {
  project = "acme-leads"
  region  = "europe-west1"
}

run "a_bundle" {
  assert {
    condition     = toset(keys(module.functions.services)) == toset(keys(local.manifest.functions))
    error_message = "expected every function of the manifest to be deployed"
  }

  assert {
    condition     = toset(keys(output.addresses)) == toset([for name, one in local.manifest.functions : name if try(one.public, false)])
    error_message = "expected the addresses of the public functions"
  }

  assert {
    condition     = toset(keys(output.subscriptions)) == toset([for name, one in local.manifest.functions : name if try(one.topic, null) != null])
    error_message = "expected a subscription for every consumer"
  }

  assert {
    condition     = toset(keys(output.jobs)) == toset([for name, one in local.manifest.functions : name if try(one.schedule, null) != null])
    error_message = "expected a job for every scheduled function"
  }

  assert {
    condition     = toset(keys(output.secrets)) == toset(flatten([for one in local.packages : one.secrets]))
    error_message = "expected those secrets to need a value that the packages read"
  }

  assert {
    condition     = !contains(keys(google_project_service.apis), "billingbudgets")
    error_message = "expected nothing to do with billing where no budget was asked for"
  }
}

run "another_bundle_beside_it" {
  variables {
    prefix = "b2-"
  }

  assert {
    condition = length(setintersection(
      concat(values(output.subscriptions), values(output.jobs), values(output.secrets), [output.database]),
      concat(values(run.a_bundle.subscriptions), values(run.a_bundle.jobs), values(run.a_bundle.secrets), [run.a_bundle.database]),
    )) == 0
    error_message = "two bundles meet in one name"
  }
}

run "the_policy_s_schedules_replace_the_manifest_s" {
  command = plan

  variables {
    policy = "tests/policy.yaml"
  }

  assert {
    condition     = local.functions["sync-crm"].schedule == "*/30 * * * *"
    error_message = "expected the policy's schedule"
  }

  assert {
    condition     = local.functions["drain-spool"].schedule == local.manifest.functions["drain-spool"].schedule
    error_message = "expected the manifest's schedule where the policy has none"
  }

  assert {
    condition = { for name, one in local.functions : name => one.silence if one.silence != null } == {
      for name, one in local.manifest.functions : name => one.silence if try(one.silence, null) != null && name != "sync-crm"
    }
    error_message = "a silence that fits another schedule would be told by mistake, or one that fits not at all"
  }
}

run "with_a_budget" {
  variables {
    billing_account = "01AB23-456789-CDEF01"
  }

  assert {
    condition     = contains(keys(google_project_service.apis), "billingbudgets")
    error_message = "a budget cannot be made before its API is on"
  }
}

run "a_project_s_name_for_its_id" {
  command = plan

  variables {
    project = "Acme leads"
  }

  expect_failures = [var.project]
}

run "a_zone_for_a_region" {
  command = plan

  variables {
    region = "europe-west1-b"
  }

  expect_failures = [var.region]
}

run "a_prefix_that_begins_another" {
  command = plan

  variables {
    prefix = "ll-a-"
  }

  expect_failures = [var.prefix]
}

run "an_address_that_is_none" {
  command = plan

  variables {
    alert_email = "ops"
  }

  expect_failures = [var.alert_email]
}

run "too_many_kept_ready" {
  command = plan

  variables {
    warm_instances = 6
  }

  expect_failures = [var.warm_instances]
}

run "a_billing_account_s_name_for_its_id" {
  command = plan

  variables {
    billing_account = "My account"
  }

  expect_failures = [var.billing_account]
}

run "a_budget_of_nothing" {
  command = plan

  variables {
    monthly_budget = 0
  }

  expect_failures = [var.monthly_budget]
}
