"""The kinds of accounts under contract, amoCRM by both kinds of token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple

import pytest

from contract.crm.amocrm import AmoCrmAtWork, amocrm_at_work, amocrm_by_oauth
from contract.crm.at_work import AccountAtWork, Skill
from contract.crm.bitrix24 import Bitrix24AtWork, bitrix24_at_work
from contract.crm.comagic import CoMagicAtWork, comagic_at_work
from contract.crm.signed import SignedAtWork, signed_at_work


class UnderContract(NamedTuple):
    """How an account is opened, and what it can do."""

    open: Callable[[], AbstractContextManager[AccountAtWork]]
    skills: frozenset[Skill]


ACCOUNTS = {
    "amocrm": UnderContract(amocrm_at_work, AmoCrmAtWork.skills),
    "amocrm_oauth": UnderContract(amocrm_by_oauth, AmoCrmAtWork.skills),
    "bitrix24": UnderContract(bitrix24_at_work, Bitrix24AtWork.skills),
    "comagic": UnderContract(comagic_at_work, CoMagicAtWork.skills),
    "signed": UnderContract(signed_at_work, SignedAtWork.skills),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that needs a skill is for the accounts that have it."""
    if "account" in metafunc.fixturenames:
        needed = {skill for mark in metafunc.definition.iter_markers("needs") for skill in mark.args}
        able = [name for name, one in ACCOUNTS.items() if needed <= one.skills]
        assert able, f"no account can do what {metafunc.definition.name} needs"
        metafunc.parametrize("account", able, indirect=True)


@pytest.fixture
def account(request: pytest.FixtureRequest) -> Iterator[AccountAtWork]:
    """An account on its first day."""
    with ACCOUNTS[request.param].open() as at_work:
        yield at_work
