"""What the desk needs of the stand-in."""

from typing import Protocol

from ..api.tokens import Tokens
from ..crm.account import Account
from ..hooks.deliveries import Deliveries
from ..hooks.subscriptions import Subscriptions


class DeskOffice(Protocol):
    """The stand-in as orders from outside see it."""

    account: Account
    subscriptions: Subscriptions
    tokens: Tokens
    deliveries: Deliveries

    def unix_now(self) -> int:
        """Domain time in Unix seconds."""
