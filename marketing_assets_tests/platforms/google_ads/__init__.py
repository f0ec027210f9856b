"""Google's tables, fetched over HTTP from the sandbox."""
