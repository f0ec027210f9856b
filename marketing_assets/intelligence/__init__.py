"""Anomalies, forecasts and budget recommendations."""
