"""Crash enumeration: the demo's own journey in one process that dies before and after every call to the outside.

``touches``      what a function touches: store, bus and vendor calls, each with a moment before it and one after
``plans``        when a process dies: at every moment of one call in turn, at one moment of every call, just once
``storage``      what outlives a process: SQLite, Firestore or memory for documents, SQLite for messages
``wire``         both vendors' stand-ins and the functions, reached without a socket
``company``      the demo's world without processes: functions, deliveries, schedules, webhooks and time
``journey``      the demo's story and what else may happen on the way, played by the demo's own player
``promises``     what must hold in the end
``enumeration``  plays by plan, what they have died at, and what of the journey they have not

``make crashes`` plays everything; ``PYTHONPATH=tests python -m faults --help`` plays one plan alone.
"""
