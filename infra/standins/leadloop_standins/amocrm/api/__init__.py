"""API v4 as integrations see it: routes, validation, representations, tokens and limits."""
