variable "project" {
  description = "Google Cloud project of datasets, buckets, accounts and secrets (MARKETING_BIGQUERY_PROJECT)."
  type        = string
}

variable "region" {
  description = "Region of secrets' replicas."
  type        = string
  default     = "europe-west1"
}

variable "location" {
  description = "Where datasets and buckets are (MARKETING_BIGQUERY_LOCATION). It cannot be changed later."
  type        = string
  default     = "EU"
}

variable "environment" {
  description = "First part of every dataset's name (MARKETING_ENVIRONMENT)."
  type        = string
  default     = "prod"

  validation {
    condition     = contains(["dev", "stg", "prod"], var.environment)
    error_message = "environment is one of dev, stg, prod."
  }
}

variable "tenants" {
  description = <<-EOT
    Tenants by id. `secrets` are names below `<tenant>-` that tenant files refer to, `tokens` are connections as
    `<platform>-<account>` whose tokens Secret Manager keeps, `monthly_budget` is in the billing account's
    currency (0: none).
  EOT
  type = map(object({
    secrets        = optional(set(string), [])
    tokens         = optional(set(string), [])
    monthly_budget = optional(number, 0)
  }))

  validation {
    condition     = alltrue([for id in keys(var.tenants) : can(regex("^[a-z][a-z0-9_]{1,12}$", id))])
    error_message = "A tenant's id is 2 to 13 small letters, digits and underscores here: an account's name, marketing-<id>-writer, has at most 30. Give longer ones accounts of your own (docs/operations.md)."
  }
}

variable "landing_retention_days" {
  description = "After how many days landed payloads are deleted by the bucket itself; 0 keeps them."
  type        = number
  default     = 0
}

variable "partition_expiry_days" {
  description = "After how many days a partition of a raw table is dropped; 0 keeps them. The platform's own setting is MARKETING_BIGQUERY_PARTITION_EXPIRY_DAYS."
  type        = number
  default     = 0
}

variable "billing_account" {
  description = "Billing account of the budgets; empty: no budgets."
  type        = string
  default     = ""
}

variable "budget_emails" {
  description = "Who is told when a budget is nearly used."
  type        = set(string)
  default     = []
}

variable "kubernetes_namespace" {
  description = "Namespace of the Helm release, whose accounts act as the tenants'; empty: no workload identity."
  type        = string
  default     = ""
}
