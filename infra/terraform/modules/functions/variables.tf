variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Where the functions run."
  type        = string
}

variable "prefix" {
  description = "Begins every name."
  type        = string
}

variable "functions" {
  description = "What the manifest says of each function, and its package."
  type = map(object({
    public        = bool
    cpu           = number
    memory        = string
    timeout       = number
    concurrency   = number
    max_instances = number
    secrets       = set(string)
    package       = string
    sha256        = string
    entry_point   = string
    runtime       = string
  }))

  validation {
    condition     = alltrue([for one in var.functions : one.package != ""])
    error_message = "There is no package of ${join(", ", [for name, one in var.functions : name if one.package == ""])}: run `make package` again, with the policy that is deployed."
  }

  validation {
    condition     = alltrue([for one in var.functions : one.max_instances >= 1 && one.max_instances <= 100])
    error_message = "expected max_instances of 1 to 100 for every function: it bounds the bill and the load on the CRM."
  }

  validation {
    condition     = alltrue([for one in var.functions : one.concurrency == 1 || one.cpu >= 1])
    error_message = "Cloud Run takes several requests at a time only with a whole CPU: expected cpu of 1 or more."
  }
}

variable "emails" {
  description = "Each function's service account, by its address."
  type        = map(string)
}

variable "secrets" {
  description = "Environment variable → secret."
  type        = map(string)
}

variable "database" {
  description = "Name of the Firestore database."
  type        = string
}

variable "build_account" {
  description = "The service account that builds, by its resource name."
  type        = string
}

variable "bucket" {
  description = "Where packages are put."
  type        = string
}

variable "repository" {
  description = "Where images are put."
  type        = string
}

variable "warm_instances" {
  description = "Instances of each public function kept ready."
  type        = number

  validation {
    condition     = alltrue([for one in var.functions : var.warm_instances <= one.max_instances if one.public])
    error_message = "More instances would be kept ready than ${join(", ", [for name, one in var.functions : name if one.public && var.warm_instances > one.max_instances])} may have: expected warm_instances not above their max_instances."
  }
}
