variable "project" {
  description = "Id of the project."
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

variable "services" {
  description = "Every function's Cloud Run service."
  type        = map(string)
}

variable "silences" {
  description = "Scheduled functions and the seconds without a good run after which somebody is told, at most 84,600."
  type        = map(number)

  validation {
    condition     = alltrue([for seconds in var.silences : seconds >= 120 && seconds <= 84600])
    error_message = "Cloud Monitoring takes an absence of 2 minutes to 23 hours and a half."
  }
}

variable "billing_account" {
  description = "Id of the billing account, or empty: no budget."
  type        = string
}

variable "monthly_budget" {
  description = "Whole units of its currency."
  type        = number
}
