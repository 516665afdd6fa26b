"""The reader under stress: mass edits, lists that shift, vendors that refuse, webhooks that are lost."""
