"""``python -m leadloop_packaging [--policy FILE] [--output DIR]``: 0 staged, 2 refused and nothing touched."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from leadloop.policy import PolicyInvalid
from leadloop.policy.loader import STANDARD_NAME, load_policy
from leadloop_packaging.checkout import ROOT, packages_of
from leadloop_packaging.faults import PackagingRefused
from leadloop_packaging.staging import stage

EXAMPLE = ROOT / "examples" / "real_estate" / STANDARD_NAME


def main(words: Sequence[str] | None = None) -> int:
    """Stage every function's package and say what they are."""
    arguments = _parser().parse_args(words)
    try:
        packages = packages_of(ROOT, load_policy(_policy(arguments.policy)))
        stage(packages, arguments.output)
    except (PolicyInvalid, PackagingRefused) as fault:
        sys.stderr.write(f"nothing was packaged:\n{fault}\n")
        return 2
    for package in packages:
        sys.stdout.write(
            f"{len(package.content):>9,} bytes  {package.sha256[:12]}  {arguments.output / package.file}\n"
        )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m leadloop_packaging", description=__doc__)
    parser.add_argument("--policy", type=Path, metavar="FILE", help=f"default: {STANDARD_NAME}, or else the example's")
    default = Path("build/packages")
    parser.add_argument("--output", type=Path, default=default, metavar="DIR", help="default: %(default)s")
    return parser


def _policy(named: Path | None) -> Path:
    if named is not None:
        return named
    if Path(STANDARD_NAME).is_file():
        return Path(STANDARD_NAME)
    sys.stdout.write(
        f"no {STANDARD_NAME} here: packaging the example's policy, good only for a look; "
        f"name yours (make package POLICY=FILE, or --policy FILE), or put {STANDARD_NAME} into this folder\n"
    )
    return EXAMPLE


if __name__ == "__main__":
    sys.exit(main())
