"""What the project looks like from outside. `python -m marketing_assets_tests.snapshots` renews it."""
