# Topics, who may publish on them, and how messages reach the functions.

mock_provider "google" {}

variables {
  project        = "acme-leads"
  project_number = "4242"
  region         = "europe-west1"
  prefix         = "ll-"
  topics         = ["forms", "records", "dead-letters"]
  delivery       = { max_attempts = 30, min_backoff = 2, max_backoff = 600 }
  functions = {
    take-form   = { timeout = 10, publishes = ["forms"] }
    keep-record = { topic = "forms", timeout = 45, publishes = ["records", "forms"] }
    tell-crm    = { topic = "records", timeout = 5, publishes = [] }
    keep-dead   = { topic = "dead-letters", timeout = 30, publishes = [] }
  }
  members = { take-form = "serviceAccount:form", keep-record = "serviceAccount:record", tell-crm = "serviceAccount:crm", keep-dead = "serviceAccount:dead" }
  services = {
    take-form   = { service = "ll-take-form", uri = "https://form.example" }
    keep-record = { service = "ll-keep-record", uri = "https://record.example" }
    tell-crm    = { service = "ll-tell-crm", uri = "https://crm.example" }
    keep-dead   = { service = "ll-keep-dead", uri = "https://dead.example" }
  }
}

run "who_may_publish" {
  module {
    source = "./modules/bus"
  }

  assert {
    condition = toset([for one in google_pubsub_topic_iam_member.publisher : "${one.topic} ${one.role} ${one.member}"]) == toset([
      "ll-forms roles/pubsub.publisher serviceAccount:form",
      "ll-forms roles/pubsub.publisher serviceAccount:record",
      "ll-records roles/pubsub.publisher serviceAccount:record",
    ])
    error_message = "expected each function to publish where the manifest says, and nowhere else"
  }

  assert {
    condition     = alltrue([for one in google_pubsub_topic.topic : startswith(one.name, "ll-") && toset(one.message_storage_policy[0].allowed_persistence_regions) == toset(["europe-west1"])])
    error_message = "a topic is not the bundle's own, or its messages rest outside the region"
  }
}

run "how_messages_are_pushed" {
  module {
    source = "./modules/bus"
  }

  assert {
    condition = { for name, one in google_pubsub_subscription.consumer : name => [one.name, one.topic, one.ack_deadline_seconds] } == {
      keep-record = ["ll-keep-record", google_pubsub_topic.topic["forms"].id, 45]
      tell-crm    = ["ll-tell-crm", google_pubsub_topic.topic["records"].id, 10]
      keep-dead   = ["ll-keep-dead", google_pubsub_topic.topic["dead-letters"].id, 30]
    }
    error_message = "expected a subscription for each consumer, which waits as long as the function may take, and 10 seconds at least"
  }

  assert {
    condition = alltrue([
      for name, one in google_pubsub_subscription.consumer :
      one.push_config[0].push_endpoint == var.services[name].uri && one.push_config[0].oidc_token[0].audience == var.services[name].uri
    ])
    error_message = "expected each message pushed to its function, with a token made out to that function's address"
  }

  assert {
    condition     = alltrue([for one in google_pubsub_subscription.consumer : one.push_config[0].oidc_token[0].service_account_email == google_service_account.push.email])
    error_message = "messages are pushed under another name, or under none"
  }

  assert {
    condition     = toset([for one in google_cloud_run_service_iam_member.push : "${one.service} ${one.role}"]) == toset(["ll-keep-record roles/run.invoker", "ll-tell-crm roles/run.invoker", "ll-keep-dead roles/run.invoker"])
    error_message = "expected the push account to call consumers, and nothing else"
  }

  assert {
    condition     = alltrue([for one in google_pubsub_subscription.consumer : one.message_retention_duration == "604800s"])
    error_message = "expected what cannot be delivered to wait for seven days, the longest there is"
  }

  assert {
    condition     = alltrue([for one in google_pubsub_subscription.consumer : one.expiration_policy[0].ttl == ""])
    error_message = "a quiet month would delete a subscription"
  }

  assert {
    condition     = alltrue([for one in google_pubsub_subscription.consumer : one.retry_policy[0].minimum_backoff == "2s" && one.retry_policy[0].maximum_backoff == "600s"])
    error_message = "messages are not tried again as the manifest says"
  }
}

run "what_fails_every_delivery_is_kept" {
  module {
    source = "./modules/bus"
  }

  assert {
    condition = { for name, one in google_pubsub_subscription.consumer : name => [for policy in one.dead_letter_policy : [policy.dead_letter_topic, policy.max_delivery_attempts]] } == {
      keep-record = [[google_pubsub_topic.topic["dead-letters"].id, 30]]
      tell-crm    = [[google_pubsub_topic.topic["dead-letters"].id, 30]]
      keep-dead   = []
    }
    error_message = "expected dead letters of every consumer, but of the one that keeps them"
  }

  assert {
    condition     = google_pubsub_topic_iam_member.agent.topic == "ll-dead-letters" && google_pubsub_topic_iam_member.agent.role == "roles/pubsub.publisher" && google_pubsub_topic_iam_member.agent.member == "serviceAccount:service-4242@gcp-sa-pubsub.iam.gserviceaccount.com"
    error_message = "Pub/Sub itself cannot put a message among the dead letters"
  }

  assert {
    condition     = toset([for one in google_pubsub_subscription_iam_member.agent : "${one.subscription} ${one.role} ${one.member}"]) == toset([for name in ["keep-record", "tell-crm"] : "ll-${name} roles/pubsub.subscriber serviceAccount:service-4242@gcp-sa-pubsub.iam.gserviceaccount.com"])
    error_message = "Pub/Sub itself cannot take a dead message off its subscription"
  }

  assert {
    condition     = google_service_account_iam_member.push_token.role == "roles/iam.serviceAccountTokenCreator" && google_service_account_iam_member.push_token.service_account_id == google_service_account.push.name
    error_message = "Pub/Sub cannot sign as the push account"
  }
}
