"""A CoMagic account's own lists: its tags stand for the statuses of one pipeline."""

from __future__ import annotations

from leadloop.crm.comagic.client import CoMagicClient
from leadloop.crm.comagic.rows import TAGS
from leadloop.crm.survey import Listed, PipelineListed, Survey
from leadloop.json_types import Json


def take_survey(client: CoMagicClient) -> Survey:
    """Read the account. Raises the errors of ``leadloop.ports.http``, or ``SecretMissing``."""
    account = next(iter(client.get("read_account", "get.account").rows), {})
    tags = client.get("list_tags", "get.tags", ("id", "name"), limit=10_000).rows
    listed = tuple(Listed(_text(tag.get("id")), _text(tag.get("name"))) for tag in tags)
    return Survey(
        account=_text(account.get("name")),
        currency="",
        token_end=None,
        pipelines=(PipelineListed(TAGS, TAGS, listed),),
        loss_reasons=(),
        fields=(),
        hooks=None,
        deal_events=frozenset(),
        contact_events=frozenset(),
    )


def _text(value: Json) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
