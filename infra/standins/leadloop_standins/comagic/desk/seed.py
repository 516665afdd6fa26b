"""What the account knows from the beginning, part by part."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from ...faults import InstructionRefused
from ...orders import checked, unix
from ..api.keys import Key, User
from ..notifications.templates import EVENT_NAMES, Template
from ..tracker.account import Account
from ..tracker.places import Campaign, Employee, Site, Tag, VirtualNumber
from .office import DeskOffice
from .seed_rows import (
    AccountRow,
    CampaignRow,
    EmployeeRow,
    NotificationRow,
    NumberRow,
    SiteRow,
    TagRow,
    TokenRow,
    UserRow,
)

REPLACING_PARTS = ("sites", "numbers", "employees", "tags")
"""Parts that a new account has by itself; the first planting of one replaces what was there."""


def plant(office: DeskOffice, part: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds rows to a part; InstructionRefused names what is wrong with one."""
    shape, plant_row = _PARTS[part]
    for number, row in enumerate(rows, start=1):
        plant_row(office, checked(f"Row {number} of {part}", shape, row))


def plant_default(account: Account) -> None:
    """A site with a number for its visitors and one in print, one employee and two tags."""
    furniture = account.furniture
    furniture.sites[1] = Site(1, "site.example")
    for number in (VirtualNumber("74950000001", "dynamic", 1), VirtualNumber("74950000002", "static", 1)):
        furniture.numbers[number.number] = number
    furniture.employees[501] = Employee(501, "Сидорова Анна")
    for name in ("Целевой", "Продажа"):
        tag = Tag(account.ids.take("tag"), name)
        furniture.tags[tag.id] = tag


def _account(office: DeskOffice, row: AccountRow) -> None:
    for name, value in row.model_dump(exclude_none=True).items():
        setattr(office.account.profile, name, value)


def _site(office: DeskOffice, row: SiteRow) -> None:
    office.account.furniture.sites[row.id] = Site(**row.model_dump())


def _campaign(office: DeskOffice, row: CampaignRow) -> None:
    _known("site", row.site_id, office.account.furniture.sites)
    office.account.furniture.campaigns[row.id] = Campaign(**row.model_dump())


def _number(office: DeskOffice, row: NumberRow) -> None:
    _known("site", row.site_id, office.account.furniture.sites)
    if row.campaign_id is not None:
        _known("campaign", row.campaign_id, office.account.furniture.campaigns)
    office.account.furniture.numbers[row.number] = VirtualNumber(**row.model_dump())


def _employee(office: DeskOffice, row: EmployeeRow) -> None:
    office.account.furniture.employees[row.id] = Employee(**row.model_dump())


def _tag(office: DeskOffice, row: TagRow) -> None:
    tag_id = office.account.ids.take("tag") if row.id is None else row.id
    office.account.ids.stay_clear_of("tag", tag_id)
    office.account.furniture.tags[tag_id] = Tag(tag_id, row.name, row.is_system)


def _user(office: DeskOffice, row: UserRow) -> None:
    office.keys.users[row.login] = User(_user_id(office, row.id), row.login, row.password, row.rights)


def _token(office: DeskOffice, row: TokenRow) -> None:
    user = office.keys.users.get(row.login) or User(_user_id(office, None), row.login)
    expires_at = None if row.expires_at is None else unix(row.expires_at, 0)
    office.keys.add(row.token, Key(user, row.rights, expires_at, is_blocked=row.is_blocked))


def _user_id(office: DeskOffice, given: int | None) -> int:
    return 2_001 + len(office.keys.users) if given is None else given


def _notification(office: DeskOffice, row: NotificationRow) -> None:
    number = office.account.ids.take("notification")
    own = {name: value for name, value in row.model_dump().items() if value is not None}
    names = {"name": EVENT_NAMES[row.event], "mnemonic": f"{row.event}_{number}"}
    office.deliveries.templates[number] = Template(**{"id": number, **names, **own})


def _known(what: str, number: int, known: Mapping[int, object]) -> None:
    if number not in known:
        raise InstructionRefused(f"There is no {what} {number}. Known: {', '.join(map(str, known)) or 'none'}.")


_PARTS: dict[str, tuple[TypeAdapter[Any], Callable[[DeskOffice, Any], None]]] = {
    "account": (TypeAdapter(AccountRow), _account),
    "sites": (TypeAdapter(SiteRow), _site),
    "campaigns": (TypeAdapter(CampaignRow), _campaign),
    "numbers": (TypeAdapter(NumberRow), _number),
    "employees": (TypeAdapter(EmployeeRow), _employee),
    "tags": (TypeAdapter(TagRow), _tag),
    "users": (TypeAdapter(UserRow), _user),
    "tokens": (TypeAdapter(TokenRow), _token),
    "notifications": (TypeAdapter(NotificationRow), _notification),
}
SEED_PARTS = tuple(_PARTS)
