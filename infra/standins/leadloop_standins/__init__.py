"""Stand-ins: local servers that behave like the vendors leadloop talks to, break on request and keep their own ledger.

Each is a process of its own (`python -m leadloop_standins.metrica --port 0`) and knows nothing of leadloop, so that
what it counted is evidence and not an echo. A vendor subclasses `stand_in.StandIn` and ends in `command.main`.
"""
