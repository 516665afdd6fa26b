output "policies" {
  description = "Names of the alert policies, as the console shows them."
  value = concat(
    [
      google_monitoring_alert_policy.dead_letters.display_name,
      google_monitoring_alert_policy.waiting.display_name,
      google_monitoring_alert_policy.failing.display_name,
      google_monitoring_alert_policy.unfired.display_name,
    ],
    google_monitoring_alert_policy.unkept[*].display_name,
    [for one in google_monitoring_alert_policy.silent : one.display_name],
  )
}
