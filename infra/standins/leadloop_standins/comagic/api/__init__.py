"""Data API 2.0 as integrations see it: JSON-RPC, keys, limits, reports and the few methods that write."""
