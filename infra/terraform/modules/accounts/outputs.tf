output "members" {
  description = "Each function's service account, as a member of grants."
  value       = { for name, one in google_service_account.function : name => one.member }
}

output "emails" {
  description = "Each function's service account, by its address."
  value       = { for name, one in google_service_account.function : name => one.email }
}
