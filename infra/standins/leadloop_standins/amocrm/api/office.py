"""What routes need of the stand-in: the account, its subscriptions and tokens, and the time."""

from typing import Protocol

from ..crm.account import Account
from ..crm.entities import Stamp
from ..hooks.subscriptions import Subscriptions
from ..settings import Switches
from .requests_seen import RequestsSeen
from .tokens import Tokens


class Office(Protocol):
    """The stand-in as its routes see it."""

    account: Account
    subscriptions: Subscriptions
    tokens: Tokens
    seen: RequestsSeen
    switches: Switches

    def unix_now(self) -> int:
        """Domain time in Unix seconds."""

    def unsubscribe(self, destination: str) -> bool:
        """Removes a webhook with all that waits for it; False for an unknown one."""

    def stamp(self) -> Stamp:
        """Now, by the integration's user."""
