# The database, its indexes and what expires.

mock_provider "google" {}

variables {
  project = "acme-leads"
  region  = "europe-west1"
  name    = "ll-documents"
  protect = true
  indexes = {
    collections = ["record", "visit"]
    expiring    = ["visit"]
    single      = [{ collection = "record", path = "at", mode = "ascending" }, { collection = "record", path = "tags", mode = "contains" }]
    composite = [
      { collection = "record", fields = [{ path = "kind", mode = "ascending" }, { path = "at", mode = "ascending" }] },
      { collection = "visit", fields = [{ path = "tags", mode = "contains" }, { path = "day", mode = "ascending" }] },
    ]
  }
}

run "every_index_and_no_other" {
  module {
    source = "./modules/store"
  }

  assert {
    condition = toset([for one in google_firestore_index.composite : "${one.collection}: ${join(", ", [for field in one.fields : "${field.field_path} ${field.order == "ASCENDING" ? "ASCENDING" : field.array_config}"])}"]) == toset([
      "record: kind ASCENDING, at ASCENDING",
      "visit: tags CONTAINS, day ASCENDING",
    ])
    error_message = "a query's index is missing, or one is there that no query walks"
  }

  assert {
    condition     = toset([for one in google_firestore_field.unindexed : "${one.collection} ${one.field}"]) == toset(["record *", "visit *"]) && alltrue([for one in google_firestore_field.unindexed : length(one.index_config[0].indexes) == 0])
    error_message = "expected no field of any collection to be indexed by itself"
  }

  assert {
    condition     = toset([for one in google_firestore_field.indexed : "${one.collection} ${one.field}"]) == toset(["record at", "record tags"])
    error_message = "expected an index of one field where a query walks it"
  }

  assert {
    condition     = toset([for one in google_firestore_field.expiring : "${one.collection} ${one.field}"]) == toset(["visit expires_at"]) && alltrue([for one in google_firestore_field.expiring : length(one.ttl_config) == 1])
    error_message = "what is kept for a time only would be kept for ever"
  }

  assert {
    condition     = google_firestore_database.documents.name == "ll-documents" && google_firestore_database.documents.location_id == "europe-west1" && google_firestore_database.documents.type == "FIRESTORE_NATIVE"
    error_message = "expected a native database of the bundle's own, in its region"
  }

  assert {
    condition     = alltrue([for one in google_firestore_index.composite : one.query_scope == "COLLECTION"]) && alltrue([for one in google_firestore_field.indexed : alltrue([for index in one.index_config[0].indexes : index.query_scope == "COLLECTION"])])
    error_message = "an index serves queries over many collections, and not those of the code"
  }

  assert {
    condition     = google_firestore_database.documents.point_in_time_recovery_enablement == "POINT_IN_TIME_RECOVERY_ENABLED"
    error_message = "what was destroyed by mistake cannot be read as it was before"
  }

  assert {
    condition     = google_firestore_database.documents.delete_protection_state == "DELETE_PROTECTION_ENABLED"
    error_message = "all leads could be deleted by one command"
  }
}

run "without_protection_it_can_be_deleted" {
  command = plan

  module {
    source = "./modules/store"
  }

  variables {
    protect = false
  }

  assert {
    condition     = google_firestore_database.documents.delete_protection_state == "DELETE_PROTECTION_DISABLED" && google_firestore_database.documents.deletion_policy == "DELETE"
    error_message = "the database stays in the way of terraform destroy, or is only forgotten by it"
  }
}
