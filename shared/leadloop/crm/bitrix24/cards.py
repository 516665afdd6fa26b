"""Reading deals, leads and contacts by their ids, many in one request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from leadloop.crm.bitrix24.client import PAGE, AnswerUnreadable, Bitrix24Client, Command, item_of, items_of
from leadloop.crm.bitrix24.kinds import CONTACT, KINDS, LEAD, Kind, external_id, number_in, numbers_of
from leadloop.crm.bitrix24.refusals import NOT_FOUND
from leadloop.crm.bitrix24.shapes import Reading, id_of
from leadloop.json_types import Json, JsonObject, json_list

_OWNERS_A_COMMAND = 10
"""Of most deals and leads all stages then fit on one page."""
_MOST_PAGES = 400


def read_cards(client: Bitrix24Client, readings: Mapping[Kind, Reading], ids: Sequence[str]) -> dict[str, JsonObject]:
    """Deals and leads by our id.

    What a list does not show is asked for singly: it leaves out what the webhook's owner may not see, too.
    """
    commands = {
        f"{kind.letter}{place}": list_command(kind, {"@id": chunk}, reading.select)
        for kind, reading in readings.items()
        for place, chunk in enumerate(_pages(numbers_of(kind, ids)))
    }
    found = _by_id(client.all("read_leads", commands)) if commands else {}
    missing = {
        one: Command("crm.item.get", {"entityTypeId": kind.entity_type_id, "id": number})
        for kind in readings
        for number in numbers_of(kind, ids)
        if (one := external_id(kind, number)) not in found
    }
    found |= {one: item_of("read_leads", told) for one, told in client.all("read_leads", missing, {NOT_FOUND}).items()}
    return {one: found[one] for one in ids if one in found}


def read_histories(client: Bitrix24Client, ids: Sequence[str]) -> dict[str, list[JsonObject]]:
    """The rows of the history of stages, by the deal or lead that they are about; of each to its end."""
    rows: dict[str, list[JsonObject]] = {one: [] for one in ids}
    after: dict[str, tuple[Kind, list[Json], str]] = {
        f"{kind.letter}{place}": (kind, chunk, "0")
        for kind in KINDS
        for place, chunk in enumerate(_pages(numbers_of(kind, ids), _OWNERS_A_COMMAND))
    }
    for _ in range(_MOST_PAGES):
        if not after:
            return {one: rows[one] for one in ids}
        pages = client.all("read_histories", {key: _history_command(*asked) for key, asked in after.items()})
        following = {}
        for key, (kind, chunk, last) in after.items():
            page = items_of("read_histories", pages[key])
            for row in page:
                rows.setdefault(external_id(kind, id_of(row.get("OWNER_ID"))), []).append(row)
            last = _last_id("read_histories", page, "ID", last)
            if len(page) >= PAGE:
                following[key] = (kind, chunk, last)
        after = following
    raise _endless("read_histories")


def read_contacts(client: Bitrix24Client, ids: Sequence[str]) -> dict[str, JsonObject]:
    """Contacts by id, with their phones and e-mails; a lead that is its own contact goes by ``L_5``.

    Phones come only where every field is asked for.
    """
    own, linked = numbers_of(LEAD, ids), [one for one in dict.fromkeys(ids) if one.isdecimal()]
    commands = {
        f"{kind.letter}{place}": list_command(kind, {"@id": chunk}, ["*"])
        for kind, numbers in ((CONTACT, linked), (LEAD, own))
        for place, chunk in enumerate(_pages(numbers))
    }
    found = _by_id(client.all("read_contacts", commands)) if commands else {}
    return {one: item for one in ids if (item := found.get(one)) or (item := found.get(external_id(CONTACT, one)))}


def leads_of_contacts(client: Bitrix24Client, kinds: Iterable[Kind], contact_ids: Sequence[str]) -> tuple[str, ...]:
    """Deals and leads that are linked to contacts, and leads that are their own."""
    own = [one for one in contact_ids if number_in(LEAD, one) is not None]
    linked = json_list(one for one in dict.fromkeys(contact_ids) if one.isdecimal())
    found = [
        external_id(kind, id_of(item.get("id")))
        for kind in (kinds if linked else ())
        for item in every(client, "read_contacts", kind, {"@contactIds": linked}, ["id"])
    ]
    return tuple(dict.fromkeys([*own, *found]))


def every(
    client: Bitrix24Client, operation: str, kind: Kind, filters: JsonObject, select: list[Json]
) -> Iterator[JsonObject]:
    """All that a filter finds, by id: pages do not shift when what they hold changes.

    Raises ``AnswerUnreadable`` if endless: what is left out of a part would be taken for not there.
    """
    last = "0"
    for _ in range(_MOST_PAGES):
        page = items_of(operation, client.call(operation, list_command(kind, {**filters, ">id": last}, select)))
        yield from page
        last = _last_id(operation, page, "id", last)
        if len(page) < PAGE:
            return
    raise _endless(operation)


def list_command(
    kind: Kind, filters: JsonObject, select: Sequence[Json], order: Mapping[str, Json] | None = None
) -> Command:
    """A page of a list, uncounted (https://apidocs.bitrix24.ru/settings/performance/huge-data.html)."""
    asked: JsonObject = {"filter": filters, "select": list(select), "order": dict(order or {"id": "ASC"}), "start": -1}
    return Command("crm.item.list", {"entityTypeId": kind.entity_type_id, **asked})


def _last_id(operation: str, page: Sequence[JsonObject], member: str, after: str) -> str:
    """Behind which id the next page begins. Raises ``AnswerUnreadable`` unless ids rise, without which none ends."""
    ids = [int(after), *(int(id_of(row.get(member))) for row in page)]
    if any(later <= earlier for earlier, later in pairwise(ids)):
        raise AnswerUnreadable(operation, "expected rows in the order of their ids, found another order")
    return str(ids[-1])


def _endless(operation: str) -> AnswerUnreadable:
    return AnswerUnreadable(operation, f"expected at most {_MOST_PAGES} pages, found more")


def _history_command(kind: Kind, numbers: list[Json], after: str) -> Command:
    asked: JsonObject = {"filter": {"OWNER_ID": numbers, ">ID": after}, "order": {"ID": "ASC"}, "start": -1}
    return Command("crm.stagehistory.list", {"entityTypeId": kind.entity_type_id, **asked})


def _pages(numbers: Sequence[str], size: int = PAGE) -> Iterator[list[Json]]:
    for start in range(0, len(numbers), size):
        yield json_list(numbers[start : start + size])


def _by_id(results: Mapping[str, Json]) -> dict[str, JsonObject]:
    letters = {kind.letter: kind for kind in (*KINDS, CONTACT)}
    return {
        external_id(letters[key[0]], id_of(item.get("id"))): item
        for key, result in results.items()
        for item in items_of("read", result)
    }
