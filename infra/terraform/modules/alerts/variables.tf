variable "project" {
  description = "Id of the project."
  type        = string
}

variable "project_number" {
  description = "The project's number."
  type        = string
}

variable "prefix" {
  description = "Begins every name."
  type        = string
}

variable "email" {
  description = "Who is told; empty: nobody, and what is wrong shows in the console only."
  type        = string
}

variable "functions" {
  description = "What triggers each function, and for a scheduled one the seconds without a good run after which somebody is told."
  type = map(object({
    public   = bool
    topic    = optional(string)
    schedule = optional(string)
    silence  = optional(number)
  }))

  validation {
    condition     = alltrue([for one in var.functions : one.silence == null ? true : one.silence >= 120 && one.silence <= 84600 && one.silence % 60 == 0])
    error_message = "Cloud Monitoring takes a silence of 2 minutes to 23 hours and a half, in seconds that make whole minutes."
  }
}

variable "services" {
  description = "Every function's Cloud Run service."
  type        = map(string)
}

variable "billing_account" {
  description = "Id of the billing account, or empty: no budget."
  type        = string
}

variable "monthly_budget" {
  description = "Whole units of its currency."
  type        = number
}
