# Secrets without values, and who reads them.

mock_provider "google" {}

variables {
  project = "acme-leads"
  region  = "europe-west1"
  prefix  = "ll-"
  names   = ["ACME_KEY", "ACME_TOKEN", "ACME_UNREAD"]
  reads   = { take-form = ["ACME_KEY"], keep-record = ["ACME_KEY", "ACME_TOKEN"], tick = [] }
  members = { take-form = "serviceAccount:form", keep-record = "serviceAccount:record", tick = "serviceAccount:tick" }
  protect = true
}

run "each_is_read_by_exactly_those_that_name_it" {
  module {
    source = "./modules/secrets"
  }

  assert {
    condition = toset([for one in google_secret_manager_secret_iam_member.reader : "${one.secret_id} ${one.role} ${one.member}"]) == toset([
      "ll-ACME_KEY roles/secretmanager.secretAccessor serviceAccount:form",
      "ll-ACME_KEY roles/secretmanager.secretAccessor serviceAccount:record",
      "ll-ACME_TOKEN roles/secretmanager.secretAccessor serviceAccount:record",
    ])
    error_message = "expected each secret readable by the functions that name it, and by nobody else"
  }

  assert {
    condition     = keys(output.ids) == ["ACME_KEY", "ACME_TOKEN", "ACME_UNREAD"]
    error_message = "a secret of the manifest has no place"
  }

  assert {
    condition     = output.read == { ACME_KEY = "ll-ACME_KEY", ACME_TOKEN = "ll-ACME_TOKEN" }
    error_message = "expected those to need a value that some function reads"
  }

  assert {
    condition     = alltrue([for one in google_secret_manager_secret.environment : one.replication[0].user_managed[0].replicas[0].location == "europe-west1"])
    error_message = "a secret rests outside the region"
  }

  assert {
    condition     = alltrue([for one in google_secret_manager_secret.environment : one.deletion_protection])
    error_message = "a secret that is lost takes the leads' keys with it"
  }
}

run "without_protection_they_can_be_deleted" {
  command = plan

  module {
    source = "./modules/secrets"
  }

  variables {
    protect = false
  }

  assert {
    condition     = !anytrue([for one in google_secret_manager_secret.environment : one.deletion_protection])
    error_message = "a secret stays in the way of terraform destroy"
  }
}
