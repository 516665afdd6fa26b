"""Custom fields. Source: https://www.amocrm.ru/developers/content/crm_platform/custom-fields."""

from dataclasses import dataclass, field

TRACKING_CODES = (
    "UTM_CONTENT",
    "UTM_MEDIUM",
    "UTM_CAMPAIGN",
    "UTM_SOURCE",
    "UTM_TERM",
    "UTM_REFERRER",
    "ROISTAT",
    "REFERRER",
    "OPENSTAT_SERVICE",
    "OPENSTAT_CAMPAIGN",
    "OPENSTAT_AD",
    "OPENSTAT_SOURCE",
    "FROM",
    "GCLIENTID",
    "_YM_UID",
    "_YM_COUNTER",
    "GCLID",
    "YCLID",
    "FBCLID",
)
"""Codes of the system's fields of type tracking_data. They exist on leads only; their ids differ per account."""

PHONE_KINDS = ("WORK", "WORKDD", "MOB", "FAX", "HOME", "OTHER")
EMAIL_KINDS = ("WORK", "PRIV", "OTHER")

CREATABLE_TYPES = frozenset(
    (
        "text",
        "numeric",
        "checkbox",
        "select",
        "multiselect",
        "date",
        "url",
        "textarea",
        "radiobutton",
        "streetaddress",
        "birthday",
        "date_time",
        "price",
    )
)
TYPES_WITH_ENUMS = frozenset(("select", "multiselect", "radiobutton", "multitext"))
DATE_TYPES = frozenset(("date", "date_time", "birthday"))

_TYPE_NUMBERS = {
    "text": 1,
    "numeric": 2,
    "checkbox": 3,
    "select": 4,
    "multiselect": 5,
    "date": 6,
    "url": 7,
    "multitext": 8,
    "textarea": 9,
    "radiobutton": 10,
    "streetaddress": 11,
    "birthday": 14,
    "date_time": 19,
    "price": 20,
    "tracking_data": 22,
}
"""The events feed names types by number. Only 8 is seen in the documentation; the rest serve to be different."""


@dataclass(frozen=True)
class EnumChoice:
    """A value that a choice or a phone may have."""

    id: int
    value: str
    sort: int
    code: str | None = None


@dataclass
class CustomField:
    """A field that leads, contacts or companies have besides the built-in ones."""

    id: int
    name: str
    type: str
    code: str | None = None
    sort: int = 500
    is_api_only: bool = False
    is_predefined: bool = False
    enums: list[EnumChoice] = field(default_factory=list)

    @property
    def type_number(self) -> int:
        """As the events feed names the type."""
        return _TYPE_NUMBERS.get(self.type, 1)


class FieldCatalogue:
    """The custom fields of one entity type."""

    def __init__(self, entity_type: str) -> None:
        self.entity_type = entity_type
        self._fields: dict[int, CustomField] = {}

    def add(self, custom_field: CustomField) -> None:
        """Adds a field or replaces the one of that id."""
        self._fields[custom_field.id] = custom_field

    def remove_tracking(self) -> None:
        """Makes room for a seed that names the account's own list."""
        self._fields = {key: one for key, one in self._fields.items() if one.type != "tracking_data"}

    def by_id(self, field_id: object) -> CustomField | None:
        """None for an id that is unknown or not a number."""
        return self._fields.get(field_id) if isinstance(field_id, int) else None

    def by_code(self, code: object) -> CustomField | None:
        """Codes are compared letter for letter; they are upper case."""
        return next((one for one in self._fields.values() if one.code == code), None) if code else None

    def all(self) -> list[CustomField]:
        """In the order in which they were added."""
        return list(self._fields.values())
