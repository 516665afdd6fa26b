"""Webhooks: who is told of a change, in what body, how often it is tried and when amoCRM gives up."""
