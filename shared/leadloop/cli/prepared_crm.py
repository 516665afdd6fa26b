"""``leadloop init --crm``: the CRM account gets the field that our own lead id is written to."""

from __future__ import annotations

import os
from pathlib import Path

from leadloop.cli.answer import OK, REFUSED, print_json


def prepare_crm(folder: Path, *, as_json: bool) -> int:
    """Prepare the account of the policy in a folder; may be repeated. 1 when a person has to do something first.

    Raises ``PolicyInvalid`` or, when the account refuses or cannot be reached, ``VendorError``.
    """
    from leadloop import crm
    from leadloop.cli.environment_file import environment_of
    from leadloop.policy.loader import load_policy
    from leadloop.runtime import Runtime

    policy = folder / "leadloop.yaml"
    opened = Runtime(environment_of(policy, os.environ))
    opened.policy = load_policy(policy)
    verdict = crm.connect(opened).prepare()
    if as_json:
        print_json({"ok": verdict.ok, "rule": verdict.rule, "reason": verdict.reason})
    else:
        print(verdict.reason)
    return OK if verdict else REFUSED
