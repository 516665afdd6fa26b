locals {
  readers = merge([
    for function, names in var.reads : {
      for name in names : "${function}/${name}" => { function = function, name = name }
    }
  ]...)
}

# Values are added by hand, so that none of them gets into the state. One that no function reads under the present policy
# is there all the same, without a value: another policy takes no secret away.
resource "google_secret_manager_secret" "environment" {
  for_each = var.names

  secret_id           = "${var.prefix}${each.value}"
  deletion_protection = var.protect

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
}

resource "google_secret_manager_secret_iam_member" "reader" {
  for_each = local.readers

  secret_id = google_secret_manager_secret.environment[each.value.name].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = var.members[each.value.function]
}
