variable "project" {
  description = "Id of the project."
  type        = string
}

variable "project_number" {
  description = "Its number: in the name of the bucket that Cloud Functions builds from."
  type        = string
}

variable "region" {
  description = "Where packages and images lie."
  type        = string
}

variable "prefix" {
  description = "Begins every name."
  type        = string
}
