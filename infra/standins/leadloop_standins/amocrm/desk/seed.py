"""What the account knows from the beginning, part by part; nothing planted is told of by webhooks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from ...faults import InstructionRefused
from ..api.tokens import Integration
from ..crm.account import Account
from ..crm.contact_edits import add_contact
from ..crm.entities import LossReason, Stamp, User
from ..crm.fields import TRACKING_CODES, CustomField, EnumChoice
from ..crm.lead_edits import add_lead
from ..crm.patches import ContactPatch, LeadPatch
from ..crm.pipelines import Stage, Status, new_pipeline
from ..hooks.subscriptions import SETTINGS_IN_THE_INTERFACE
from .office import DeskOffice
from .orders import checked, contact_named, field_values, party_fields, unix
from .seed_rows import (
    AccountRow,
    ContactRow,
    FieldRow,
    IntegrationRow,
    LeadRow,
    LossReasonRow,
    PipelineRow,
    TokenRow,
    TrackingFieldRow,
    UserRow,
    WebhookRow,
)

SEED_PARTS = (
    "account",
    "users",
    "pipelines",
    "loss_reasons",
    "tracking_fields",
    "fields",
    "contacts",
    "leads",
    "webhooks",
    "integrations",
    "tokens",
)
REPLACING_PARTS = frozenset(("users", "pipelines", "tracking_fields"))
"""Parts that a new account has by itself; the first planting of one replaces what was there."""


def plant(office: DeskOffice, part: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds rows to a part; InstructionRefused names what is wrong with one."""
    shape, plant_row = _PARTS[part]
    for number, row in enumerate(rows, start=1):
        plant_row(office, checked(f"Row {number} of {part}", shape, row))
    office.account.changes.clear()


def plant_default(account: Account) -> None:
    """What an account has on its first day: one user, one pipeline, the standard fields."""
    account.users[10_000_001] = User(10_000_001, "Администратор")
    statuses = [
        Status(32_392_001, "Неразобранное", 10, "#c1c1c1", is_unsorted=True),
        Status(32_392_003, "Первичный контакт", 20),
        Status(32_392_005, "Переговоры", 30),
        Status(32_392_007, "Принимают решение", 40),
    ]
    account.pipelines[3_177_727] = new_pipeline(3_177_727, "Воронка", 1, statuses, is_main=True)
    account.add_standard_fields()


def _account(office: DeskOffice, row: AccountRow) -> None:
    for name, value in row.model_dump(exclude={"first_ids"}, exclude_none=True).items():
        setattr(office.account.profile, name, value)
    for kind, number in row.first_ids.items():
        try:
            office.account.ids.start_at(kind, number)
        except KeyError:
            raise InstructionRefused(f"first_ids knows no kind {kind!r}.") from None


def _user(office: DeskOffice, row: UserRow) -> None:
    office.account.users[row.id] = User(row.id, row.name, row.email)


def _pipeline(office: DeskOffice, row: PipelineRow) -> None:
    account = office.account
    statuses = []
    for place, one in enumerate(row.statuses, start=1):
        account.ids.give_next("status", one.id)
        system_sort = {142: 10_000, 143: 11_000}.get(one.id or 0, place * 10)
        sort = system_sort if one.sort is None else one.sort
        statuses.append(Status(account.ids.take("status"), one.name, sort, is_unsorted=one.is_unsorted))
    sort = len(account.pipelines) + 1
    is_main = row.is_main or not account.pipelines
    pipeline = new_pipeline(row.id, row.name, sort, statuses, is_main=is_main, is_archive=row.is_archive)
    account.pipelines[row.id] = pipeline


def _loss_reason(office: DeskOffice, row: LossReasonRow) -> None:
    account = office.account
    account.ids.give_next("loss_reason", row.id)
    reason_id = account.ids.take("loss_reason")
    sort = (len(account.loss_reasons) + 1) * 100
    account.loss_reasons[reason_id] = LossReason(reason_id, row.name, sort, office.unix_now())


def _tracking_field(office: DeskOffice, row: TrackingFieldRow) -> None:
    if row.code not in TRACKING_CODES:
        raise InstructionRefused(f"{row.code!r} is no tracking field. Known: {', '.join(TRACKING_CODES)}.")
    office.account.ids.give_next("field", row.id)
    office.account.add_tracking_field(row.code, office.account.ids.take("field"))


def _field(office: DeskOffice, row: FieldRow) -> None:
    ids = office.account.ids
    enums = []
    for place, one in enumerate(row.enums, start=1):
        ids.give_next("enum", one.id)
        enums.append(EnumChoice(ids.take("enum"), one.value, place, one.code))
    ids.give_next("field", row.id)
    custom_field = CustomField(ids.take("field"), row.name, row.type, row.code, enums=enums)
    office.account.fields[row.entity].add(custom_field)


def _contact(office: DeskOffice, row: ContactRow) -> None:
    account = office.account
    account.ids.give_next("contact", row.id)
    stamp = Stamp(unix(row.created_at, office.unix_now()), next(iter(account.users), 0))
    patch = ContactPatch(name=row.name, fields=party_fields(account, row.phone, row.email))
    add_contact(account, patch, stamp, kind=row.kind)


def _lead(office: DeskOffice, row: LeadRow) -> None:
    account = office.account
    pipeline = account.pipelines.get(row.pipeline_id or account.main_pipeline.id, account.main_pipeline)
    stage = Stage(row.pipeline_id or pipeline.id, row.status_id or pipeline.first_status.id)
    if not account.has_stage(stage):
        raise InstructionRefused(f"Pipeline {stage.pipeline_id} has no status {stage.status_id}.")
    contact_ids = [contact_named(account, one).id for one in row.contact_ids]
    fields = field_values(account, "leads", row.fields)
    account.ids.give_next("lead", row.id)
    stamp = Stamp(unix(row.created_at, office.unix_now()), next(iter(account.users), 0))
    patch = LeadPatch(name=row.name, price=row.price, stage=stage, contact_ids=contact_ids, fields=fields)
    add_lead(account, patch, stamp)


def _webhook(office: DeskOffice, row: WebhookRow) -> None:
    unknown = [one for one in row.settings if one not in SETTINGS_IN_THE_INTERFACE]
    if unknown:
        raise InstructionRefused(f"Webhooks know no settings {unknown}.")
    by = next(iter(office.account.users), 0)
    office.subscriptions.subscribe(row.destination, row.settings, 1, office.unix_now(), by)


def _integration(office: DeskOffice, row: IntegrationRow) -> None:
    office.tokens.register(Integration(row.client_id, row.client_secret, row.redirect_uri))
    if row.authorization_code:
        office.tokens.add_code(row.client_id, row.authorization_code, office.unix_now())
    if row.refresh_token:
        office.tokens.add_refresh_token(row.client_id, row.refresh_token, office.unix_now())


def _token(office: DeskOffice, row: TokenRow) -> None:
    office.tokens.add_long_lived(row.token)


_PARTS: dict[str, tuple[TypeAdapter[Any], Callable[[DeskOffice, Any], None]]] = {
    "account": (TypeAdapter(AccountRow), _account),
    "users": (TypeAdapter(UserRow), _user),
    "pipelines": (TypeAdapter(PipelineRow), _pipeline),
    "loss_reasons": (TypeAdapter(LossReasonRow), _loss_reason),
    "tracking_fields": (TypeAdapter(TrackingFieldRow), _tracking_field),
    "fields": (TypeAdapter(FieldRow), _field),
    "contacts": (TypeAdapter(ContactRow), _contact),
    "leads": (TypeAdapter(LeadRow), _lead),
    "webhooks": (TypeAdapter(WebhookRow), _webhook),
    "integrations": (TypeAdapter(IntegrationRow), _integration),
    "tokens": (TypeAdapter(TokenRow), _token),
}
