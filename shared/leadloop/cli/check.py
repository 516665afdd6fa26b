"""``leadloop check``: what is understood of a policy, and whether a host could start with it. Offline."""

from __future__ import annotations

import argparse
from pathlib import Path

NAME = "check"
HELP = "tell back in plain words what the policy means, and what is wrong with it; contacts nobody"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The policy, and where the manifest is."""
    parser.add_argument(
        "--policy", type=Path, default=Path("leadloop.yaml"), metavar="FILE", help="default: leadloop.yaml"
    )
    parser.add_argument(
        "--functions", type=Path, metavar="DIR", help="folder with functions.yaml; default: the one of this checkout"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what is understood. 1 when the policy, a schedule or a secret's form is at fault."""
    import os
    import sys

    from leadloop.adapters.system_keys import SystemKeys
    from leadloop.cli import check_report
    from leadloop.cli.answer import OK, REFUSED, print_json
    from leadloop.cli.environment_file import environment_of
    from leadloop.numerals import counted
    from leadloop.policy import PolicyInvalid
    from leadloop.policy.loader import PolicySource
    from leadloop.runtime import Runtime

    try:
        source = PolicySource.of_file(arguments.policy)
        policy = source.policy
    except PolicyInvalid as refusal:
        if arguments.json:
            print_json(check_report.refusal(refusal))
        else:
            print("\n".join(refusal.lines), file=sys.stderr)
            print(f"{refusal.name} is not valid: {counted(len(refusal.faults), 'fault')}", file=sys.stderr)
        return REFUSED
    report = check_report.report(
        source,
        policy,
        check_report.load_manifest(arguments.functions),
        environment_of(arguments.policy, os.environ),
        SystemKeys().public_key_of,
        Runtime(os.environ).clock.now().date(),
    )
    if arguments.json:
        print_json(report.as_json())
    else:
        print("\n".join(report.as_text()))
    return OK if report.ok else REFUSED
