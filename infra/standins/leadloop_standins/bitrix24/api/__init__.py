"""REST: access, limits, methods, and the two shapes in which records are told."""
