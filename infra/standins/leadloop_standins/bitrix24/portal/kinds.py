"""The kinds of records a portal has. Source: https://apidocs.bitrix24.ru/api-reference/crm/data-types.html."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind with its number and its names; `stage_field` is empty for what has no stages."""

    entity_type_id: int
    name: str
    title: str
    stage_field: str = ""
    document: str = ""

    @property
    def upper(self) -> str:
        """As duplicates and robots name it."""
        return self.name.upper()

    @property
    def semantic_field(self) -> str:
        """The field that says whether the stage is in progress, won or lost."""
        return self.stage_field.replace("_ID", "_SEMANTIC_ID")

    @property
    def user_field_entity(self) -> str:
        """What its user fields belong to."""
        return f"CRM_{self.upper}"


LEAD = Kind(1, "lead", "Лид", "STATUS_ID", "CCrmDocumentLead")
DEAL = Kind(2, "deal", "Сделка", "STAGE_ID", "CCrmDocumentDeal")
CONTACT = Kind(3, "contact", "Контакт")
COMPANY = Kind(4, "company", "Компания")

KINDS = (LEAD, DEAL, CONTACT, COMPANY)
KIND_BY_NAME = {kind.name: kind for kind in KINDS}
KIND_BY_TYPE_ID = {kind.entity_type_id: kind for kind in KINDS}
