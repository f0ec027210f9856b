# cp example.tfvars terraform.tfvars
project              = "acme-data"
environment          = "prod"
location             = "EU"
kubernetes_namespace = "marketing"
billing_account      = "000000-000000-000000"
budget_emails        = ["data@acme.example"]

tenants = {
  siam = {
    secrets        = ["pii", "shopee-partner-key", "meta-ads-access-token"]
    tokens         = ["shopee-220011881", "google_ads-7301188201"]
    monthly_budget = 50
  }
  northwind = {
    secrets        = ["pii", "shopify-client-secret"]
    monthly_budget = 50
  }
}
