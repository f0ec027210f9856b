"""A month in the life of two tenants, in an hour at most: `python -m marketing_assets_tests.month`."""
