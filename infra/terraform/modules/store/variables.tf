variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Where documents rest, for ever."
  type        = string
}

variable "name" {
  description = "Name of the database."
  type        = string
}

variable "indexes" {
  description = "What the queries of the code need, as `make package` wrote it."
  type = object({
    collections = set(string)
    expiring    = set(string)
    single      = list(object({ collection = string, path = string, mode = string }))
    composite   = list(object({ collection = string, fields = list(object({ path = string, mode = string })) }))
  })
}

variable "protect" {
  description = "Whether the database refuses to be deleted."
  type        = bool
}
