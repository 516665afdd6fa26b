output "addresses" {
  description = "Where the site, the CRM and people knock: the public functions."
  value       = { for name, one in local.functions : name => module.functions.services[name].uri if one.public }
}

output "secrets" {
  description = "Environment variable → secret to which its value is to be added: gcloud secrets versions add NAME --data-file=-"
  value       = module.secrets.read
}

output "database" {
  description = "Name of the Firestore database."
  value       = module.store.name
}

output "environment" {
  description = "What the command line is told to look into this bundle: environment variables and their values."
  value = {
    LEADLOOP_PROJECT  = var.project
    LEADLOOP_DATABASE = module.store.name
    LEADLOOP_PREFIX   = var.prefix
  }
}

output "jobs" {
  description = "Scheduled function → its job: gcloud scheduler jobs run NAME --location=REGION"
  value       = module.schedules.jobs
}

output "subscriptions" {
  description = "Function that messages are pushed to → its subscription."
  value       = module.bus.subscriptions
}

output "protected" {
  description = "Whether database and secrets refuse to be deleted now."
  value       = var.protect
}
