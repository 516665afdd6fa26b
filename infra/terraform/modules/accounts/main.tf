locals {
  change = { for name, one in var.functions : name => one if one.documents == "change" }
  create = { for name, one in var.functions : name => one if one.documents == "create" }
  only_documents = {
    title      = "${var.prefix}documents-only"
    expression = "resource.name == \"projects/${var.project}/databases/${var.database}\""
  }
}

resource "google_service_account" "function" {
  for_each = var.functions

  account_id   = "${var.prefix}${each.key}"
  display_name = "leadloop ${each.key}"
}

# Firestore knows no grant narrower than a database: https://cloud.google.com/firestore/docs/security/iam
resource "google_project_iam_member" "documents" {
  for_each = local.change

  project = var.project
  role    = "roles/datastore.user"
  member  = google_service_account.function[each.key].member

  condition {
    title      = local.only_documents.title
    expression = local.only_documents.expression
  }
}

# For 37 days the id of a deleted role cannot be used again, so each life of the bundle has a role of its own:
# https://cloud.google.com/iam/docs/creating-custom-roles#deleting-custom-role
resource "terraform_data" "began" {
  input = plantimestamp()

  lifecycle {
    ignore_changes = [input]
  }
}

# Whoever the public calls may add to the spool, and can read and change no lead, even when taken over.
resource "google_project_iam_custom_role" "create" {
  project     = var.project
  role_id     = "${replace(var.prefix, "-", "_")}create_documents_${formatdate("YYYYMMDDhhmmss", terraform_data.began.output)}"
  title       = "${var.prefix}create documents"
  description = "Adds Firestore documents; neither reads nor changes one."
  permissions = ["datastore.entities.create"]
}

resource "google_project_iam_member" "create" {
  for_each = local.create

  project = var.project
  role    = google_project_iam_custom_role.create.name
  member  = google_service_account.function[each.key].member

  condition {
    title      = local.only_documents.title
    expression = local.only_documents.expression
  }
}
