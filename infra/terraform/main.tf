# A bundle of leadloop in one project. What there is to deploy is read, never repeated: functions, topics, limits and
# secrets from functions/functions.yaml, schedules from there and the policy, indexes from what `make package` wrote.

locals {
  manifest = yamldecode(file("${path.root}/../../functions/functions.yaml"))
  packages = jsondecode(file("${var.packages}/packages.json")).packages
  indexes  = jsondecode(file("${var.packages}/indexes.json"))
  replaced = try(yamldecode(file(var.policy)).schedules, {})

  functions = {
    for name, one in local.manifest.functions : name => {
      public        = try(one.public, false)
      topic         = try(one.topic, null)
      schedule      = try(one.schedule, null) == null ? null : try(local.replaced[name], one.schedule)
      publishes     = toset(try(one.publishes, []))
      cpu           = try(one.cpu, 1)
      memory        = try(one.memory, "512Mi")
      timeout       = try(one.timeout, 60)
      concurrency   = try(one.concurrency, 1)
      max_instances = try(one.max_instances, 1)
      secrets       = toset(try(one.secrets, []))
      package       = "${var.packages}/${local.packages[name].file}"
      sha256        = local.packages[name].sha256
      entry_point   = local.packages[name].entry_point
      runtime       = local.packages[name].runtime
      silence       = try(one.silence, null)
    }
  }

  apis = toset([
    "artifactregistry", "cloudbuild", "cloudfunctions", "cloudscheduler", "firestore", "iam", "logging", "monitoring",
    "pubsub", "run", "secretmanager", "storage",
  ])
}

data "google_project" "this" {
  project_id = var.project
}

resource "google_project_service" "apis" {
  for_each = local.apis

  service            = "${each.value}.googleapis.com"
  disable_on_destroy = false # others in the project may use it
}

module "store" {
  source = "./modules/store"

  project = var.project
  region  = var.region
  name    = "${var.prefix}documents"
  indexes = local.indexes
  protect = var.protect

  depends_on = [google_project_service.apis]
}

module "functions" {
  source = "./modules/functions"

  project        = var.project
  region         = var.region
  prefix         = var.prefix
  functions      = local.functions
  database       = module.store.name
  warm_instances = var.warm_instances

  depends_on = [google_project_service.apis]
}

module "bus" {
  source = "./modules/bus"

  project        = var.project
  project_number = data.google_project.this.number
  region         = var.region
  prefix         = var.prefix
  topics         = toset(local.manifest.topics)
  delivery       = local.manifest.delivery
  functions      = local.functions
  services       = module.functions.services
  accounts       = module.functions.accounts

  depends_on = [google_project_service.apis]
}

module "schedules" {
  source = "./modules/schedules"

  project   = var.project
  region    = var.region
  prefix    = var.prefix
  schedules = { for name, one in local.functions : name => { schedule = one.schedule, timeout = one.timeout } if one.schedule != null }
  services  = module.functions.services

  depends_on = [google_project_service.apis]
}

module "alerts" {
  source = "./modules/alerts"

  project         = var.project
  prefix          = var.prefix
  email           = var.alert_email
  services        = { for name, one in module.functions.services : name => one.service }
  silences        = { for name, one in local.functions : name => one.silence if one.silence != null }
  billing_account = var.billing_account
  monthly_budget  = var.monthly_budget

  depends_on = [google_project_service.apis]
}
