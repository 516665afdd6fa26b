mock_provider "google" {}

variables {
  project = "acme-leads"
  region  = "europe-west1"
}

run "a_bundle" {
}
