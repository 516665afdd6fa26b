"""Reports: what came in, what was sent, what linked, and why the rest did not."""
