"""`make bench`: what the platform does, as ratios measured side by side in one run."""
