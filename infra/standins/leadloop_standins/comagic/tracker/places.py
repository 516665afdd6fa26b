"""What an account is furnished with before anybody calls."""

from dataclasses import dataclass, field
from typing import Literal

NumberKind = Literal["dynamic", "static"]


@dataclass
class Profile:
    """Who the account is."""

    app_id: int = 1_103
    name: str = "Компания"


@dataclass(frozen=True)
class Site:
    """A site with the tracker's counter. A call is a target one from so many seconds of talk on."""

    id: int
    domain_name: str
    target_call_seconds: int = 15


@dataclass(frozen=True)
class Campaign:
    """An advertising campaign as the tracker knows it."""

    id: int
    name: str
    site_id: int


@dataclass(frozen=True)
class VirtualNumber:
    """A number shown to callers: lent to one visitor at a time, or printed for everybody of one campaign."""

    number: str
    kind: NumberKind
    site_id: int
    campaign_id: int | None = None


@dataclass(frozen=True)
class Employee:
    """Who answers."""

    id: int
    full_name: str


@dataclass
class Tag:
    """A tag of the account's list."""

    id: int
    name: str
    is_system: bool = False


@dataclass
class Furniture:
    """All of it, by id or number, in the order given."""

    sites: dict[int, Site] = field(default_factory=dict)
    campaigns: dict[int, Campaign] = field(default_factory=dict)
    numbers: dict[str, VirtualNumber] = field(default_factory=dict)
    employees: dict[int, Employee] = field(default_factory=dict)
    tags: dict[int, Tag] = field(default_factory=dict)

    def dynamic_number_of(self, site_id: int) -> VirtualNumber | None:
        """The number lent to the visitors of a site; None when the site has no pool."""
        return next((one for one in self.numbers.values() if one.kind == "dynamic" and one.site_id == site_id), None)
