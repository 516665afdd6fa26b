resource "google_service_account" "build" {
  account_id   = "${var.prefix}build"
  display_name = "leadloop builds its functions"
}

resource "google_project_iam_member" "log" {
  project = var.project
  role    = "roles/logging.logWriter"
  member  = google_service_account.build.member
}

resource "google_artifact_registry_repository" "images" {
  #checkov:skip=CKV_GCP_84:Google's own keys do: images hold code and no personal data, and losing a key of one's own stops every function

  repository_id = "${var.prefix}functions"
  location      = var.region
  format        = "DOCKER"
  description   = "Images that the functions of leadloop run from."

  # Every deploy adds an image to each function, and all are paid for. What runs is kept by Cloud Run itself:
  # https://cloud.google.com/run/docs/deploying#images
  cleanup_policies {
    id     = "keep-the-newest"
    action = "KEEP"

    most_recent_versions {
      keep_count = 1
    }
  }

  cleanup_policies {
    id     = "delete-older"
    action = "DELETE"

    condition {
      older_than = "604800s"
    }
  }
}

resource "google_artifact_registry_repository_iam_member" "build" {
  project    = var.project
  location   = var.region
  repository = google_artifact_registry_repository.images.name
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.build.member
}

resource "google_storage_bucket" "source" {
  #checkov:skip=CKV_GCP_62:it holds packages only, without secrets, and who changes them stands in the audit log

  name                        = "${var.project}-${var.prefix}source"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true

  versioning {
    enabled = true
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      num_newer_versions = 3
      with_state         = "ARCHIVED"
    }
  }
}

resource "google_storage_bucket_iam_member" "build" {
  bucket = google_storage_bucket.source.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.build.member
}

# Cloud Functions copies a package to a bucket of its own, which is not there before the first build, and has it built
# from there: https://github.com/hashicorp/terraform-provider-google/issues/20571
resource "google_project_iam_member" "copied_source" {
  project = var.project
  role    = "roles/storage.objectViewer"
  member  = google_service_account.build.member

  condition {
    title      = "${var.prefix}copied-source-only"
    expression = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-${var.project_number}-${var.region}/\")"
  }
}
