# A bundle of leadloop in one project. What there is to deploy is read, never repeated: functions, topics, limits and
# secrets from functions/functions.yaml, schedules from there and the policy, indexes from what `make package` wrote.

locals {
  manifest = yamldecode(file("${path.root}/../../functions/functions.yaml"))
  policy   = yamldecode(file(var.policy))
  packages = jsondecode(file("${var.packages}/packages.json")).packages
  indexes  = jsondecode(file("${var.packages}/indexes.json"))
  database = "${var.prefix}documents"

  # Of its secrets a function gets those that it reads under this policy; a secret that has no value stops a deploy. The
  # manifest's silence fits the manifest's schedule: beside another it would raise a false alarm every day, or never one.
  functions = {
    for name, one in local.manifest.functions : name => {
      public        = try(one.public, false)
      topic         = try(one.topic, null)
      schedule      = try(one.schedule, null) == null ? null : try(local.policy.schedules[name], one.schedule)
      publishes     = toset(try(one.publishes, []))
      documents     = try(one.documents, "change")
      cpu           = try(one.cpu, 1)
      memory        = try(one.memory, "512Mi")
      timeout       = try(one.timeout, 60)
      concurrency   = try(one.concurrency, 1)
      max_instances = try(one.max_instances, 1)
      secrets       = setintersection(try(one.secrets, []), try(local.packages[name].secrets, []))
      silence       = try(local.policy.schedules[name], one.schedule, null) == try(one.schedule, null) ? try(one.silence, null) : null
      package       = try("${var.packages}/${local.packages[name].file}", "")
      sha256        = try(local.packages[name].sha256, "")
      entry_point   = try(local.packages[name].entry_point, "")
      runtime       = try(local.packages[name].runtime, "")
    }
  }

  apis = concat(
    [
      "artifactregistry", "cloudbuild", "cloudfunctions", "cloudresourcemanager", "cloudscheduler", "firestore", "iam",
      "logging", "monitoring", "pubsub", "run", "secretmanager", "serviceusage", "storage",
    ],
    var.billing_account == "" ? [] : ["billingbudgets"],
  )
}

data "google_project" "this" {
  project_id = var.project
}

resource "google_project_service" "apis" {
  for_each = toset(local.apis)

  service            = "${each.value}.googleapis.com"
  disable_on_destroy = false # others in the project may use it
}

module "store" {
  source = "./modules/store"

  project = var.project
  region  = var.region
  name    = local.database
  indexes = local.indexes
  protect = var.protect

  depends_on = [google_project_service.apis]
}

module "accounts" {
  source = "./modules/accounts"

  project   = var.project
  prefix    = var.prefix
  database  = local.database
  functions = local.functions

  depends_on = [google_project_service.apis]
}

module "secrets" {
  source = "./modules/secrets"

  region  = var.region
  prefix  = var.prefix
  names   = toset(flatten([for one in local.manifest.functions : try(one.secrets, [])]))
  reads   = { for name, one in local.functions : name => one.secrets }
  members = module.accounts.members
  protect = var.protect

  depends_on = [google_project_service.apis]
}

module "builder" {
  source = "./modules/builder"

  project        = var.project
  project_number = data.google_project.this.number
  region         = var.region
  prefix         = var.prefix

  depends_on = [google_project_service.apis]
}

module "functions" {
  source = "./modules/functions"

  project        = var.project
  region         = var.region
  prefix         = var.prefix
  functions      = local.functions
  emails         = module.accounts.emails
  secrets        = module.secrets.ids
  database       = local.database
  build_account  = module.builder.account
  bucket         = module.builder.bucket
  repository     = module.builder.repository
  warm_instances = var.warm_instances

  # Grants come before the function that cannot be built or started without them, indexes before its queries.
  depends_on = [google_project_service.apis, module.accounts, module.secrets, module.builder, module.store]
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
  members        = module.accounts.members

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
  project_number  = data.google_project.this.number
  prefix          = var.prefix
  email           = var.alert_email
  functions       = local.functions
  services        = { for name, one in module.functions.services : name => one.service }
  billing_account = var.billing_account
  monthly_budget  = var.monthly_budget

  depends_on = [google_project_service.apis]
}
