"""What the desk needs of the stand-in."""

from typing import Protocol

from ..api.keys import Keys
from ..api.limits import Limits
from ..api.writes_seen import WritesSeen
from ..notifications.deliveries import Deliveries
from ..tracker.account import Account


class DeskOffice(Protocol):
    """The stand-in as orders from outside see it."""

    account: Account
    keys: Keys
    limits: Limits
    seen: WritesSeen
    deliveries: Deliveries

    def unix_now(self) -> int:
        """Domain time in Unix seconds."""
