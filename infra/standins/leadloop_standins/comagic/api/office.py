"""What methods need of the stand-in: the account, its keys and points, and the time."""

from typing import Protocol

from ...journal import JournalEntry
from ...switches import Switches
from ..tracker.account import Account
from .keys import Keys
from .limits import Limits
from .writes_seen import WritesSeen


class Office(Protocol):
    """The stand-in as its methods see it."""

    account: Account
    keys: Keys
    limits: Limits
    seen: WritesSeen
    switches: Switches

    def unix_now(self) -> int:
        """Domain time in Unix seconds."""

    @property
    def entry(self) -> JournalEntry:
        """The journal entry of the request at hand."""
