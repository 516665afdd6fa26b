"""Conversions: goals reached, their windows, and the upload ledger."""
