"""Which request created or merged which lead: how a lead made twice shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..crm.entities import FieldValues


@dataclass(frozen=True)
class LeadCreation:
    """One lead of one accepted request, with the values it carried in the watched fields."""

    at: int
    method: str
    request_ids: Sequence[str]
    lead_id: int
    merged: bool
    values: Mapping[str, Sequence[str]]


class RequestsSeen:
    """Every accepted creation, in order."""

    def __init__(self) -> None:
        self.creations: list[LeadCreation] = []

    def note(self, creation: LeadCreation) -> None:
        """Adds one."""
        self.creations.append(creation)

    def leads_by_value(self) -> dict[str, dict[str, list[int]]]:
        """For each watched field, the leads that requests created with each value; two under one value are a double."""
        found: dict[str, dict[str, list[int]]] = {}
        for creation in self.creations:
            for code, values in creation.values.items():
                for value in values:
                    leads = found.setdefault(code, {}).setdefault(value, [])
                    if creation.lead_id not in leads:
                        leads.append(creation.lead_id)
        return found


def watched_values(codes_by_field: Mapping[int, str], fields: FieldValues) -> dict[str, list[str]]:
    """The values of watched fields by code."""
    return {
        code: [str(one.value) for one in fields[field]] for field, code in codes_by_field.items() if field in fields
    }
