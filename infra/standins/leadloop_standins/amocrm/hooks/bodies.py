"""From changes of the account to the bodies of POSTs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...php_form import encode_form
from ..crm.account import Account, Change
from .items import hook_item
from .unsorted_items import note_item, unsorted_item


@dataclass(frozen=True)
class Hook:
    """One told change: the name an integration subscribes to, and the item that tells it."""

    setting: str
    entity: str
    action: str
    item: dict[str, Any]

    @property
    def summary(self) -> str:
        """As the ledger lists it, without any value of the body except ids."""
        return f"{self.entity}[{self.action}] {self.item.get('id', self.item.get('uid', ''))}".strip()


def hooks_for(account: Account, changes: Sequence[Change]) -> list[Hook]:
    """A hook per change, as the records stand now; stage hooks are left out where the account is set to lose them."""
    silent = account.switches.on("omit_status_hooks")
    told = (change for change in changes if not (silent and change.action == "status"))
    return [_hook(account, change) for change in told]


def hook_body(account: Account, hooks: Sequence[Hook]) -> str:
    """One POST: items numbered within their entity and action, and the account before or after them."""
    entities: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for hook in hooks:
        entities.setdefault(hook.entity, {}).setdefault(hook.action, []).append(hook.item)
    block = {"account": _account_block(account)}
    first = account.switches.text("account_block") == "first"
    return encode_form({**block, **entities} if first else {**entities, **block})


def _hook(account: Account, change: Change) -> Hook:
    if change.entity_type == "unsorted":
        item = unsorted_item(account, account.unsorted[str(change.entity_id)])
        return Hook(f"{change.action}_unsorted", "unsorted", change.action, item)
    if change.entity_type == "note":
        note = account.notes[int(change.entity_id)]
        return Hook(f"note_{note.entity_type[:-1]}", note.entity_type, "note", note_item(account, note.id))
    kind = "lead" if change.entity_type == "leads" else account.contacts[int(change.entity_id)].kind
    # Companies are told of under `contacts`, with `type=company`, but subscribed to by their own name.
    return Hook(f"{change.action}_{kind}", change.entity_type, change.action, hook_item(account, change))


def _account_block(account: Account) -> dict[str, Any]:
    profile = account.profile
    if account.switches.text("account_block_fields") == "subdomain":
        return {"subdomain": profile.subdomain}
    own_address = f"https://{profile.subdomain}.amocrm.ru"
    return {"subdomain": profile.subdomain, "id": profile.id, "_links": {"self": own_address}}
