output "services" {
  description = "Each function's Cloud Run service and address."
  value = {
    for name, one in google_cloudfunctions2_function.function : name => {
      service = one.name
      uri     = one.service_config[0].uri
    }
  }
}
