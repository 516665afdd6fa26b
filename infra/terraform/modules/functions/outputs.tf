output "services" {
  description = "Each function's Cloud Run service and address."
  value = {
    for name, one in google_cloudfunctions2_function.function : name => {
      service = one.name
      uri     = one.service_config[0].uri
    }
  }
}

output "accounts" {
  description = "Each function's service account, as a member of grants."
  value       = { for name, one in google_service_account.function : name => one.member }
}

output "secrets" {
  description = "Environment variable → secret whose value is to be added by hand."
  value       = { for name, one in google_secret_manager_secret.environment : name => one.secret_id }
}
