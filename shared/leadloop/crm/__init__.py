"""CRMs: what leadloop needs of one (``port``), how it is read, and one package for each kind.

A kind is a package ``leadloop.crm.<kind>`` with four names: ``judge_sender`` and ``parse_hook``, which take a webhook
and need neither a token nor a network, ``connect``, which returns the ``Crm``, and ``take_survey``. A kind whose
webhooks are the fact has ``hear`` in the place of ``parse_hook``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

if TYPE_CHECKING:
    from leadloop.crm.hook_intake import Taken
    from leadloop.crm.port import Crm, HookPosted, HookReading
    from leadloop.crm.survey import Survey
    from leadloop.runtime import Runtime
    from leadloop.verdict import Verdict


class CrmKind(Protocol):
    """The names a CRM's package must have."""

    def judge_sender(self, runtime: Runtime, hook: HookPosted) -> Verdict:
        """Whether a webhook comes from who it says. Raises ``SecretMissing``."""
        ...

    def parse_hook(self, body: bytes) -> HookReading:
        """The ids of the entities a webhook is about. Never raises."""
        ...

    def connect(self, runtime: Runtime) -> Crm:
        """The account the policy names. Reads no secret and makes no call until it is used."""
        ...

    def take_survey(self, runtime: Runtime) -> Survey:
        """What the account has, asked now. Raises ``SecretMissing`` or ``VendorError``."""
        ...


@runtime_checkable
class TellingKind(Protocol):
    """The name by which a kind is known whose signed webhooks are the fact."""

    def hear(self, runtime: Runtime, hook: HookPosted) -> Taken:
        """What a webhook of a sender known already tells. Raises ``SecretMissing`` or ``KeyMalformed``."""
        ...


def kind_of(name: str) -> CrmKind:
    """The package of a kind of CRM; ``name`` is ``policy.crm.kind``, never a text from outside."""
    return cast("CrmKind", import_module(f"leadloop.crm.{name}"))


def connect(runtime: Runtime) -> Crm:
    """The CRM of the policy."""
    return kind_of(runtime.policy.crm.kind).connect(runtime)


def accounts(runtime: Runtime) -> tuple[Crm, ...]:
    """Every account of the policy from which leads and stages are read, the CRM last: a deal is to find its call."""
    return tuple(kind_of(name).connect(runtime) for name in reversed(runtime.policy.account_names))


def account(runtime: Runtime, name: str) -> Crm | None:
    """The account a hint is from; ``None`` when the policy no longer names it."""
    return kind_of(name).connect(runtime) if name in runtime.policy.account_names else None


def take_survey(runtime: Runtime) -> Survey:
    """What the account of the policy has. Raises ``SecretMissing`` or ``VendorError``."""
    return kind_of(runtime.policy.crm.kind).take_survey(runtime)
