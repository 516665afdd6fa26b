"""Who a lead is: normalised contacts, keyed hashes of them, sealing, and ad systems' identifiers."""
