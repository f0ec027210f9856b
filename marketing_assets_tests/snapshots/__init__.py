"""What the project looks like from outside, kept as files. `python -m marketing_assets_tests.snapshots` renews."""
