output "ids" {
  description = "Environment variable → secret."
  value       = { for name, one in google_secret_manager_secret.environment : name => one.secret_id }
}

output "read" {
  description = "Environment variable → secret, of those that some function reads: they need a value."
  value       = { for name, one in google_secret_manager_secret.environment : name => one.secret_id if contains(flatten([for names in var.reads : tolist(names)]), name) }
}
