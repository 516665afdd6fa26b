"""``python -m leadloop_preflight``: checks infra/terraform; 0 nothing was refused, 1 something was."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from leadloop_packaging.checkout import ROOT
from leadloop_preflight.steps import Preflight

TERRAFORM = ROOT / "infra" / "terraform"
BUILD = ROOT / "build"


def main(words: Sequence[str] | None = None) -> int:
    """Take every step, tell each and what it found."""
    argparse.ArgumentParser(prog="python -m leadloop_preflight", description=__doc__).parse_args(words)
    refused = False
    for outcome in Preflight(TERRAFORM, BUILD, in_ci=bool(os.environ.get("CI"))).outcomes():
        sys.stdout.write(f"{outcome.verdict:<8} {outcome.step:<9} {outcome.remark}\n{outcome.findings}")
        sys.stdout.flush()
        refused |= outcome.verdict == "refused"
    return int(refused)


if __name__ == "__main__":
    sys.exit(main())
