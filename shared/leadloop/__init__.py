"""leadloop: closes the loop from ad click to sale.

Nouns live here; verbs (one deployable function each) live in ``functions/``.
"""

__version__ = "0.1.0"
