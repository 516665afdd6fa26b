"""``python -m leadloop_deployment deploy|destroy [--project ID …]``: 0 done, 1 refused, 2 not understood."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from leadloop.cli.check_report import ManifestUnreadable
from leadloop.cli.environment_file import EnvironmentFileInvalid
from leadloop.policy import PolicyInvalid
from leadloop.policy.loader import STANDARD_NAME
from leadloop_deployment.bundle import Bundle
from leadloop_deployment.deploying import deploy
from leadloop_deployment.destroying import destroy
from leadloop_deployment.faults import DeploymentRefused
from leadloop_deployment.work_folder import alone_in
from leadloop_packaging.faults import PackagingRefused

_STORIES = {"deploy": deploy, "destroy": destroy}


def main(words: Sequence[str] | None = None) -> int:
    """Deploy or destroy, and say why not."""
    arguments = _parser().parse_args(words)
    try:
        bundle = Bundle(arguments.project, arguments.region, arguments.prefix, arguments.policy.expanduser())
        with alone_in(arguments.work / f"{bundle.project}-{bundle.prefix}{bundle.region}") as work:
            _STORIES[arguments.story](bundle, work)
    except (DeploymentRefused, PackagingRefused, PolicyInvalid, EnvironmentFileInvalid, ManifestUnreadable) as fault:
        sys.stderr.write(f"{arguments.story}: {fault}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write(f"{arguments.story}: stopped; the same command goes on where it was\n")
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m leadloop_deployment", description=__doc__)
    parser.add_argument("story", choices=_STORIES)
    for name, metavar, default in (
        ("project", "ID", ""),
        ("region", "REGION", ""),
        ("prefix", "PREFIX", "ll-"),
        ("policy", "FILE", STANDARD_NAME),
    ):
        # From the environment, so that make has no words to quote for a shell.
        parser.add_argument(
            f"--{name}",
            type=Path if name == "policy" else str,
            default=os.environ.get(name.upper()) or default,
            metavar=metavar,
            help=f"default: {name.upper()} of the environment{f', or else {default}' if default else ''}",
        )
    work = Path("build/cloud")
    parser.add_argument("--work", type=Path, default=work, metavar="DIR", help="default: %(default)s")
    return parser


if __name__ == "__main__":
    sys.exit(main())
