"""The kinds of accounts under contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from contract.crm.amocrm import amocrm_at_work
from contract.crm.at_work import AccountAtWork, Skill
from contract.crm.signed import signed_at_work
from contract.crm.bitrix24 import bitrix24_at_work
from contract.crm.comagic import comagic_at_work

ACCOUNTS: dict[str, Callable[[], AbstractContextManager[AccountAtWork]]] = {
    "amocrm": amocrm_at_work,
    "signed": signed_at_work,
    "bitrix24": bitrix24_at_work,
    "comagic": comagic_at_work,
}


@pytest.fixture(params=ACCOUNTS)
def account(request: pytest.FixtureRequest) -> Iterator[AccountAtWork]:
    """An account on its first day; a test marked with a skill that it lacks is not for it."""
    with ACCOUNTS[request.param]() as at_work:
        needed = {skill for mark in request.node.iter_markers("needs") for skill in mark.args}
        lacking = sorted(needed - at_work.skills)
        if lacking:
            pytest.skip(f"{request.param} is not an account that {', '.join(Skill(one) for one in lacking)}")
        yield at_work
