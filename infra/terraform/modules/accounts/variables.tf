variable "project" {
  description = "Id of the project."
  type        = string
}

variable "prefix" {
  description = "Begins every name."
  type        = string
}

variable "database" {
  description = "Name of the Firestore database."
  type        = string
}

variable "functions" {
  description = "What each function may do with documents: `change` is to read, add, change and remove, `create` only to add."
  type        = map(object({ documents = string }))

  validation {
    condition     = alltrue([for one in var.functions : contains(["change", "create"], one.documents)])
    error_message = "expected documents of `change` or `create` for every function."
  }

  validation {
    condition     = alltrue([for name in keys(var.functions) : length(name) >= 4 && length(name) <= 22])
    error_message = "Service accounts have names of 6 to 30 characters, and the prefix takes up to 8: expected functions with names of 4 to 22 characters, found ${join(", ", [for name in keys(var.functions) : name if length(name) < 4 || length(name) > 22])}."
  }

  validation {
    condition     = length(setintersection(keys(var.functions), ["build", "push", "scheduler"])) == 0
    error_message = "The accounts build, push and scheduler are the bundle's own: give the function another name."
  }
}
