"""What a CoMagic account has, and what its key may read. Asked by people's commands, never by a function."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from leadloop.crm.comagic import listing
from leadloop.crm.comagic.client import CoMagicClient
from leadloop.crm.comagic.rows import LISTED, REPORTS, TAGS
from leadloop.crm.port import Medium
from leadloop.crm.survey import Listed, PipelineListed, Survey
from leadloop.json_types import Json
from leadloop.ports.http import VendorError


class TrackerSurvey(NamedTuple):
    """An account as far as its key may see it."""

    account: str
    time_zone: str
    """Empty when the account does not say."""
    tags: tuple[Listed, ...]
    refusals: tuple[str, ...]
    """Why reports that the policy wants are not given."""
    calls_a_day: int | None
    """``None`` when the account does not say."""
    calls_left: int | None


def look_at(client: CoMagicClient, media: Iterable[str], now: datetime, *, with_contacts: bool) -> TrackerSurvey:
    """Ask the account, and each report for one row with every field that is read of it.

    Raises the errors of ``leadloop.ports.http``.
    """
    found = client.get("read_account", "get.account")
    account = next(iter(found.rows), {})
    reports: list[tuple[str, tuple[str, ...]]] = [("get.communications_report", LISTED)]
    chosen = [REPORTS[Medium(medium)] for medium in media]
    reports += [(one.method, one.asked(with_contacts=with_contacts)) for one in chosen]
    refusals = [refusal for method, fields in reports if (refusal := _refusal(client, method, fields, now))]
    return TrackerSurvey(
        account=_text(account.get("name")),
        time_zone=_text(account.get("timezone")),
        tags=_tags(client),
        refusals=tuple(refusals),
        calls_a_day=_whole(found.limits.get("day_limit")),
        calls_left=_whole(found.limits.get("day_remaining")),
    )


def take_survey(client: CoMagicClient) -> Survey:
    """The account's tags as the statuses of one pipeline. Raises as ``look_at`` does."""
    account = next(iter(client.get("read_account", "get.account").rows), {})
    return Survey(
        account=_text(account.get("name")),
        currency="",
        token_end=None,
        pipelines=(PipelineListed(TAGS, TAGS, _tags(client)),),
        loss_reasons=(),
        fields=(),
        hooks=None,
        deal_events=frozenset(),
        contact_events=frozenset(),
    )


def _tags(client: CoMagicClient) -> tuple[Listed, ...]:
    rows = client.get("list_tags", "get.tags", ("id", "name"), limit=listing.PAGE_SIZE).rows
    return tuple(Listed(_text(tag.get("id")), _text(tag.get("name"))) for tag in rows)


def _refusal(client: CoMagicClient, method: str, fields: tuple[str, ...], now: datetime) -> str:
    period = listing.period(now - timedelta(days=1), now, ZoneInfo("UTC"))
    try:
        client.get("try_report", method, fields, limit=1, **period)
    except VendorError as failure:
        return f"{method}: {failure.found}"
    return ""


def _text(value: Json) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _whole(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
