variable "project" {
  description = "Id of the project."
  type        = string
}

variable "project_number" {
  description = "Its number: in the name of Pub/Sub's own account."
  type        = string
}

variable "region" {
  description = "Where messages rest."
  type        = string
}

variable "prefix" {
  description = "Begins every name."
  type        = string
}

variable "topics" {
  description = "Names of the topics, from the manifest."
  type        = set(string)
}

variable "delivery" {
  description = "How a message is tried again."
  type = object({
    max_attempts = number
    min_backoff  = number
    max_backoff  = number
  })
}

variable "functions" {
  description = "Each function's topic, time-out and the topics it publishes to."
  type = map(object({
    topic     = optional(string)
    timeout   = number
    publishes = set(string)
  }))
}

variable "services" {
  description = "Each function's Cloud Run service and address."
  type        = map(object({ service = string, uri = string }))
}

variable "members" {
  description = "Each function's service account, as a member of grants."
  type        = map(string)
}
