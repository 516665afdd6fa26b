"""The demo: three weeks of a business played against stand-ins through the real functions.

Found through the entry-point group ``leadloop.demos``; nothing imports it by name.
"""

from leadloop_host.demo.performance import perform

__all__ = ["perform"]
