"""What tests and the people of the CRM do to the account: planting a seed, working in it, reading the ledger."""
