"""What the texts on a card say, whichever CRM it is in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite

from leadloop.crm.port import LONGEST_TEXT, SOURCE_FIELDS
from leadloop.identity.ad_ids import read_ad_ids
from leadloop.identity.contact_signs import looks_like_contact
from leadloop.json_types import Json
from leadloop.messages import AdIds

_NO_PRICE = 2**63
_DAY = 86_400


def ad_ids_in(texts: Mapping[str, str]) -> dict[str, str]:
    """The ad ids among the texts of fields, by our names of them, checked by pattern."""
    offered = {name: (texts[name],) for name in AdIds.model_fields if name in texts}
    return read_ad_ids(offered).ids.model_dump(exclude_none=True)


def source_texts_in(texts: Mapping[str, str]) -> dict[str, str]:
    """The texts of source fields, cut; those that read like a contact are left out, but for the number called."""
    found = {name: texts[name][:LONGEST_TEXT] for name in SOURCE_FIELDS if name in texts}
    return {name: text for name, text in found.items() if name == "called_number" or not looks_like_contact(text)}


def seconds_in(text: str) -> int | None:
    """A duration as call trackers write it into a deal: whole seconds, ``mm:ss`` or ``hh:mm:ss``; of a day at most."""
    found = re.fullmatch(r"(?:(?:([0-9]{1,2}):)?([0-9]{1,3}):)?([0-9]{1,5})", text.strip(), re.ASCII)
    if found is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    length = (hours * 60 + minutes) * 60 + seconds
    return length if length <= _DAY else None


def minor_units_of(price: Json) -> int | None:
    """A price that is not set is shown as 0; a slip that no store could hold is taken for none, until corrected."""
    if not isinstance(price, int | float) or isinstance(price, bool) or not isfinite(price):
        return None
    units = round(price * 100)
    return units if units and abs(units) < _NO_PRICE else None
