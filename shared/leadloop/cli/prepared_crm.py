"""``leadloop init --crm``: the CRM account gets the field that our own lead id is written to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from leadloop.cli.answer import OK, REFUSED, print_json

if TYPE_CHECKING:
    from leadloop.verdict import Verdict


def prepare(folder: Path) -> Verdict:
    """Prepare the account of the policy in a folder; may be repeated. Not ok: a person has to do something first.

    Raises ``PolicyInvalid``, ``SecretMissing`` or, when the account refuses or cannot be reached, ``VendorError``.
    """
    from leadloop import crm
    from leadloop.cli.environment_file import environment_of
    from leadloop.policy.loader import load_policy
    from leadloop.runtime import Runtime

    policy = folder / "leadloop.yaml"
    opened = Runtime(environment_of(policy, os.environ))
    opened.policy = load_policy(policy)
    return crm.connect(opened).prepare()


def prepare_crm(folder: Path, *, as_json: bool) -> int:
    """Prepare the account and say how that went. Raises as ``prepare``."""
    verdict = prepare(folder)
    if as_json:
        print_json({"ok": verdict.ok, "rule": verdict.rule, "reason": verdict.reason})
    else:
        print(verdict.reason)
    return OK if verdict else REFUSED
