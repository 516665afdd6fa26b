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

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "expected a region such as europe-west1, not a zone (europe-west1-b) or a multi-region (eur3)."
  }
}

variable "prefix" {
  description = "Begins every name, so that several bundles may live in one project, each with its own. Small letters and digits, at most 7, and a hyphen at the end."
  type        = string
  default     = "ll-"

  # No prefix begins with another, so the alerts of one bundle never watch another.
  validation {
    condition     = can(regex("^[a-z][a-z0-9]{0,6}-$", var.prefix))
    error_message = "expected 1 to 7 small letters and digits, beginning with a letter, and a hyphen, such as ll-."
  }
}

variable "policy" {
  description = "Path of your leadloop.yaml, the very file that the packages were made with. Its `schedules` replace those of the manifest."
  type        = string
}

variable "packages" {
  description = "Folder that `make package` filled: one zip per function, packages.json and indexes.json."
  type        = string
  default     = "../../build/packages"
}

variable "alert_email" {
  description = "Who is told when messages die or wait too long, and when a function fails or does not run. Empty: nobody; what is wrong shows in the console only."
  type        = string
  default     = ""

  validation {
    condition     = var.alert_email == "" || can(regex("^[^@ ]+@[^@ ]+$", var.alert_email))
    error_message = "expected one e-mail address, or nothing."
  }
}

variable "protect" {
  description = "Whether database and secrets refuse to be deleted, by `terraform destroy` too. To remove a bundle set it to false, apply, then destroy."
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
  description = "Id of the billing account (XXXXXX-XXXXXX-XXXXXX), for a budget with alerts; whoever applies needs the right to make budgets on it. Empty: no budget is made."
  type        = string
  default     = ""

  validation {
    condition     = var.billing_account == "" || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "expected three groups of six digits and letters A to F, as `gcloud billing accounts list` shows, or nothing."
  }
}

variable "monthly_budget" {
  description = "Whole units of the billing account's currency a month; at half, nine tenths and all of it the account's owners are told. It stops nothing."
  type        = number
  default     = 20

  validation {
    condition     = var.monthly_budget >= 1 && floor(var.monthly_budget) == var.monthly_budget
    error_message = "expected a whole number, 1 or more."
  }
}
