"""Protocols through which leadloop reaches the outside: time, chance, documents, messages, HTTP."""
