# Who may do what with documents.

mock_provider "google" {}

variables {
  project  = "acme-leads"
  region   = "europe-west1"
  prefix   = "ll-"
  database = "ll-documents"
  functions = {
    take-form   = { documents = "create" }
    keep-record = { documents = "change" }
  }
}

run "an_account_for_each_function" {
  module {
    source = "./modules/accounts"
  }

  assert {
    condition     = { for name, one in google_service_account.function : name => one.account_id } == { take-form = "ll-take-form", keep-record = "ll-keep-record" }
    error_message = "expected an account of its own for every function, named after it"
  }

  assert {
    condition     = length(distinct(values(output.members))) == 2
    error_message = "two functions share an account"
  }

  assert {
    condition     = { for name, one in google_project_iam_member.documents : name => [one.role, one.member] } == { keep-record = ["roles/datastore.user", output.members["keep-record"]] }
    error_message = "expected the right to change documents for those only that change some"
  }

  assert {
    condition     = { for name, one in google_project_iam_member.create : name => [one.role, one.member] } == { take-form = [google_project_iam_custom_role.create.name, output.members["take-form"]] }
    error_message = "expected the right to add documents for those only that add and do no more"
  }

  assert {
    condition     = google_project_iam_custom_role.create.permissions == toset(["datastore.entities.create"])
    error_message = "whoever only adds documents must not see one"
  }

  assert {
    condition     = startswith(google_project_iam_custom_role.create.role_id, "ll_create_documents_20")
    error_message = "a role's id tells its bundle and its day"
  }

  assert {
    condition = alltrue([
      for one in concat(values(google_project_iam_member.documents), values(google_project_iam_member.create)) :
      join("", one.condition[*].expression) == "resource.name == \"projects/acme-leads/databases/ll-documents\""
    ])
    error_message = "a grant on documents reaches beyond the bundle's own database"
  }
}

run "a_name_too_long_for_an_account" {
  command = plan

  module {
    source = "./modules/accounts"
  }

  variables {
    functions = { reconcile-every-account = { documents = "change" } }
  }

  expect_failures = [var.functions]
}

run "a_name_that_is_taken" {
  command = plan

  module {
    source = "./modules/accounts"
  }

  variables {
    functions = { push = { documents = "change" } }
  }

  expect_failures = [var.functions]
}

run "documents_misspelt" {
  command = plan

  module {
    source = "./modules/accounts"
  }

  variables {
    functions = { keep-record = { documents = "read" } }
  }

  expect_failures = [var.functions]
}
