"""``leadloop authorise``: the code of an amoCRM integration becomes tokens, which rest sealed in the store."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from leadloop.cli import opened

if TYPE_CHECKING:
    from leadloop.json_types import JsonObject
    from leadloop.runtime import Runtime
    from leadloop.verdict import Verdict

NAME = "authorise"
HELP = "let leadloop into amoCRM by OAuth: reads the integration's code, keeps the tokens it gives, and proves them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The policy, and where the tokens are to rest."""
    opened.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Read the code from the terminal unseen, or from standard input. Never prints it, nor a token. 1 when refused.

    Raises ``VendorError``, ``StoreUnavailable`` or ``OAuthNotChosen``.
    """
    from leadloop.cli.answer import OK, REFUSED, USAGE, print_json
    from leadloop.crm import amocrm

    world, _ = opened.open_runtime(arguments)
    access = amocrm.oauth_access(world)
    code = _code()
    if not code:
        print("leadloop authorise: expected the code, found nothing; nothing was sent", file=sys.stderr)
        return USAGE
    access.authorise(code)
    verdict, until = _proved(world)
    host = world.policy.crm.host
    if arguments.json:
        field: JsonObject = {"ok": verdict.ok, "rule": verdict.rule, "reason": verdict.reason}
        print_json({"ok": verdict.ok, "account": host, "until": until, "field": field})
    else:
        print(f"leadloop is let into {host} until {until}; every renewal, once a day, moves that on")
        print(verdict.reason)
    return OK if verdict else REFUSED


def _code() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    from getpass import getpass

    return getpass("Code of the integration, good for 20 minutes (it is not shown): ").strip()


def _proved(world: Runtime) -> tuple[Verdict, str]:
    """What the account said to a first call, which prepares it as `leadloop init --crm` does; and when access ends."""
    from leadloop import crm
    from leadloop.ports.http import VendorError
    from leadloop.verdict import Verdict

    account = crm.connect(world)
    end = account.token_end()
    until = f"{end.at:%Y-%m-%d}" if end is not None else ""
    try:
        return account.prepare(), until
    except VendorError as failure:
        return Verdict(
            False, "authorise.unproved", f"the tokens are kept; the account did not answer: {failure}"
        ), until
