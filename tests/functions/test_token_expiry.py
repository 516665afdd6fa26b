"""A token that ends is announced by sync-crm: in good time, once a day, and louder when it is over."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from leadloop import timestamps
from leadloop.ports.store import Document, Key, Store
from support.crm_desk import SEED, CrmDesk, crm_account
from support.oauth_desk import authorise, oauth_account, oauth_policy, resting, told
from support.policies import sokol
from support.settable_clock import MORNING
from support.watched_store import WatchedStore


@contextmanager
def desk_with(ends: datetime | None) -> Iterator[CrmDesk]:
    """A desk with a long-lived token that tells so; ``None``: it tells nothing."""
    claims = {} if ends is None else {"exp": timestamps.to_unix(ends)}
    token = f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.c2lnbmF0dXJl"
    with crm_account({**SEED, "tokens": [{"token": token}]}) as account, account.desk(sokol()) as desk:
        desk.world.runtime.environment = {**desk.world.runtime.environment, "LEADLOOP_AMOCRM_TOKEN": token}
        yield desk


def ticks(desk: CrmDesk, hours: int) -> list[str]:
    """The severities of what is announced in so many hours of ticks."""
    before = len(desk.world.log.entries)
    for _ in range(hours * 4):
        desk.sync()
        desk.clock.advance(minutes=15)
    return [one.severity for one in desk.world.log.entries[before:] if one.event == "token_expires"]


def test_from_fourteen_days_before_once_a_day() -> None:
    with desk_with(MORNING + timedelta(days=15, hours=1)) as desk:
        assert ticks(desk, 24) == []
        assert ticks(desk, 1) == []
        assert ticks(desk, 14) == ["WARNING"]
        assert ticks(desk, 48) == ["WARNING"] * 2
        [first, *_] = told(desk, "token_expires")
        assert (first["crm"], first["at"]) == ("amocrm", timestamps.to_text(MORNING + timedelta(days=15, hours=1)))
        assert "LEADLOOP_AMOCRM_TOKEN" in first["what_to_do"]


def test_an_error_once_it_is_over() -> None:
    with desk_with(MORNING) as desk:
        assert ticks(desk, 1) == ["ERROR"]


@pytest.mark.parametrize(("days", "asked"), [(15, 0), (14, 4)])
def test_the_store_is_asked_only_when_there_is_something_to_say(days: int, asked: int) -> None:
    with desk_with(MORNING + timedelta(days=days)) as desk:
        store = KeysRead(desk.world.store)
        desk.world.store = store
        ticks(desk, 1)
        assert store.keys.count(Key("cursor", "amocrm-token")) == asked


class KeysRead(WatchedStore):
    """A store that remembers which documents were asked for."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, lambda _: None)
        self.keys: list[Key] = []

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        self.keys += keys
        return super().get_many(keys)


@pytest.mark.parametrize("token", [None, "opaque"])
def test_a_token_that_does_not_tell_is_not_announced(token: str | None) -> None:
    with desk_with(None) as desk:
        if token is not None:
            desk.world.runtime.environment = {**desk.world.runtime.environment, "LEADLOOP_AMOCRM_TOKEN": token}
        assert ticks(desk, 1) == []


def test_a_missing_one_is_somebody_elses_to_tell() -> None:
    with desk_with(None) as desk:
        desk.world.runtime.environment = {}
        assert ticks(desk, 1) == []


def test_a_refresh_token_that_nobody_renews() -> None:
    with oauth_account() as account, account.desk(oauth_policy()) as desk:
        authorise(desk)
        ends = resting(desk).refresh_until
        desk.break_next("status", status=503, path="/oauth2/", times=None)
        desk.clock.set(ends - timedelta(days=15))
        assert ticks(desk, 1) == []
        desk.clock.set(ends - timedelta(days=13))
        assert ticks(desk, 1) == ["WARNING"]
        assert "leadloop authorise" in told(desk, "token_expires")[0]["what_to_do"]
