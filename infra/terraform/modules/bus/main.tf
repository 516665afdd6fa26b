locals {
  dead_letters = "dead-letters"
  agent        = "serviceAccount:service-${var.project_number}@gcp-sa-pubsub.iam.gserviceaccount.com"
  consumers    = { for name, one in var.functions : name => one if one.topic != null }
  mortal       = { for name, one in local.consumers : name => one if one.topic != local.dead_letters }
  publishers = merge([
    for name, one in var.functions : { for topic in one.publishes : "${name}/${topic}" => { name = name, topic = topic } }
  ]...)
}

resource "google_pubsub_topic" "topic" {
  #checkov:skip=CKV_GCP_83:Google's own keys do: contacts in a message are keyed or sealed by leadloop itself

  for_each = var.topics

  name = "${var.prefix}${each.value}"

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }
}

resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = local.publishers

  topic  = google_pubsub_topic.topic[each.value.topic].name
  role   = "roles/pubsub.publisher"
  member = var.members[each.value.name]

  # A message that is published before its subscription is there is lost; before this grant it waits in the spool.
  depends_on = [google_pubsub_subscription.consumer]
}

# One account for all consumers, with a grant on each: only Pub/Sub itself can act as it, and a token is made out to one
# function's address, which Cloud Run refuses at every other. An account for each would use up the project's 100 of them.
resource "google_service_account" "push" {
  account_id   = "${var.prefix}push"
  display_name = "leadloop messages are pushed under this name"
}

resource "google_service_account_iam_member" "push_token" {
  service_account_id = google_service_account.push.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.agent

  depends_on = [google_pubsub_topic.topic] # the agent may not be there before the project's first topic
}

resource "google_cloud_run_service_iam_member" "push" {
  for_each = local.consumers

  project  = var.project
  location = var.region
  service  = var.services[each.key].service
  role     = "roles/run.invoker"
  member   = google_service_account.push.member
}

resource "google_pubsub_subscription" "consumer" {
  for_each = local.consumers

  name                       = "${var.prefix}${each.key}"
  topic                      = google_pubsub_topic.topic[each.value.topic].id
  ack_deadline_seconds       = min(max(each.value.timeout, 10), 600)
  message_retention_duration = "604800s"

  expiration_policy {
    ttl = "" # never, however quiet it is
  }

  push_config {
    push_endpoint = var.services[each.key].uri

    oidc_token {
      service_account_email = google_service_account.push.email
      audience              = var.services[each.key].uri
    }
  }

  retry_policy {
    minimum_backoff = "${var.delivery.min_backoff}s"
    maximum_backoff = "${var.delivery.max_backoff}s"
  }

  # What the keeper of dead letters cannot keep stays with it and is tried again until it is.
  dynamic "dead_letter_policy" {
    for_each = each.value.topic == local.dead_letters ? [] : [local.dead_letters]

    content {
      dead_letter_topic     = google_pubsub_topic.topic[dead_letter_policy.value].id
      max_delivery_attempts = var.delivery.max_attempts
    }
  }
}

# Without both of these grants a message is never given up: https://cloud.google.com/pubsub/docs/handling-failures
resource "google_pubsub_topic_iam_member" "agent" {
  topic  = google_pubsub_topic.topic[local.dead_letters].name
  role   = "roles/pubsub.publisher"
  member = local.agent

  depends_on = [google_pubsub_subscription.consumer] # their keeper's among them
}

resource "google_pubsub_subscription_iam_member" "agent" {
  for_each = local.mortal

  subscription = google_pubsub_subscription.consumer[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = local.agent
}
