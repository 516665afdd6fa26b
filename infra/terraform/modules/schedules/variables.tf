variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Where the jobs run."
  type        = string
}

variable "prefix" {
  description = "Begins every name."
  type        = string
}

variable "schedules" {
  description = "Each scheduled function's cron expression, in UTC, and time-out in seconds."
  type        = map(object({ schedule = string, timeout = number }))
}

variable "services" {
  description = "Each function's Cloud Run service and address."
  type        = map(object({ service = string, uri = string }))
}
