"""The CRMs that ``leadloop init`` can set up: what it says of each, and what stands in the policy until it is known.

A kind is an entry here, the templates ``crm.KIND.LANGUAGE.yaml`` and ``environment.KIND.LANGUAGE.txt``, and the words
``account_KIND`` and, where an account can be read, ``token_KIND`` and ``create_field_KIND``.
"""

from __future__ import annotations

from typing import NamedTuple

from leadloop.cli.pipelines import PipelineChosen, StatusChosen
from leadloop.secrets import AMOCRM_TOKEN, BITRIX24_WEBHOOK


class KindToSetUp(NamedTuple):
    """A kind of CRM, as ``crm.kind`` has it, with the example of the invented developer «Сокол»."""

    title: str
    account: str
    pipelines: tuple[PipelineChosen, ...]
    new_lead: tuple[str, str]
    """Pipeline and status."""
    token: str
    """The variable that lets the account be read; empty where it is only heard."""
    hook: str
    """Where its webhooks go, behind the address of leadloop."""
    gives_secret: bool = False
    """Whether its webhook comes with a secret of its own, which a start needs."""

    @property
    def is_read(self) -> bool:
        """Whether it can be asked what it has, and be written to."""
        return bool(self.token)


def _example(pipeline: str, **stages: str) -> tuple[PipelineChosen, ...]:
    statuses = tuple(StatusChosen(status.removeprefix("id"), "", stage) for status, stage in stages.items())
    return (PipelineChosen(pipeline, "", statuses),)


_IN_PATH = "/receive-crm-event/{kind}/<LEADLOOP_HOOK_SECRET>"

KINDS = {
    "amocrm": KindToSetUp(
        "amoCRM, Kommo",
        "sokol",
        _example("3383152", id33929752="new", id33929755="qualified", id33929758="meeting", id142="sold", id143="lost"),
        ("3383152", "33929752"),
        AMOCRM_TOKEN,
        _IN_PATH.format(kind="amocrm"),
    ),
    "bitrix24": KindToSetUp(
        "Bitrix24",
        "sokol.bitrix24.ru",
        _example("0", NEW="new", PREPARATION="qualified", EXECUTING="meeting", WON="sold", LOSE="lost"),
        ("0", "NEW"),
        BITRIX24_WEBHOOK,
        _IN_PATH.format(kind="bitrix24"),
        gives_secret=True,
    ),
    "signed": KindToSetUp(
        "any other system, signed webhooks",
        "sokol-sales",
        _example("flats", new="new", qualified="qualified", meeting="meeting", sold="sold", lost="lost"),
        ("flats", "new"),
        "",
        "/receive-crm-event/signed",
    ),
}
"""By kind; the first is the standard."""
