variable "region" {
  description = "Where the values rest."
  type        = string
}

variable "prefix" {
  description = "Begins every name."
  type        = string
}

variable "names" {
  description = "Every secret, by the environment variable that it is found in."
  type        = set(string)
}

variable "reads" {
  description = "The secrets that each function reads, by the environment variables that it finds them in."
  type        = map(set(string))
}

variable "members" {
  description = "Each function's service account, as a member of grants."
  type        = map(string)
}

variable "protect" {
  description = "Whether the secrets refuse to be deleted."
  type        = bool
}
