"""Which leads, contacts and events a list request wants.

Source: https://www.amocrm.ru/developers/content/crm_platform/filters-api.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from ...php_query import as_list
from ..crm.account import Account
from ..crm.entities import Contact, Entity, FieldValue, Lead
from ..settings import Switches
from .problems import RequestRefused

Test = Callable[[Any], bool]
E = TypeVar("E", bound=Entity)

_RANGES = ("created_at", "updated_at", "closed_at", "price")
_CHOICES = ("id", "name", "pipeline_id", "created_by", "updated_by", "responsible_user_id")


def matching(entities: Iterable[E], wanted: Mapping[str, Any], switches: Switches) -> list[E]:
    """Those that pass every filter. An account without the option gets all of them, or 400, as the settings say."""
    filters = wanted.get("filter")
    if not isinstance(filters, dict) or _switched_off(switches, "filters"):
        return list(entities)
    tests = [_range_test(name, filters[name]) for name in _RANGES if name in filters]
    tests += [_choice_test(name, as_list(filters[name])) for name in _CHOICES if name in filters]
    if "statuses" in filters:
        tests.append(_stage_test(_brackets(filters["statuses"])))
    if "custom_fields_values" in filters and not _switched_off(switches, "custom_field_filters"):
        by_field = _brackets(filters["custom_fields_values"])
        tests += [_field_test(whole_number(field_id), value) for field_id, value in by_field.items()]
    return [entity for entity in entities if all(test(entity) for test in tests)]


def found_by_query(account: Account, entities: Iterable[E], query: str) -> list[E]:
    """Full-text search over name, filled fields and, for leads, their contacts; phones are compared by their digits."""
    return [entity for entity in entities if _mentions(account, entity, query)]


def ordered(entities: Iterable[E], order: object, allowed: tuple[str, ...]) -> list[E]:
    """By the first of `order[field]=asc|desc`; by id without one. 400 for another field."""
    if not isinstance(order, dict) or not order:
        return sorted(entities, key=lambda entity: entity.id)
    field, direction = next(iter(order.items()))
    if field not in allowed or direction not in ("asc", "desc"):
        raise RequestRefused(400, f"Lists are ordered by {', '.join(allowed)}, asc or desc")
    return sorted(entities, key=lambda entity: (getattr(entity, field), entity.id), reverse=direction == "desc")


def whole_number(text: object) -> int:
    """A number of a query string; 400 for anything else."""
    try:
        return int(str(text))
    except ValueError:
        raise RequestRefused(400, f"A whole number is expected, found {str(text)[:40]!r}") from None


def within(value: int | None, limits: object) -> bool:
    """Whether a moment or a sum lies in `[from]`..`[to]`, both included; a bare number is a lower limit."""
    bounds = limits if isinstance(limits, dict) else {"from": str(limits)}
    if value is None:
        return False
    lowest, highest = bounds.get("from"), bounds.get("to")
    return (lowest is None or value >= whole_number(lowest)) and (highest is None or value <= whole_number(highest))


def _switched_off(switches: Switches, name: str) -> bool:
    state = switches.text(name)
    if state == "refused":
        raise RequestRefused(400, "Filtering is not enabled in this account")
    return state == "ignored"


def _brackets(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RequestRefused(400, "This filter takes values in brackets")
    return value


def _range_test(name: str, limits: object) -> Test:
    return lambda entity: within(getattr(entity, name, None), limits)


def _choice_test(name: str, wanted: list[str]) -> Test:
    choices = frozenset(wanted)
    return lambda entity: str(getattr(entity, name, None)) in choices


def _stage_test(statuses: Mapping[str, object]) -> Test:
    stages = [_brackets(one) for one in statuses.values()]
    wanted = {(str(one.get("pipeline_id")), str(one.get("status_id"))) for one in stages}
    return lambda lead: (str(lead.pipeline_id), str(lead.status_id)) in wanted


def _field_test(field_id: int, wanted: object) -> Test:
    if isinstance(wanted, dict) and wanted.keys() <= {"from", "to"}:
        return lambda entity: any(within(_number(one), wanted) for one in entity.fields.get(field_id, ()))
    texts = set(as_list(wanted))
    return lambda entity: any(texts & _filter_texts(one) for one in entity.fields.get(field_id, ()))


def _filter_texts(value: FieldValue) -> set[str]:
    """Choices are filtered by the id of their enum, flags by 1 and 0, all else by the value."""
    text = str(int(value.value)) if isinstance(value.value, bool) else str(value.value)
    return {text, str(value.enum_id)}


def _number(value: FieldValue) -> int | None:
    try:
        return int(float(value.value))
    except ValueError:
        return None


def _mentions(account: Account, entity: Entity, query: str) -> bool:
    entities: list[Entity] = [entity]
    if isinstance(entity, Lead):
        entities += [account.contacts[one] for one in entity.contact_ids]
    texts = [text for one in entities for text in _texts(one)]
    digits = re.sub(r"\D", "", query)
    by_phone = len(digits) >= 7 and any(digits[-10:] in re.sub(r"\D", "", text) for text in texts)
    return by_phone or any(query.casefold() in text.casefold() for text in texts)


def _texts(entity: Entity) -> list[str]:
    own = [str(entity.id), entity.name]
    own += [entity.first_name, entity.last_name] if isinstance(entity, Contact) else []
    return own + [str(value.value) for values in entity.fields.values() for value in values]
