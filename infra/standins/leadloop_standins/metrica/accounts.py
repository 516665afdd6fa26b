"""Tokens, counters and who may do what with which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..faults import InstructionRefused
from .refusals import NO_SUCH_OBJECT, RequestRefused, invalid_parameter

# What each need is satisfied by; `metrika:write` is the wider scope of both.
READ = frozenset({"metrika:read", "metrika:write"})
WRITE = frozenset({"metrika:write"})
OFFLINE = frozenset({"metrika:offline_data", "metrika:write"})
READ_UPLOADINGS = READ | OFFLINE


@dataclass(frozen=True)
class Counter:
    """A counter; the offset is minutes east of UTC, as the vendor gives it."""

    id: int
    name: str
    site: str
    time_zone_name: str
    time_zone_offset: int

    def as_json(self) -> dict[str, Any]:
        """As the vendor answers it."""
        zone = {"time_zone_name": self.time_zone_name, "time_zone_offset": self.time_zone_offset}
        return {"id": self.id, "status": "Active", "name": self.name, "site": self.site, "type": "simple", **zone}


@dataclass(frozen=True)
class Grant:
    """What one token may do; `counters` None is every counter."""

    scopes: frozenset[str]
    counters: frozenset[int] | None


class Accounts:
    """The counters and the tokens that reach them. Tokens stay inside: neither ledger nor page shows one."""

    def __init__(self) -> None:
        self.counters: dict[int, Counter] = {}
        self._grants: dict[str, Grant] = {}

    def plant_counter(self, row: Mapping[str, Any]) -> None:
        """Seed row: id (number or digits), and optionally name, site, time_zone_name, time_zone_offset."""
        check_known(row, ("id", "name", "site", "time_zone_name", "time_zone_offset"), "counter")
        number = seed_number(row.get("id"), "id of a counter")
        name, site = str(row.get("name", f"Counter {number}")), str(row.get("site", "site.example"))
        zone, offset = str(row.get("time_zone_name", "Europe/Moscow")), int(row.get("time_zone_offset", 180))
        self.counters[number] = Counter(number, name, site, zone, offset)

    def plant_token(self, row: Mapping[str, Any]) -> None:
        """Seed row: token, and optionally scopes (default all) and counters (default every one)."""
        check_known(row, ("token", "scopes", "counters"), "token")
        token, counters = row.get("token"), row.get("counters")
        if not isinstance(token, str) or not token:
            raise InstructionRefused("A token of the seed is non-empty text under the key token.")
        reach = None if counters is None else frozenset(seed_number(c, "counter of a token") for c in counters)
        self._grants[token] = Grant(frozenset(row.get("scopes", ["metrika:write"])), reach)

    def counter_of_row(self, row: Mapping[str, Any], what: str) -> int:
        """The counter a seed row is about: the one it names, or the only one there is."""
        if "counter" in row:
            return seed_number(row["counter"], f"counter of a {what}")
        if len(self.counters) != 1:
            raise InstructionRefused(
                f"A {what} names its counter unless there is exactly one; known: {len(self.counters)}."
            )
        return next(iter(self.counters))

    def grant_of(self, header: str | None) -> Grant:
        """Who asks. 401 without a well-formed header; an unknown token is 403 on the wire, whatever the pages say."""
        scheme, _, token = (header or "").partition(" ")
        if scheme != "OAuth" or not token.strip():
            raise RequestRefused(401, "unauthorized", "Authorization header is missing or malformed.")
        grant = self._grants.get(token.strip())
        if grant is None:
            raise RequestRefused(403, "invalid_token", "Invalid oauth_token")
        return grant

    def counter_for(self, grant: Grant, counter: str, needed: frozenset[str]) -> Counter:
        """The counter in the path: 400 when unknown, 403 when the token's owner or scopes do not reach it."""
        number = int(counter) if counter.isascii() and counter.isdigit() else None
        if number is None or number not in self.counters:
            raise invalid_parameter(NO_SUCH_OBJECT)
        if not needed & grant.scopes or (grant.counters is not None and number not in grant.counters):
            raise RequestRefused(403, "access_denied", "Access is denied")
        return self.counters[number]


def seed_number(value: object, what: str) -> int:
    """A number or its digits; InstructionRefused otherwise."""
    if isinstance(value, int | str) and not isinstance(value, bool) and str(value).isdigit():
        return int(value)
    raise InstructionRefused(f"{what} is a number or its digits, found {value!r}.")


def check_known(row: Mapping[str, Any], known: Sequence[str], what: str) -> None:
    """InstructionRefused for a key nobody reads, which would otherwise be a silent typing error."""
    unknown = sorted(set(row) - set(known))
    if unknown:
        raise InstructionRefused(f"A {what} has no {', '.join(unknown)}. Known: {', '.join(known)}.")
