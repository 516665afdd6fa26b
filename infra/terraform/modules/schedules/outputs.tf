output "jobs" {
  description = "Each scheduled function's job."
  value       = { for name, one in google_cloud_scheduler_job.tick : name => one.name }
}
