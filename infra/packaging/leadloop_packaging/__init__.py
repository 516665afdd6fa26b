"""Stages one reproducible zip per function, ready to deploy."""
