"""What the desk needs of the stand-in."""

from typing import Protocol

from ..api.access import Access
from ..hooks.deliveries import Deliveries
from ..hooks.subscriptions import Subscriptions
from ..portal.portal import Portal


class DeskOffice(Protocol):
    """The stand-in as orders from outside see it."""

    portal: Portal
    subscriptions: Subscriptions
    deliveries: Deliveries
    access: Access

    def unix_now(self) -> int:
        """Domain time in Unix seconds."""
