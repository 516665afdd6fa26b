"""One amoCRM account for all these tests, each of which finds it on its first day."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stress.crowd import TWO_PIPELINES
from support.crm_desk import CrmAccount, CrmDesk, crm_account
from support.policies import sokol


@pytest.fixture(scope="session")
def account() -> Iterator[CrmAccount]:
    with crm_account(TWO_PIPELINES) as account:
        yield account


@pytest.fixture
def desk(account: CrmAccount) -> Iterator[CrmDesk]:
    """The default mode: the site's own integration creates deals, only keyed hashes reach us."""
    with account.desk(sokol("hash")) as desk:
        yield desk
