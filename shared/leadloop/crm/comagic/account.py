"""A CoMagic account as the ``Crm`` port sees it: its communications stand for leads, and are only read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from leadloop.crm.comagic import listing
from leadloop.crm.comagic.client import CoMagicClient, either
from leadloop.crm.comagic.ids import parts_of
from leadloop.crm.comagic.rows import REPORTS, Row, row_of
from leadloop.crm.port import (
    ChangePage,
    ContactPoints,
    CrmLead,
    Feed,
    History,
    Medium,
)
from leadloop.crm.read_only import ReadOnlyAccount
from leadloop.json_types import JsonObject
from leadloop.policy import ContactMode, Policy
from leadloop.policy.call_tracker import CallTracker
from leadloop.ports.clock import Clock

_LONGEST_PERIOD = timedelta(days=87)
"""A report covers at most three months, and one more day of ours: the shortest three have 89 days."""
_IDS_A_CALL = 100


class CoMagicAccount(ReadOnlyAccount):
    """Reads one account; see ``Crm``. It holds communications and no deals; the API does not tell when a key ends."""

    name = "comagic"
    most_leads_a_call = _IDS_A_CALL

    def __init__(self, client: CoMagicClient, settings: CallTracker, policy: Policy, clock: Clock) -> None:
        self._client = client
        self._media = {Medium(medium) for medium in settings.media}
        self._zone = ZoneInfo(settings.time_zone or policy.site.time_zone)
        self._with_contacts = policy.contacts.mode is not ContactMode.NONE
        self._clock = clock
        self._histories: dict[str, History] = {}
        self._points: dict[str, ContactPoints] = {}
        """Of what was read last: a row tells all at once, so it is not asked for again."""

    def read_leads(self, ids: Sequence[str]) -> dict[str, CrmLead]:
        """See ``Crm``; but one not in the answer may still come: rows appear once the call is over."""
        found = self._read(ids)
        self._histories = {id_: found[id_].history if id_ in found else History() for id_ in ids}
        self._points = {id_: row.points for id_, row in found.items()}
        return {id_: row.lead for id_, row in found.items()}

    def histories(self, ids: Sequence[str]) -> dict[str, History]:
        """See ``Crm``: the tags, each at the time it was set."""
        unread = [id_ for id_ in ids if id_ not in self._histories]
        found = {id_: row.history for id_, row in self._read(unread).items()}
        return {id_: self._histories.pop(id_, found.get(id_, History())) for id_ in ids}

    def leads_of_contacts(self, contact_ids: Sequence[str]) -> tuple[str, ...]:
        """See ``Crm``. Each communication is its own contact: who it was is known by the phone alone."""
        return tuple(dict.fromkeys(contact_ids))

    def contact_points(self, contact_ids: Sequence[str]) -> dict[str, ContactPoints]:
        """See ``Crm``."""
        unread = [id_ for id_ in contact_ids if id_ not in self._points]
        found = {id_: row.points for id_, row in self._read(unread).items()}
        told = {id_: self._points.pop(id_, found.get(id_)) for id_ in dict.fromkeys(contact_ids)}
        return {id_: points for id_, points in told.items() if points is not None}

    def changes(self, feed: Feed, since: datetime, position: JsonObject | None) -> ChangePage:
        """See ``Crm``. Nothing is ever deleted from its reports."""
        if feed is Feed.DELETED:
            return ChangePage((), None)
        return listing.next_page(self._client, self._media, self._zone, self._clock.now(), since, position)

    def _read(self, ids: Sequence[str]) -> dict[str, Row]:
        """One call for each kind of communication among the ids, of those kinds that the policy wants read.

        Of several rows of one communication, in whichever order they come, always the same counts.
        """
        numbers: dict[Medium, list[str]] = {}
        for medium, number in filter(None, map(parts_of, ids)):
            if medium in self._media:
                numbers.setdefault(medium, []).append(number)
        now = self._clock.now()
        rows = [
            row_of(medium, row, self._zone, now) for medium in numbers for row in self._rows(medium, numbers[medium])
        ]
        return {row.lead.external_id: row for row in sorted(rows, key=_tells)}

    def _rows(self, medium: Medium, numbers: Sequence[str]) -> list[JsonObject]:
        report, now = REPORTS[medium], self._clock.now()
        period = listing.period(now - _LONGEST_PERIOD, now, self._zone)
        fields = report.asked(with_contacts=self._with_contacts)
        found = list[JsonObject]()
        for start in range(0, len(numbers), _IDS_A_CALL):
            chosen = either("communication_id", numbers[start : start + _IDS_A_CALL])
            found += self._client.get(
                f"read_{medium}s", report.method, fields, filter=chosen, limit=1000, **period
            ).rows
        return found


def _tells(row: Row) -> tuple[bool, int, str]:
    """How much a row tells of its communication: whether it was answered, and for how long."""
    told = row.lead.communication
    return (told is not None and told.is_answered, row.lead.call_seconds or 0, repr(row))
