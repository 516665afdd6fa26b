"""The CRMs that ``leadloop init`` can set up: what it asks of each, and which template holds its section.

A kind is an entry here, a template ``crm.KIND.LANGUAGE.yaml``, and the words of its questions.
"""

from __future__ import annotations

from typing import NamedTuple

from leadloop.secrets import AMOCRM_TOKEN


class KindToSetUp(NamedTuple):
    """A kind of CRM, as ``crm.kind`` has it."""

    title: str
    questions: tuple[str, ...]
    """Fields of ``Choices`` that only this kind has to be asked for."""
    token: str
    """The variable with which the account can be read."""


KINDS = {"amocrm": KindToSetUp("amoCRM, Kommo", ("account",), AMOCRM_TOKEN)}
"""By kind; the first is the standard."""
