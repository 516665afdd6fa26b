locals {
  secrets = setunion([for one in var.functions : one.secrets]...)
  reads = merge([
    for name, one in var.functions : { for secret in one.secrets : "${name}/${secret}" => { name = name, secret = secret } }
  ]...)
  public = { for name, one in var.functions : name => one if one.public }
}

resource "google_service_account" "function" {
  for_each = var.functions

  account_id   = "${var.prefix}${each.key}"
  display_name = "leadloop ${each.key}"
}

resource "google_service_account" "build" {
  account_id   = "${var.prefix}build"
  display_name = "leadloop builds its functions"
}

resource "google_project_iam_member" "build" {
  for_each = toset(["roles/logging.logWriter", "roles/artifactregistry.writer"])

  project = var.project
  role    = each.value
  member  = google_service_account.build.member
}

# Firestore knows no narrower grant than a database.
resource "google_project_iam_member" "documents" {
  for_each = google_service_account.function

  project = var.project
  role    = "roles/datastore.user"
  member  = each.value.member

  condition {
    title      = "${var.prefix}documents-only"
    expression = "resource.name == \"projects/${var.project}/databases/${var.database}\""
  }
}

# Their values are added by hand, so that none of them gets into the state.
resource "google_secret_manager_secret" "environment" {
  for_each = local.secrets

  secret_id = "${var.prefix}${each.value}"

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
}

resource "google_secret_manager_secret_iam_member" "reader" {
  for_each = local.reads

  secret_id = google_secret_manager_secret.environment[each.value.secret].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.function[each.value.name].member
}

resource "google_storage_bucket" "source" {
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

# The content is in the name: another content is another object, and is deployed.
resource "google_storage_bucket_object" "package" {
  for_each = var.functions

  bucket = google_storage_bucket.source.name
  name   = "${each.key}/${each.value.sha256}.zip"
  source = each.value.package
}

resource "google_cloudfunctions2_function" "function" {
  for_each = var.functions

  name     = "${var.prefix}${each.key}"
  location = var.region

  build_config {
    runtime         = each.value.runtime
    entry_point     = each.value.entry_point
    service_account = google_service_account.build.id

    source {
      storage_source {
        bucket = google_storage_bucket.source.name
        object = google_storage_bucket_object.package[each.key].name
      }
    }
  }

  service_config {
    service_account_email            = google_service_account.function[each.key].email
    available_cpu                    = tostring(each.value.cpu)
    available_memory                 = each.value.memory
    timeout_seconds                  = each.value.timeout
    max_instance_request_concurrency = each.value.concurrency
    min_instance_count               = each.value.public ? var.warm_instances : 0
    max_instance_count               = each.value.max_instances
    ingress_settings                 = each.value.public ? "ALLOW_ALL" : "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision   = true

    environment_variables = {
      LEADLOOP_PROJECT  = var.project
      LEADLOOP_DATABASE = var.database
      LEADLOOP_PREFIX   = var.prefix
      THREADS           = tostring(each.value.concurrency)
    }

    dynamic "secret_environment_variables" {
      for_each = each.value.secrets

      content {
        key        = secret_environment_variables.value
        project_id = var.project
        secret     = google_secret_manager_secret.environment[secret_environment_variables.value].secret_id
        version    = "latest"
      }
    }
  }

  depends_on = [
    google_project_iam_member.build,
    google_storage_bucket_iam_member.build,
    google_secret_manager_secret_iam_member.reader,
  ]
}

# The right to call is Cloud Run's: https://cloud.google.com/functions/docs/securing/authenticating
resource "google_cloud_run_service_iam_member" "public" {
  for_each = local.public

  project  = var.project
  location = var.region
  service  = google_cloudfunctions2_function.function[each.key].name
  role     = "roles/run.invoker"
  member   = "allUsers"
}
