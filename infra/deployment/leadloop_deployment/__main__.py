"""``python -m leadloop_deployment deploy|destroy --project ID --region REGION``: 0 done, 1 refused, 2 asked wrongly."""

from __future__ import annotations

import argparse
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
from leadloop_packaging.faults import PackagingRefused

_STORIES = {"deploy": deploy, "destroy": destroy}


def main(words: Sequence[str] | None = None) -> int:
    """Deploy or destroy, and say why not."""
    arguments = _parser().parse_args(words)
    try:
        bundle = Bundle(arguments.project, arguments.region, arguments.prefix, arguments.policy)
        _STORIES[arguments.story](bundle, arguments.work / f"{bundle.project}-{bundle.prefix}{bundle.region}")
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
    parser.add_argument("--project", required=True, metavar="ID")
    parser.add_argument("--region", required=True)
    parser.add_argument("--prefix", default="ll-", help="begins every name; default: %(default)s")
    policy = Path(STANDARD_NAME)
    parser.add_argument("--policy", type=Path, default=policy, metavar="FILE", help="default: %(default)s")
    work = Path("build/cloud")
    parser.add_argument("--work", type=Path, default=work, metavar="DIR", help="default: %(default)s")
    return parser


if __name__ == "__main__":
    sys.exit(main())
