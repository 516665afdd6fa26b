"""A Bitrix24 portal as the ``Crm`` port sees it: its deals, and its leads where the policy reads them.

How one is written stands in ``writing``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from leadloop.crm.bitrix24 import card_feed, cards, writing
from leadloop.crm.bitrix24.client import Bitrix24Client
from leadloop.crm.bitrix24.fields import Catalogue
from leadloop.crm.bitrix24.kinds import DEAL, LEAD, Kind
from leadloop.crm.bitrix24.shapes import Reading, change_of, contact_points_of, lead_of, moves_of
from leadloop.crm.bitrix24.user_fields import ensure_fields, kinds_of
from leadloop.crm.port import (
    AttachedFields,
    ChangePage,
    ContactPoints,
    CreatedLead,
    CrmLead,
    Feed,
    FieldChange,
    FieldTexts,
    History,
    NewCrmLead,
)
from leadloop.crm.token_expiry import TokenEnd
from leadloop.json_types import JsonObject
from leadloop.policy.bitrix24 import Bitrix24
from leadloop.verdict import Verdict


class Bitrix24Account:
    """Reads and writes one portal; see ``Crm``."""

    name = "bitrix24"
    most_leads_a_call = 200

    def __init__(
        self, client: Bitrix24Client, settings: Bitrix24, currency: str, asked: Mapping[str, str] | None = None
    ) -> None:
        """``currency``: the policy's; ``asked``: fields of which only matters whether they are filled, by name."""
        self._client = client
        self._settings = settings
        self._currency = currency
        self._asked = dict(asked or {})
        self._catalogue = Catalogue(client, kinds_of(settings))

    def token_end(self) -> TokenEnd | None:
        """See ``Crm``. The portal does not tell; the policy may."""
        return self._client.webhook.end()

    def prepare(self) -> Verdict:
        """See ``Crm``."""
        return ensure_fields(self._client, self._catalogue, self._settings)

    def read_leads(self, ids: Sequence[str]) -> dict[str, CrmLead]:
        """See ``Crm``. Leads that the policy does not read are as good as none."""
        readings = {kind: self._reading(kind) for kind in kinds_of(self._settings)} if ids else {}
        found = cards.read_cards(self._client, readings, ids)
        return {one: lead_of(item, readings[LEAD if one[0] == LEAD.letter else DEAL]) for one, item in found.items()}

    def histories(self, ids: Sequence[str]) -> dict[str, History]:
        """See ``Crm``. No record is kept of prices, nor of who was deleted."""
        told = cards.read_histories(self._client, ids) if ids else {}
        return {one: History(moves_of(rows, LEAD if one[0] == LEAD.letter else DEAL)) for one, rows in told.items()}

    def field_changes(self, ids: Sequence[str], fields: Collection[str]) -> dict[str, tuple[FieldChange, ...]]:
        """See ``Crm``. Bitrix24 keeps no record that can be asked for."""
        del ids, fields
        return {}

    def leads_of_contacts(self, contact_ids: Sequence[str]) -> tuple[str, ...]:
        """See ``Crm``."""
        return cards.leads_of_contacts(self._client, kinds_of(self._settings), contact_ids)

    def contact_points(self, contact_ids: Sequence[str]) -> dict[str, ContactPoints]:
        """See ``Crm``."""
        found = cards.read_contacts(self._client, contact_ids)
        return {one: contact_points_of(item) for one, item in found.items()}

    def changes(self, feed: Feed, since: datetime, position: JsonObject | None) -> ChangePage:
        """See ``Crm``. Who was deleted is told by webhooks alone, and by a reading that finds nobody."""
        if feed is Feed.DELETED:
            return ChangePage((), None)
        piece = card_feed.next_piece(self._client, kinds_of(self._settings), since, position)
        return ChangePage(tuple(change_of(card, piece.kind) for card in piece.cards), piece.position)

    def create_lead(self, new: NewCrmLead) -> CreatedLead:
        """See ``Crm``."""
        return writing.create_lead(self._client, self._catalogue, self._settings, new)

    def find_created(self, lead_id: str, since: datetime) -> CreatedLead | None:
        """See ``Crm``."""
        return writing.find_created(self._client, self._catalogue, self._settings, lead_id, since)

    def attach_fields(
        self, external_id: str, fields: FieldTexts, ours: Collection[str], replace: Collection[str] = ()
    ) -> AttachedFields:
        """See ``Crm``."""
        return writing.attach_fields(self._client, self._catalogue, self._settings, external_id, fields, ours, replace)

    def _reading(self, kind: Kind) -> Reading:
        places = {name: at for name, at in self._settings.fields.model_dump().items() if at}
        named, asked = self._catalogue.named(kind, places), self._catalogue.named(kind, self._asked)
        says_why_lost = self._settings.fields.loss_reason is not None
        return Reading(kind, named, asked, self._currency, self._settings.reads_leads, says_why_lost)
