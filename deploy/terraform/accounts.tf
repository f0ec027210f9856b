# One account writes a tenant, one reads it; none reaches another tenant.
resource "google_service_account" "writer" {
  for_each = var.tenants

  account_id   = "marketing-${replace(each.key, "_", "-")}-writer"
  display_name = "Runs the marketing platform for ${each.key}"
}

resource "google_service_account" "reader" {
  for_each = var.tenants

  account_id   = "marketing-${replace(each.key, "_", "-")}-reader"
  display_name = "Reads the reports of ${each.key}"
}

# Webserver and daemon: they see runs and their logs, and no tenant's data.
resource "google_service_account" "dagster" {
  account_id   = "marketing-dagster"
  display_name = "Webserver and daemon of the marketing platform"
}

resource "google_project_iam_member" "writer_jobs" {
  for_each = google_service_account.writer

  project = var.project
  role    = "roles/bigquery.jobUser"
  member  = each.value.member
}

resource "google_project_iam_member" "reader_jobs" {
  for_each = google_service_account.reader

  project = var.project
  role    = "roles/bigquery.jobUser"
  member  = each.value.member
}

locals {
  # Accounts of Kubernetes by the account that each acts as.
  pods = merge(
    { for account in google_service_account.writer : account.account_id => account.name },
    { marketing-dagster = google_service_account.dagster.name },
  )
}

# The pods of a tenant's code location act as its writer, those of webserver and daemon as theirs.
resource "google_service_account_iam_member" "pods" {
  for_each = { for pod, name in local.pods : pod => name if var.kubernetes_namespace != "" }

  service_account_id = each.value
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:${var.project}.svc.id.goog[${var.kubernetes_namespace}/${each.key}]"
}
