locals {
  budgets = {
    for tenant, given in var.tenants : tenant => given.monthly_budget
    if given.monthly_budget > 0 && var.billing_account != ""
  }
}

resource "google_monitoring_notification_channel" "budget" {
  for_each = toset([for email in var.budget_emails : email if var.billing_account != ""])

  display_name = "Marketing budgets: ${each.key}"
  type         = "email"
  labels       = { email_address = each.key }
}

# A tenant's costs are told apart by the label that every dataset, table and job of it carries.
resource "google_billing_budget" "tenant" {
  for_each = local.budgets

  billing_account = var.billing_account
  display_name    = "marketing ${var.environment} ${each.key}"

  budget_filter {
    projects               = ["projects/${var.project}"]
    labels                 = { tenant = each.key }
    calendar_period        = "MONTH"
    credit_types_treatment = "INCLUDE_ALL_CREDITS"
  }
  amount {
    specified_amount {
      units = tostring(each.value)
    }
  }
  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1.0]
    content {
      threshold_percent = threshold_rules.value
    }
  }
  threshold_rules {
    threshold_percent = 1.0
    spend_basis       = "FORECASTED_SPEND"
  }
  all_updates_rule {
    monitoring_notification_channels = [for channel in google_monitoring_notification_channel.budget : channel.id]
    disable_default_iam_recipients   = false
  }
}
