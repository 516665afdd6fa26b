output "account" {
  description = "The service account that builds, by its resource name."
  value       = google_service_account.build.id
}

output "bucket" {
  description = "Where packages lie."
  value       = google_storage_bucket.source.name
}

output "repository" {
  description = "Where images lie."
  value       = google_artifact_registry_repository.images.id
}
