locals {
  public   = { for name, one in var.functions : name => one if one.public }
  requests = "resource.type=\"cloud_run_revision\" AND log_id(\"run.googleapis.com/requests\")"
}

# Cloud Run logs of every request who sent it and to which address: the visitor's IP address, and a webhook's secret. Of
# public functions it is to log nothing; what they say themselves is logged.
resource "google_logging_project_exclusion" "senders" {
  for_each = local.public

  name        = "${var.prefix}${each.key}-senders"
  description = "Requests hold IP addresses of visitors, and a webhook's address its secret."
  filter      = "${local.requests} AND resource.labels.service_name=\"${var.prefix}${each.key}\""
}

# Of the others it would write more than they write themselves, and be most of the bill of a quiet log.
resource "google_logging_project_exclusion" "successes" {
  name        = "${var.prefix}successes"
  description = "Requests that went well: the functions say what they did."
  filter      = "${local.requests} AND severity<WARNING AND resource.labels.service_name=~\"^${var.prefix}\""
}

# The content is in the name: another content is another object, and is deployed.
resource "google_storage_bucket_object" "package" {
  for_each = var.functions

  bucket = var.bucket
  name   = "${each.key}/${each.value.sha256}.zip"
  source = each.value.package
}

resource "google_cloudfunctions2_function" "function" {
  #checkov:skip=CKV_GCP_124:sites and CRMs call the public ones from outside; every other is internal only

  for_each = var.functions

  name     = "${var.prefix}${each.key}"
  location = var.region

  build_config {
    runtime           = each.value.runtime
    entry_point       = each.value.entry_point
    service_account   = var.build_account
    docker_repository = var.repository

    source {
      storage_source {
        bucket = var.bucket
        object = google_storage_bucket_object.package[each.key].name
      }
    }
  }

  service_config {
    service_account_email            = var.emails[each.key]
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

    # `latest` is looked up when an instance starts: a new value needs no change here, only new instances. A pinned
    # number would have to be written down for every value, which only whoever adds it knows.
    dynamic "secret_environment_variables" {
      for_each = each.value.secrets

      content {
        key        = secret_environment_variables.value
        project_id = var.project
        secret     = var.secrets[secret_environment_variables.value]
        version    = "latest"
      }
    }
  }

  depends_on = [google_logging_project_exclusion.senders]
}

# The right to call is Cloud Run's: https://cloud.google.com/functions/docs/securing/authenticating
resource "google_cloud_run_service_iam_member" "public" {
  #checkov:skip=CKV_GCP_102:sites and CRMs call without an account of ours; each of these functions authenticates for itself

  for_each = local.public

  project  = var.project
  location = var.region
  service  = google_cloudfunctions2_function.function[each.key].name
  role     = "roles/run.invoker"
  member   = "allUsers"
}
