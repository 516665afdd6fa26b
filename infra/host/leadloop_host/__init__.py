"""The one-machine host: every function over HTTP, messages delivered, schedules fired.

Found through the entry-point group ``leadloop.hosts``; nothing imports it by name.
"""

from leadloop_host.host import serve

__all__ = ["serve"]
