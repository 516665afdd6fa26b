"""Who is told of what. Source: https://www.amocrm.ru/developers/content/crm_platform/webhooks-api."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..crm.ids import IdSequences

MOST_WEBHOOKS = 100

_ENTITIES = ("lead", "contact", "company", "customer", "task")
_ACTIONS = ("add", "update", "delete", "responsible")
SETTINGS = frozenset(
    (
        *(f"{action}_{entity}" for action in _ACTIONS for entity in _ENTITIES),
        *(f"restore_{entity}" for entity in _ENTITIES[:3]),
        *(f"note_{entity}" for entity in _ENTITIES[:4]),
        "status_lead",
        "add_talk",
        "update_talk",
        "add_chat_template_review",
    )
)
"""What the API lets an integration subscribe to."""

SETTINGS_IN_THE_INTERFACE = SETTINGS | {"add_unsorted", "update_unsorted", "delete_unsorted"}
"""A person may also choose "unsorted"; the API has no names for it, so a seed uses these."""


@dataclass
class Webhook:
    """A destination with the changes it wants. `failures` are the times of invalid answers."""

    id: int
    destination: str
    settings: list[str]
    sort: int
    created_at: int
    updated_at: int
    created_by: int
    disabled: bool = False
    failures: list[int] = field(default_factory=list)


class Subscriptions:
    """The webhooks of the account, one per destination."""

    def __init__(self, ids: IdSequences) -> None:
        self._ids = ids
        self.by_destination: dict[str, Webhook] = {}

    def subscribe(self, destination: str, settings: Iterable[str], sort: int, at: int, by: int) -> Webhook:
        """Adds a webhook, or gives the one of that destination other settings; one that is off stays off."""
        wanted = list(dict.fromkeys(settings))
        webhook = self.by_destination.get(destination)
        if webhook is None:
            webhook = Webhook(self._ids.take("webhook"), destination, wanted, sort, at, at, by)
            self.by_destination[destination] = webhook
        webhook.settings, webhook.sort, webhook.updated_at = wanted, sort, at
        return webhook

    def unsubscribe(self, destination: str) -> bool:
        """False when there was none of that exact address."""
        return self.by_destination.pop(destination, None) is not None

    def enable(self, destination: str) -> bool:
        """What a person does in the settings; earlier failures are forgotten. False for an unknown destination."""
        webhook = self.by_destination.get(destination)
        if webhook is not None:
            webhook.disabled = False
            webhook.failures.clear()
        return webhook is not None
