"""What is deployed, and where."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from leadloop_deployment.faults import DeploymentRefused

VARIABLES = "leadloop.tfvars"
"""Further variables of infra/terraform (who is told of alerts, a budget): beside the policy, if there are any."""

# As infra/terraform/variables.tf has them, which would refuse only after a bucket was made.
PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
REGION = re.compile(r"[a-z]+-[a-z]+[0-9]+")
PREFIX = re.compile(r"[a-z][a-z0-9]{0,6}-")


@dataclass(frozen=True)
class Bundle:
    """One bundle of leadloop in a project. Raises ``DeploymentRefused`` for a name that no project can have."""

    project: str
    region: str
    prefix: str
    policy: Path

    def __post_init__(self) -> None:
        for found, pattern, expected in (
            (self.project, PROJECT, "the id of a Google Cloud project, as in PROJECT=acme-leads (not its name)"),
            (self.region, REGION, "a region of Google Cloud, as in REGION=europe-west1"),
            (self.prefix, PREFIX, "one to seven small letters and digits and then a hyphen, as in PREFIX=ll-"),
        ):
            if not pattern.fullmatch(found):
                raise DeploymentRefused(f"expected {expected}, found {found or 'nothing'}")

    def __str__(self) -> str:
        return f"the bundle {self.prefix} in {self.project}, {self.region}"

    @property
    def state_bucket(self) -> str:
        """Where Terraform keeps what it knows of this bundle. It may hold settings, never a secret's value."""
        return f"{self.project}-{self.prefix}state"

    @property
    def database(self) -> str:
        """The name infra/terraform gives the Firestore database."""
        return f"{self.prefix}documents"

    def secret(self, variable: str) -> str:
        """The id infra/terraform gives the secret behind an environment variable."""
        return f"{self.prefix}{variable}"

    @property
    def variables(self) -> Path | None:
        """The file with further variables, if there is one beside the policy."""
        path = self.policy.parent / VARIABLES
        return path if path.is_file() else None
