"""Any other system: it posts signed JSON about its deals (https://www.standardwebhooks.com), and that is the fact.

docs/en/signed-webhooks.md says what it posts. It is neither asked nor written to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadloop.crm.signed.intake import hear, judge_sender

if TYPE_CHECKING:
    from leadloop.crm.signed.account import SignedAccount
    from leadloop.crm.survey import Survey
    from leadloop.runtime import Runtime

__all__ = ["connect", "hear", "judge_sender", "take_survey"]


def connect(runtime: Runtime) -> SignedAccount:
    """The system of the policy, read from what it told."""
    from leadloop.crm.signed.account import SignedAccount  # not paid for by the edge, which only hears

    return SignedAccount(runtime.store, runtime.policy.qualification.fields)


def take_survey(runtime: Runtime) -> Survey:
    """What the system has told of. Raises ``StoreUnavailable``."""
    from leadloop.crm.signed.survey import take_survey as look

    return look(runtime)
