"""Adapters: each keeps the promises of one port, on one outside thing."""
