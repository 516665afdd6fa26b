"""Leads: their facts, their folded state, and how a change to one is written."""
