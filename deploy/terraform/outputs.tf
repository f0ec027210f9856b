output "environment" {
  description = "Settings of the platform that name what was made here."
  value = {
    MARKETING_WAREHOUSE         = "bigquery"
    MARKETING_ENVIRONMENT       = var.environment
    MARKETING_BIGQUERY_PROJECT  = var.project
    MARKETING_BIGQUERY_LOCATION = var.location
    MARKETING_LANDING_URL       = "gs://${google_storage_bucket.landing.name}/landing"
    MARKETING_TOKEN_STORE       = "google:${var.project}"
  }
}
