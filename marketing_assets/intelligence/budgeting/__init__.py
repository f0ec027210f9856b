"""Budget recommendations of a tenant: from what was known on a day to daily budgets with reasons. Pure."""
