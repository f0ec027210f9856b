locals {
  layers      = toset(["raw", "staging", "mart", "ml", "ops"])
  read_layers = toset(["staging", "mart"])

  datasets = {
    for pair in setproduct(keys(var.tenants), local.layers) :
    "${var.environment}_marketing_${pair[0]}_${pair[1]}" => { tenant = pair[0], layer = pair[1] }
  }
}

# As `marketing warehouse setup` makes and grants them, so that either finds nothing left to do after the other.
# Tables, and the row access policies on them, are setup's alone.
resource "google_bigquery_dataset" "layer" {
  for_each = local.datasets

  dataset_id            = each.key
  location              = var.location
  max_time_travel_hours = 48 # the least: what was erased is to be gone

  default_partition_expiration_ms = (
    each.value.layer == "raw" && var.partition_expiry_days > 0 ? var.partition_expiry_days * 86400000 : null
  )

  labels = {
    product     = "marketing-assets"
    environment = var.environment
    tenant      = each.value.tenant
    layer       = each.value.layer
  }

  # The whole list: whoever may merely read or write the project would else read all tenants.
  access {
    role          = "OWNER"
    special_group = "projectOwners"
  }
  access {
    role          = "WRITER"
    user_by_email = google_service_account.writer[each.value.tenant].email
  }
  dynamic "access" {
    for_each = contains(local.read_layers, each.value.layer) ? [each.value.tenant] : []
    content {
      role          = "READER"
      user_by_email = google_service_account.reader[access.value].email
    }
  }

  delete_contents_on_destroy = false
  lifecycle {
    prevent_destroy = true
  }
}
