"""A deal as its system told of it: the latest picture, and every status it is known to have entered. Pure.

The same webhooks any number of times, in any order, give the same document: statuses are a set, and of two pictures the
one with the later (``updated_at``, id of the webhook, content) counts.
"""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from collections.abc import Iterable
from typing import Self

from pydantic import BaseModel, ConfigDict

from leadloop import timestamps
from leadloop.json_types import JsonObject
from leadloop.messages import DealTold, StatusEntered
from leadloop.ports.store import Create, Document, Key, Update, Write

MOST_FIRST, MOST_LATEST = 150, 150
"""Entries kept of one deal: the first into each of its earliest statuses, and the latest ones."""


class ToldDeal(BaseModel):
    """A deal as it rests."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    crm: str
    deal_id: str
    picture: DealTold | None = None
    """The latest of those that tell the deal in full; ``None`` of one that was only spoken of."""
    deletion: DealTold | None = None
    """The latest of those that tell only that the deal is no longer there."""
    statuses: tuple[StatusEntered, ...] = ()
    """In order of time."""
    absorbed: tuple[str, ...] = ()
    """Deals that were told to be merged into this one."""

    @classmethod
    def of(cls, document: Document) -> Self:
        """Read it from its document."""
        return cls.model_validate(document.fields)

    def hear(self, told: DealTold) -> Self:
        """The deal after one more webhook about it."""
        if told.status is None:
            return self.model_copy(update={"deletion": _later(self.deletion, told)})
        statuses = _kept((*self.statuses, *told.history, told.status))
        return self.model_copy(update={"picture": _later(self.picture, told), "statuses": statuses})

    def absorb(self, deal_id: str) -> Self:
        """The deal after another one told that it was merged into it."""
        return self.model_copy(update={"absorbed": tuple(sorted({*self.absorbed, deal_id}))})

    @property
    def status(self) -> StatusEntered:
        """Where it is: of entries at the latest instant the one that was told so last, by a system that knows days."""
        present, latest = self.picture.status if self.picture is not None else None, self.statuses[-1]
        return present if present is not None and present.at == latest.at else latest

    @property
    def word(self) -> DealTold | None:
        """The last that was told of it, in full or not."""
        return max((one for one in (self.picture, self.deletion) if one is not None), key=_rank, default=None)

    @property
    def is_alive(self) -> bool:
        """Whether it was told of, and not as deleted or merged."""
        word = self.word
        return word is not None and not word.deleted and word.merged_into is None

    @property
    def gone_into(self) -> str | None:
        """The deal that took it over, if one did."""
        return self.word.merged_into if self.word is not None else None

    def write(self, document: Document | None) -> list[Write]:
        """The write that brings a document to this state; none when it is there already."""
        fields: JsonObject = self.model_dump(mode="json", exclude_none=True)
        if document is None:
            return [Create(told_key(self.crm, self.deal_id), fields)]
        return [Update(document.key, fields, document.version)] if document.fields != fields else []


def _kept(entered: Iterable[StatusEntered]) -> tuple[StatusEntered, ...]:
    """Of entries those that rest, in order of time: whatever is left out now would be left out of more of them too."""
    every = sorted({_order(one): one for one in entered}.items())
    first: dict[tuple[str, str], tuple[str, str, str]] = {}
    for order, one in every:
        first.setdefault((one.pipeline, one.status), order)
    resting = {*sorted(first.values())[:MOST_FIRST], *(order for order, _ in every[-MOST_LATEST:])}
    return tuple(one for order, one in every if order in resting)


def told_key(crm: str, deal_id: str) -> Key:
    """Where a told deal lives."""
    return Key("told_deal", f"{crm}-{deal_id}")


def _later(held: DealTold | None, told: DealTold) -> DealTold:
    """Of two what counts, statuses apart; when we received it does not, nor under which id of ours."""
    said = told.model_copy(update={"event_id": "", "received_at": told.updated_at, "history": ()})
    return said if held is None else max(held, said, key=_rank)


def _rank(picture: DealTold) -> tuple[str, str, str]:
    return timestamps.to_text(picture.updated_at), picture.webhook_id, picture.model_dump_json()


def _order(entered: StatusEntered) -> tuple[str, str, str]:
    return timestamps.to_text(entered.at), entered.pipeline, entered.status
