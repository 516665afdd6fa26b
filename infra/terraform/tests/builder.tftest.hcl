# What builds the functions, and what it may touch.

mock_provider "google" {}

variables {
  project        = "acme-leads"
  project_number = "4242"
  region         = "europe-west1"
  prefix         = "ll-"
}

run "it_builds_and_does_no_more" {
  module {
    source = "./modules/builder"
  }

  assert {
    condition     = google_service_account.build.account_id == "ll-build"
    error_message = "expected a build account of the bundle's own"
  }

  assert {
    condition = toset([for one in [google_project_iam_member.log, google_project_iam_member.copied_source] : "${one.role} ${one.member}"]) == toset([
      "roles/logging.logWriter ${google_service_account.build.member}",
      "roles/storage.objectViewer ${google_service_account.build.member}",
    ])
    error_message = "expected of the whole project only the right to write logs and to read what is built"
  }

  assert {
    condition     = join("", google_project_iam_member.copied_source.condition[*].expression) == "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-4242-europe-west1/\")"
    error_message = "the build account reads buckets that are not Cloud Functions' own"
  }

  assert {
    condition     = google_artifact_registry_repository_iam_member.build.repository == google_artifact_registry_repository.images.name
    error_message = "the build account writes to another repository"
  }

  assert {
    condition     = google_storage_bucket_iam_member.build.bucket == google_storage_bucket.source.name
    error_message = "the build account reads another bucket"
  }

  assert {
    condition     = google_storage_bucket.source.public_access_prevention == "enforced" && google_storage_bucket.source.uniform_bucket_level_access
    error_message = "packages can be made public"
  }

  assert {
    condition     = toset([for one in google_artifact_registry_repository.images.cleanup_policies : one.action]) == toset(["KEEP", "DELETE"])
    error_message = "old images pile up"
  }
}
