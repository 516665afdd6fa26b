"""Where leads come from."""
