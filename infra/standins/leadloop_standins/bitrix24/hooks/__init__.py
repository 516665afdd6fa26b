"""Outgoing webhooks and robots: who is told of a change, once and without a retry."""
