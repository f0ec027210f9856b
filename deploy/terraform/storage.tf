# Erasure has to be final: no versions, no soft delete, and no retention policy, which would refuse it.
resource "google_storage_bucket" "landing" {
  name                        = "${var.project}-marketing-${var.environment}-landing"
  location                    = var.location
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false

  versioning {
    enabled = false
  }
  soft_delete_policy {
    retention_duration_seconds = 0
  }

  # Rows on their way into BigQuery, where a run was killed.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 1
      matches_prefix = [for tenant in keys(var.tenants) : "landing/${tenant}/incoming/"]
    }
  }
  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 1
    }
  }
  # Payloads are read again for 90 days at most, but for a rebuild. Manifests and the memory of changed days
  # are small and read often.
  lifecycle_rule {
    action {
      type          = "SetStorageClass"
      storage_class = "NEARLINE"
    }
    condition {
      age            = 90
      matches_suffix = [".jsonl.zst"]
    }
  }
  dynamic "lifecycle_rule" {
    for_each = var.landing_retention_days > 0 ? [var.landing_retention_days] : []
    content {
      action {
        type = "Delete"
      }
      condition {
        age = lifecycle_rule.value
      }
    }
  }

  labels = {
    product     = "marketing-assets"
    environment = var.environment
  }
  lifecycle {
    prevent_destroy = true
  }
}

# A tenant's folder is the writer's, who may list it too; conditions on names would not allow listing.
resource "google_storage_managed_folder" "tenant" {
  for_each = var.tenants

  bucket = google_storage_bucket.landing.name
  name   = "landing/${each.key}/"
}

resource "google_storage_managed_folder_iam_member" "writer" {
  for_each = var.tenants

  bucket         = google_storage_bucket.landing.name
  managed_folder = google_storage_managed_folder.tenant[each.key].name
  role           = "roles/storage.objectUser"
  member         = google_service_account.writer[each.key].member
}

# What steps print, for the UI.
resource "google_storage_bucket" "logs" {
  name                        = "${var.project}-marketing-${var.environment}-logs"
  location                    = var.location
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age = 30
    }
  }
  labels = {
    product     = "marketing-assets"
    environment = var.environment
  }
}

resource "google_storage_bucket_iam_member" "logs" {
  for_each = merge(
    { for tenant, account in google_service_account.writer : tenant => account.member },
    { "marketing-dagster" = google_service_account.dagster.member },
  )

  bucket = google_storage_bucket.logs.name
  role   = each.key == "marketing-dagster" ? "roles/storage.objectUser" : "roles/storage.objectCreator"
  member = each.value
}
