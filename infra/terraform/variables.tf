variable "project" {
  description = "Id of the Google Cloud project (not its name or number). It needs a billing account."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "expected a project id: 6 to 30 small letters, digits and hyphens, beginning with a letter."
  }
}

variable "region" {
  description = "Where everything runs and rests, for example europe-west1. The database stays there for ever; contacts.mode `keep` may bind you to a country."
  type        = string
}

variable "prefix" {
  description = "Begins every name, so that several bundles may live in one project. Small letters, digits and hyphens, at most 8, ending with a hyphen."
  type        = string
  default     = "ll-"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,6}-$", var.prefix))
    error_message = "expected 2 to 8 small letters, digits and hyphens, from a letter to a hyphen, such as ll-."
  }
}

variable "policy" {
  description = "Path of your leadloop.yaml, the very file that the packages were made with. Its `schedules` replace those of the manifest."
  type        = string
}

variable "packages" {
  description = "Folder that `make package` filled: one zip per function, packages.json and store.json."
  type        = string
  default     = "../../build/packages"
}

variable "alert_email" {
  description = "Who is told when messages die, wait too long, or a function fails or does not run. Empty: nobody."
  type        = string
  default     = ""
}

variable "protect" {
  description = "Whether the database refuses to be deleted, `terraform destroy` included. Set it to false, apply, then destroy."
  type        = bool
  default     = true
}

variable "warm_instances" {
  description = "Instances of each public function kept ready, so that no form or webhook meets a cold start. Each costs about 10 USD a month."
  type        = number
  default     = 0

  validation {
    condition     = var.warm_instances >= 0 && var.warm_instances <= 5
    error_message = "expected 0 to 5 instances kept ready."
  }
}

variable "billing_account" {
  description = "Id of the billing account (XXXXXX-XXXXXX-XXXXXX), for a budget with alerts. Empty: no budget is made."
  type        = string
  default     = ""
}

variable "monthly_budget" {
  description = "Whole units of the billing account's currency a month; at half, nine tenths and all of it the account's owners are told. It stops nothing."
  type        = number
  default     = 20
}
