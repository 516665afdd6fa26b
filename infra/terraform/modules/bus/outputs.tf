output "subscriptions" {
  description = "Each consumer's subscription."
  value       = { for name, one in google_pubsub_subscription.consumer : name => one.name }
}
