locals {
  # Values are put in by hand (`gcloud secrets versions add`), never by Terraform, whose state would keep them.
  secrets = merge([
    for tenant, given in var.tenants : { for name in given.secrets : "${tenant}-${name}" => tenant }
  ]...)
  tokens = merge([
    for tenant, given in var.tenants : { for name in given.tokens : "${tenant}-${name}-tokens" => tenant }
  ]...)
}

resource "google_secret_manager_secret" "secret" {
  for_each = local.secrets

  secret_id = each.key
  labels    = { product = "marketing-assets", tenant = each.value }
  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
  lifecycle {
    prevent_destroy = true
  }
}

resource "google_secret_manager_secret_iam_member" "secret" {
  for_each = local.secrets

  secret_id = google_secret_manager_secret.secret[each.key].id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.writer[each.value].member
}

# Tokens that the platform renews itself: it adds and destroys versions, and keeps a lease in the annotations.
resource "google_secret_manager_secret" "tokens" {
  for_each = local.tokens

  secret_id = each.key
  labels    = { product = "marketing-assets", tenant = each.value }
  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
  lifecycle {
    ignore_changes  = [annotations]
    prevent_destroy = true
  }
}

resource "google_secret_manager_secret_iam_member" "tokens" {
  for_each = local.tokens

  secret_id = google_secret_manager_secret.tokens[each.key].id
  role      = "roles/secretmanager.admin"
  member    = google_service_account.writer[each.value].member
}
