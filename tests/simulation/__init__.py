"""A whole company in one process: its site, its CRM, its Metrica, and leadloop between them.

``vendors``  both vendors' stand-ins, served over HTTP, on one clock with everybody else
``system``   leadloop: what outlives a process, and processes that can be ended at any touch of the outside
``mail``     the delivery of messages, as unreliable as a bus may be
``trouble``  what goes wrong, drawn from a seed
``world``    the people: visitors, managers, and time that passes
``history``  what people will do in some weeks, drawn from a seed
``oracle``   what must have been counted in the end, worked out without leadloop
``books``    do leadloop's own books add up
"""
