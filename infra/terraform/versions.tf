terraform {
  required_version = ">= 1.9"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 7.0, < 9.0"
    }
  }

  # Bucket and prefix are told to `terraform init`; checks say -backend=false.
  backend "gcs" {}
}

provider "google" {
  project = var.project
  region  = var.region

  # Budgets are asked of no project, so Google must be told which one's quota to use:
  # https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/billing_budget
  user_project_override = var.billing_account != ""
  billing_project       = var.billing_account == "" ? null : var.project
}
