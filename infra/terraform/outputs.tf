output "addresses" {
  description = "Where the site, the CRM and people knock: the public functions."
  value       = { for name, one in local.functions : name => module.functions.services[name].uri if one.public }
}

output "secrets" {
  description = "Environment variable → secret to which its value is to be added: gcloud secrets versions add NAME --data-file=-"
  value       = module.functions.secrets
}

output "database" {
  description = "Name of the Firestore database."
  value       = module.store.name
}
