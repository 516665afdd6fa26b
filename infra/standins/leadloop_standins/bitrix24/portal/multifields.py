"""Phones and e-mails of a record, and who else has them.

Source: https://apidocs.bitrix24.ru/api-reference/crm/duplicates/crm-duplicate-find-by-comm.html.
"""

import re
from collections.abc import Iterable, Sequence

from .kinds import Kind
from .portal import Portal
from .records import Multifield, MultifieldEdit, Record

MOST_FOUND = 20


def edit_multifields(portal: Portal, record: Record, edits: Sequence[MultifieldEdit]) -> None:
    """Adds, changes and takes away phones and e-mails."""
    for edit in edits:
        known = next((one for one in record.multifields if one.id == edit.id), None)
        if known is None and edit.value:
            number = portal.take_id("multifield")
            record.multifields.append(Multifield(number, edit.type_id, edit.value_type, edit.value))
        elif known is not None and edit.value:
            known.value, known.value_type = edit.value, edit.value_type
        elif known is not None:
            record.multifields.remove(known)


def records_reachable_by(portal: Portal, kind: Kind, type_id: str, values: Iterable[str]) -> list[int]:
    """Ids of live records with one of these phones or e-mails, up to MOST_FOUND."""
    wanted = {comparable(portal, type_id, value) for value in values} - {""}
    found = (
        record.id
        for record in portal.live(kind)
        if wanted & {comparable(portal, type_id, value) for value in record.reachable_by(type_id)}
    )
    return list(found)[:MOST_FOUND]


def comparable(portal: Portal, type_id: str, value: str) -> str:
    """What two ways of writing one phone or e-mail have in common."""
    if type_id == "EMAIL":
        return value.strip().lower()
    digits = re.sub(r"\D", "", value)
    if portal.switches.text("phone_search") == "digits":
        return digits
    if len(digits) == 11 and digits.startswith("8"):
        return "7" + digits[1:]
    return "7" + digits if len(digits) == 10 else digits
