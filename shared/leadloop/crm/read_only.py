"""What an account promises in which leadloop creates and writes nothing, and which keeps no record of its fields."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from leadloop.crm.port import AttachedFields, CreatedLead, FieldChange, FieldTexts, NewCrmLead
from leadloop.crm.token_expiry import TokenEnd
from leadloop.ports.http import Refused
from leadloop.verdict import Verdict


class ReadOnlyAccount:
    """The part of ``Crm`` that such accounts share. What would create or write raises ``Refused``; nobody calls it."""

    name: str

    def token_end(self) -> TokenEnd | None:
        """See ``Crm``: nobody knows."""
        return None

    def prepare(self) -> Verdict:
        """See ``Crm``: nothing is written there, so nothing is needed."""
        return Verdict(True, "prepare.nothing_needed", f"nothing of leadloop's is written into {self.name}")

    def field_changes(self, ids: Sequence[str], fields: Collection[str]) -> dict[str, tuple[FieldChange, ...]]:
        """See ``Crm``: no record is kept of them."""
        del ids, fields
        return {}

    def create_lead(self, new: NewCrmLead) -> CreatedLead:
        """Raises ``Refused``."""
        del new
        raise self._refused("create_lead")

    def find_created(self, lead_id: str, since: datetime) -> CreatedLead | None:
        """See ``Crm``: none was created."""
        del lead_id, since
        return None

    def attach_fields(
        self, external_id: str, fields: FieldTexts, ours: Collection[str], replace: Collection[str] = ()
    ) -> AttachedFields:
        """Raises ``Refused``."""
        del external_id, fields, ours, replace
        raise self._refused("attach_fields")

    def _refused(self, operation: str) -> Refused:
        return Refused(self.name, operation, "this account is read and not written to", 405)
