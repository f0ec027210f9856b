"""Alerts: what a run found wrong becomes an incident, and an incident reaches a person once.

runs → findings → incidents → outbox → channels. Everything up to the outbox is one transaction.
"""
