"""CRMs: what leadloop needs of one (``port``), how it is read, and one package for each kind.

A kind is a package ``leadloop.crm.<kind>`` with three names: ``parse_hook``, which reads ids out of a
webhook's body and needs neither a token nor a network, ``connect``, which returns the ``Crm``, and ``take_survey``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from leadloop.crm.port import Crm, HookReading
    from leadloop.crm.survey import Survey
    from leadloop.runtime import Runtime


class CrmKind(Protocol):
    """The names a CRM's package must have."""

    def parse_hook(self, body: bytes) -> HookReading:
        """The ids of the entities a webhook is about. Never raises."""
        ...

    def connect(self, runtime: Runtime) -> Crm:
        """The account the policy names. Reads no secret and makes no call until it is used."""
        ...

    def take_survey(self, runtime: Runtime) -> Survey:
        """What the account has, asked now. Raises ``SecretMissing`` or ``VendorError``."""
        ...


def kind_of(name: str) -> CrmKind:
    """The package of a kind of CRM; ``name`` is ``policy.crm.kind``, never a text from outside."""
    return cast("CrmKind", import_module(f"leadloop.crm.{name}"))


def connect(runtime: Runtime) -> Crm:
    """The CRM of the policy."""
    return kind_of(runtime.policy.crm.kind).connect(runtime)


def take_survey(runtime: Runtime) -> Survey:
    """What the account of the policy has. Raises ``SecretMissing`` or ``VendorError``."""
    return kind_of(runtime.policy.crm.kind).take_survey(runtime)
