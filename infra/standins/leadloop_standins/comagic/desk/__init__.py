"""What tests, visitors, callers and managers do to the account: planting a seed, calling, tagging."""
