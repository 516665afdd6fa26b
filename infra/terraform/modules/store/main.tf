resource "google_firestore_database" "documents" {
  project                           = var.project
  name                              = var.name
  location_id                       = var.region
  type                              = "FIRESTORE_NATIVE"
  concurrency_mode                  = "OPTIMISTIC"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = var.protect ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  deletion_policy                   = "DELETE"
}

resource "google_firestore_index" "composite" {
  for_each = {
    for index in var.indexes.composite : join("/", [index.collection, join(",", index.fields[*].path)]) => index
  }

  project     = var.project
  database    = google_firestore_database.documents.name
  collection  = each.value.collection
  query_scope = "COLLECTION"

  dynamic "fields" {
    for_each = each.value.fields

    content {
      field_path   = fields.value.path
      order        = fields.value.mode == "ascending" ? "ASCENDING" : null
      array_config = fields.value.mode == "contains" ? "CONTAINS" : null
    }
  }
}

# No field is indexed unless a query walks it: a field that only rises would cap its collection at 500 writes a second.
resource "google_firestore_field" "unindexed" {
  for_each = var.indexes.collections

  project    = var.project
  database   = google_firestore_database.documents.name
  collection = each.value
  field      = "*"

  index_config {}
}

resource "google_firestore_field" "indexed" {
  for_each = { for one in var.indexes.single : "${one.collection}/${one.path}" => one }

  project    = var.project
  database   = google_firestore_database.documents.name
  collection = each.value.collection
  field      = each.value.path

  index_config {
    indexes {
      query_scope  = "COLLECTION"
      order        = each.value.mode == "ascending" ? "ASCENDING" : null
      array_config = each.value.mode == "contains" ? "CONTAINS" : null
    }
  }
}

resource "google_firestore_field" "expiring" {
  for_each = var.indexes.expiring

  project    = var.project
  database   = google_firestore_database.documents.name
  collection = each.value
  field      = "expires_at"

  ttl_config {}
  index_config {}
}
